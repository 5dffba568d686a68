"""Every call that changes a setting or a right leaves a trace. A new call has to say here which of the two tables it is in."""

from typing import Any

import pytest

from server.endpoints.openapi import OPERATIONS
from server.endpoints.operation import WRITES
from tests.fixtures.integrator import Integrator
from tests.fixtures.served import PASSWORD

SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="
READY = [{"field": "ready", "op": "is", "value": True}]
GENERIC = {"kind": "generic", "name": "Gateway", "credentials": {"secret": SECRET}}

TRACED: dict[str, tuple[str, object]] = {
    "PATCH settings": ("settings.changed", {"claim_limit": 7}),
    "POST users": ("user.added", {"email": "eva@example.com", "name": "Eva", "role": "agent", "password": PASSWORD}),
    "PATCH users/{id}": ("user.changed", {"role": "manager"}),
    "POST users/{id}/password": ("user.changed", {"password": PASSWORD + "!"}),
    "POST users/{id}/sign-out": ("user.signed_out", None),
    "DELETE users/{id}": ("user.disabled", None),
    "POST tokens": ("token.added", {"name": "dialer"}),
    "PATCH tokens/{id}": ("token.changed", {"name": "robot"}),
    "DELETE tokens/{id}": ("token.removed", None),
    "POST carriers": ("carrier.added", GENERIC),
    "PATCH carriers/{id}": ("carrier.changed", {"name": "Other"}),
    "POST dids": ("did.added", {"number": "+12025550177", "carrier": "{carrier}", "capabilities": ["sms"]}),
    "PATCH dids/{id}": ("did.changed", {"label": "Night"}),
    "DELETE dids/{id}": ("did.removed", None),
    "DELETE carriers/{id}": ("carrier.removed", None),
    "POST live-filters": ("live_filter.added", {"name": "Callable", "conditions": READY}),
    "PATCH live-filters/{id}": ("live_filter.changed", {"name": "Ready"}),
    "DELETE live-filters/{id}": ("live_filter.removed", None),
    "POST webhooks": ("webhook.added", {"url": "https://example.com/hook", "types": ["message.received"]}),
    "PATCH webhooks/{id}": ("webhook.changed", {"enabled": False}),
    "DELETE webhooks/{id}": ("webhook.removed", None),
    "POST saved-replies": ("saved_reply.added", {"shortcut": "hours", "body": "We open at nine.", "shared": True}),
    "PATCH saved-replies/{id}": ("saved_reply.changed", {"body": "We open at eight."}),
    "DELETE saved-replies/{id}": ("saved_reply.removed", None),
    "PUT me/password": ("user.changed", {"current": PASSWORD, "new": PASSWORD + "!"}),
}
"""In an order in which each finds what it needs; `{id}` is what the last POST of its list made."""

ELSEWHERE = {
    "what happens to a conversation is in its history": """
        POST conversations/take-next
        POST conversations/{id}/claim
        POST conversations/{id}/release
        POST conversations/{id}/transfer
        POST conversations/{id}/close
        POST conversations/{id}/reopen
        POST conversations/{id}/no-reply-needed
        POST conversations/{id}/snooze
        PUT conversations/{id}/subscription
        DELETE conversations/{id}/subscription
        PUT conversations/{id}/subscribers/{user}
        DELETE conversations/{id}/subscribers/{user}
        POST conversations/{id}/messages
        POST conversations/{id}/notes
        POST messages
        POST messages/{id}/cancel
        POST messages/{id}/arrived
        POST messages/{id}/send-now
        POST sandbox/texts
        """,
    "what happens to a contact is in its activity": """
        POST contacts
        PATCH contacts/{id}
        DELETE contacts/{id}
        POST contacts/import
        POST contacts/bulk
        POST contacts/bulk/{id}/undo
        """,
    "consent has a ledger of its own": """
        PUT contacts/{id}/opt-out
        POST conversations/{id}/consent-review
        POST opt-outs/import
        """,
    "one's own": """
        PUT conversations/{id}/draft
        PUT conversations/{id}/read
        DELETE conversations/{id}/read
        PATCH me/preferences
        POST media
        """,
    "changes nothing that is kept": """
        POST webhooks/{id}/test
        POST webhooks/{id}/deliveries/{event}/replay
        """,
    "a carrier's": """
        POST hooks/{kind}/{connection}
        POST hooks/{kind}/{connection}/status
        """,
}
"""Each call whole: what is new below one of them has to be put somewhere, too."""


def written() -> list[str]:
    return [call.replace(" /api/v1/", " ").replace(" /", " ") for call in OPERATIONS if call.split()[0] in WRITES]


def test_every_call_that_writes_is_traced_or_told_elsewhere() -> None:
    elsewhere = [call.strip() for calls in ELSEWHERE.values() for call in calls.strip().splitlines()]
    assert sorted([*TRACED, *elsewhere]) == sorted(written())


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_each_call_of_the_table_leaves_its_trace_and_no_secret(integrator: Integrator) -> None:
    made: dict[str, str] = {}
    for call, (what, body) in TRACED.items():
        method, path = call.split()
        group = path.partition("/")[0]
        answer = await ask(integrator, method, path.replace("{id}", made.get(group, "")), filled(body, made))
        assert answer.status_code < 300, f"{call}: {answer.text}"
        if method == "POST" and path == group:
            made[group] = answer.json()["id"]
        newest = (await integrator.mia.get("/audit", limit=1)).json()["items"][0]
        assert (call, newest["what"], newest["user"]["name"]) == (call, what, "mia")
    told = (await integrator.mia.get("/audit", limit=200)).text
    assert [secret for secret in (SECRET, PASSWORD, "argon2", "pl_") if secret in told] == []


def filled(body: object, made: dict[str, str]) -> object:
    return {**body, "carrier": made["carriers"]} if isinstance(body, dict) and "carrier" in body else body


async def ask(integrator: Integrator, method: str, path: str, body: object) -> Any:
    return await integrator.mia.client.request(method, f"/api/v1/{path}", json=body if method != "DELETE" else None)
