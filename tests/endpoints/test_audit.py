"""The audit trail over HTTP: every change of what a manager keeps, by whom, before and after, and never a secret."""

import csv
import io
from typing import Any

from server.desk import directory
from tests.fixtures.integrator import SUPPORT, Integrator
from tests.fixtures.served import PASSWORD

SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="


async def trail(integrator: Integrator, **query: str | int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await integrator.mia.get("/audit", **query)).json()["items"]
    return items


async def newest(integrator: Integrator) -> dict[str, Any]:
    return (await trail(integrator, limit=1))[0]


async def test_every_change_leaves_who_what_before_and_after(integrator: Integrator) -> None:
    mia = integrator.mia

    async def left(what: str, before: object, after: object, name: str) -> str:
        entry = await newest(integrator)
        assert (entry["what"], entry["before"], entry["after"]) == (what, before, after)
        assert (entry["target"]["kind"], entry["target"]["name"], entry["user"]["name"]) == (what.partition(".")[0], name, "mia")
        id: str = entry["target"]["id"]
        return id

    await mia.patch("/settings", {"sms_public_minutes": 10, "claim_limit": 5})
    await left("settings.changed", {"sms_public_minutes": 20, "claim_limit": None}, {"sms_public_minutes": 10, "claim_limit": 5}, "Acme")
    made = (await mia.post("/users", {"email": "eva@example.com", "name": "Eva", "role": "agent", "password": PASSWORD})).json()
    assert await left("user.added", None, {"email": "eva@example.com", "role": "agent"}, "Eva") == made["id"]
    await mia.patch(f"/users/{made['id']}", {"role": "manager", "name": "Eve"})
    await left("user.changed", {"role": "agent", "name": "Eva"}, {"role": "manager", "name": "Eve"}, "Eve")
    await mia.post(f"/users/{made['id']}/password", {"password": PASSWORD + "!"})
    await left("user.changed", {}, {"password": "changed"}, "Eve")
    await mia.post(f"/users/{made['id']}/sign-out")
    await left("user.signed_out", None, None, "Eve")
    await mia.patch(f"/users/{made['id']}", {"disabled": True, "conversations": {"to": integrator.ana.id}})
    ana = {"id": integrator.ana.id, "name": "Ana", "role": "agent"}
    await left("user.disabled", {"disabled": False}, {"disabled": True, "conversations": ana}, "Eve")
    await mia.patch(f"/users/{made['id']}", {"disabled": False})
    await left("user.enabled", {"disabled": True}, {"disabled": False}, "Eve")
    token = (await mia.post("/tokens", {"name": "dialer", "user": ana["id"]})).json()["id"]
    await left("token.added", None, {"name": "dialer", "user": ana}, "dialer")
    await mia.patch(f"/tokens/{token}", {"name": "robot"})
    await left("token.changed", {"name": "dialer"}, {"name": "robot"}, "robot")
    await mia.delete(f"/tokens/{token}")
    await left("token.removed", {"name": "robot", "user": ana}, None, "robot")
    new = {"kind": "generic", "name": "Gateway", "credentials": {"secret": SECRET}}
    carrier = (await mia.post("/carriers", new)).json()["id"]
    await left("carrier.added", None, {"kind": "generic", "name": "Gateway", "options": {}}, "Gateway")
    await mia.patch(f"/carriers/{carrier}", {"credentials": {"secret": SECRET}})
    await left("carrier.changed", {}, {"credentials": "changed"}, "Gateway")
    did = (await mia.post("/dids", {"number": "+12025550177", "carrier": carrier, "capabilities": ["sms"]})).json()["id"]
    entry = await newest(integrator)
    assert (entry["what"], entry["target"]["name"], entry["after"]["number"]) == ("did.added", "+12025550177", "+12025550177")
    await mia.patch(f"/dids/{did}", {"label": "Night", "user": ana["id"]})
    await left("did.changed", {"label": "", "user": None}, {"label": "Night", "user": ana}, "Night")
    await mia.delete(f"/dids/{did}")
    assert (await newest(integrator))["what"] == "did.removed"
    await mia.delete(f"/carriers/{carrier}")
    await left("carrier.removed", {"kind": "generic", "name": "Gateway", "options": {}}, None, "Gateway")
    ready = [{"field": "ready", "op": "is", "value": True}]
    filter = (await mia.post("/live-filters", {"name": "Callable", "conditions": ready})).json()["id"]
    assert ((await newest(integrator))["what"], (await newest(integrator))["after"]["name"]) == ("live_filter.added", "Callable")
    await mia.patch(f"/live-filters/{filter}", {"name": "Ready"})
    await left("live_filter.changed", {"name": "Callable"}, {"name": "Ready"}, "Ready")
    await mia.delete(f"/live-filters/{filter}")
    assert (await newest(integrator))["what"] == "live_filter.removed"
    told = (await mia.get("/audit", limit=200)).text
    for secret in (SECRET, PASSWORD, "argon2", "pl_"):
        assert secret not in told


async def test_what_changes_nothing_or_is_refused_leaves_nothing(integrator: Integrator) -> None:
    before = await trail(integrator)
    await integrator.mia.patch("/settings", {"sms_public_minutes": 20})
    await integrator.mia.patch(f"/dids/{integrator.support}", {"label": "Support"})
    await integrator.mia.patch(f"/users/{integrator.ana.id}", {"name": "Ana"})
    await integrator.mia.patch("/settings", {"opt_out_text": "Text STOP.", "default_did": "0" * 26})
    await integrator.mia.delete(f"/carriers/{integrator.carrier}")
    await integrator.mia.post("/dids", {"number": SUPPORT, "carrier": integrator.carrier, "capabilities": ["sms"]})
    assert await trail(integrator) == before


async def test_the_trail_comes_in_pages_by_person_and_by_what(integrator: Integrator) -> None:
    for minutes in range(1, 6):
        await integrator.mia.patch("/settings", {"sms_public_minutes": minutes})
    everything = await trail(integrator, limit=200)
    assert [entry["at"] for entry in everything] == sorted((entry["at"] for entry in everything), reverse=True)
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await integrator.mia.get("/audit", limit=2, cursor=cursor)).json()
        seen += page["items"]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == everything
    assert set(page["kinds"]) == {entry["what"] for entry in everything}
    settings = await trail(integrator, what="settings.changed")
    assert [entry["after"]["sms_public_minutes"] for entry in settings] == [5, 4, 3, 2, 1]
    assert await trail(integrator, user=integrator.ana.id) == []
    assert await trail(integrator, user=integrator.mia.id, what="settings.changed") == settings
    assert await trail(integrator, what="settings.burnt") == []


async def test_the_trail_is_a_spreadsheet_too(integrator: Integrator) -> None:
    await integrator.mia.patch(f"/dids/{integrator.support}", {"label": "=cmd()"})
    answer = await integrator.mia.client.get("/api/v1/audit", headers={"accept": "text/csv"})
    integrator.document.check(answer)
    head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert len(lines) == len(await trail(integrator, limit=200))
    assert lines[0][head.index("Name")] == "'=cmd()"
    assert lines[0][head.index("What")] == "did.changed"


async def test_the_trail_is_for_managers_and_of_their_own_account(integrator: Integrator) -> None:
    assert (await integrator.ana.get("/audit")).json()["code"] == "forbidden"
    _, boss, token = await directory.create_account(integrator.served.desk.db, "Other", "boss@other.example", PASSWORD)
    other = integrator.served.client(authorization=f"Bearer {token}")
    assert {item["target"]["name"] for item in (await other.get("/api/v1/audit")).json()["items"]} == {"Other", "boss", "init"}
    assert (await integrator.mia.get("/audit", user=boss)).json()["code"] == "not_found"
    assert (await integrator.mia.get("/audit", cursor=boss)).json()["code"] == "not_found"


async def test_the_trail_begins_with_the_account_its_first_manager_and_the_token_that_were_made(integrator: Integrator) -> None:
    account, boss, token = await directory.create_account(integrator.served.desk.db, "Other", "Boss@other.example", PASSWORD)
    other = integrator.served.client(authorization=f"Bearer {token}")
    answer = await other.get("/api/v1/audit")
    integrator.document.check(answer)
    newest_first = answer.json()["items"]
    assert [(item["what"], item["target"]["name"], item["user"], item["before"], item["after"]) for item in newest_first] == [
        ("token.added", "init", None, None, {"name": "init", "user": {"id": boss, "name": "Boss", "role": "manager"}}),
        ("user.added", "Boss", None, None, {"email": "boss@other.example", "role": "manager"}),
        ("account.added", "Other", None, None, None),
    ]
    assert [item["target"]["id"] for item in newest_first[1:]] == [boss, account]
    assert [secret for secret in (token, PASSWORD, "argon2") if secret in answer.text] == []
