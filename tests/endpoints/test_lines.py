"""Carriers and DIDs over HTTP: secrets go in and never come out."""

from typing import Any

import pytest

from server.carriers.carrier import Connection, Credentials, InboundText, SendResult
from server.desk import directory
from server.desk.receive import receive_texts
from tests.fixtures.integrator import MARIA, WEI, Integrator
from tests.fixtures.logged import Logged
from tests.fixtures.served import PASSWORD, Served

TWILIO = {"kind": "twilio", "name": "Main", "credentials": {"account_sid": "AC" + "0" * 32, "auth_token": "planted-secret"}}
NUMBER = "+12025550100"


async def carrier(served: Served) -> str:
    return str((await served.bearer.post("/api/v1/carriers", json=TWILIO)).json()["id"])


async def test_a_carrier_tells_its_webhooks_and_never_its_secrets(served: Served, logged: Logged) -> None:
    answer = await served.bearer.post("/api/v1/carriers", json={**TWILIO, "options": {"answers_stop": True}})
    made = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/v1/carriers/{made['id']}")
    assert made["hook_url"] == f"{served.url}/hooks/twilio/{made['id']}"
    assert made["status_url"] == f"{served.url}/hooks/twilio/{made['id']}/status"
    assert (made["kind"], made["name"], made["options"]) == ("twilio", "Main", {"answers_stop": True})
    shown = await served.bearer.get("/api/v1/carriers")
    for text in (answer.text, shown.text, (await served.bearer.get(answer.headers["location"])).text, logged.text):
        assert "planted-secret" not in text

    async def stored(tx: Any) -> str:
        return str((await tx.one("select credentials from carriers"))["credentials"])

    assert "planted-secret" not in await served.desk.read(stored)


async def test_credentials_that_the_kind_does_not_take_are_refused_without_repeating_them(served: Served) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({**TWILIO, "credentials": {"account_sid": "AC1"}}, "invalid"),
        ({**TWILIO, "credentials": {**TWILIO["credentials"], "planted": "planted-secret"}}, "unknown_field"),  # type: ignore[dict-item]
        ({**TWILIO, "credentials": {"account_sid": "AC1", "auth_token": {"planted-secret": 1}}}, "invalid"),
        ({**TWILIO, "kind": "pigeon"}, "invalid"),
        ({**TWILIO, "options": {"color": 1}}, "unknown_field"),
        ({"kind": "twilio", "name": "x"}, "invalid"),
        ({"kind": "generic", "name": "x", "credentials": {"secret": "whsec_"}}, "invalid"),
    ]
    for body, code in wrong:
        answer = await served.bearer.post("/api/v1/carriers", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, code), body
        assert "planted-secret" not in answer.text
    assert await served.rows("carriers") == 0


@pytest.mark.parametrize(
    ("kind", "credentials", "usual"),
    [
        ("twilio", {"account_sid": "AC1", "auth_token": "x"}, 1),
        ("plivo", {"auth_id": "MA1", "auth_token": "x"}, 5),
        ("generic", {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, None),
    ],
)
async def test_a_carrier_says_what_it_usually_allows_a_number_which_limits_nothing(
    served: Served, kind: str, credentials: dict[str, str], usual: int | None
) -> None:
    made = (await served.bearer.post("/api/v1/carriers", json={"kind": kind, "name": kind, "credentials": credentials})).json()
    assert made["usual_rate"] == usual
    did = await served.bearer.post("/api/v1/dids", json={"number": NUMBER, "carrier": made["id"], "capabilities": ["sms"]})
    assert did.json()["rate"] is None


async def test_a_carrier_is_renamed_and_removed_while_nothing_depends_on_it(served: Served) -> None:
    id = await carrier(served)
    assert (await served.bearer.patch(f"/api/v1/carriers/{id}", json={"name": "New"})).json()["name"] == "New"
    did = await served.bearer.post("/api/v1/dids", json={"number": NUMBER, "carrier": id, "capabilities": ["sms"]})
    kept = await served.bearer.delete(f"/api/v1/carriers/{id}")
    assert (kept.status_code, kept.json()["code"]) == (409, "in_use")
    assert (await served.bearer.delete(did.headers["location"])).status_code == 204
    assert (await served.bearer.delete(f"/api/v1/carriers/{id}")).status_code == 204
    assert (await served.bearer.get(f"/api/v1/carriers/{id}")).status_code == 404


async def test_a_did_is_the_accounts_or_one_users(served: Served) -> None:
    id = await carrier(served)
    answer = await served.bearer.post(
        "/api/v1/dids", json={"number": "+1 (202) 555-0100", "carrier": id, "capabilities": ["mms", "sms"], "user": served.ana}
    )
    made = answer.json()
    assert answer.status_code == 201
    assert made == {
        "id": made["id"],
        "number": NUMBER,
        "label": "",
        "carrier": id,
        "capabilities": ["sms", "mms"],
        "media_limit": 5_000_000,
        "user": {"id": served.ana, "name": "Ana", "role": "agent"},
        "last_in_at": None,
        "last_out_at": None,
        "out_24h": 0,
        "failed_24h": 0,
        "delivered_24h": 0,
        "blocked_24h": 0,
        "opted_out_24h": 0,
        "health": "good",
        "rate": None,
        "paused_until": None,
    }
    changed = await served.bearer.patch(answer.headers["location"], json={"user": None, "label": "Front desk", "capabilities": ["sms"]})
    assert changed.json() == {**made, "user": None, "label": "Front desk", "capabilities": ["sms"], "media_limit": 0}
    assert (await served.bearer.get("/api/v1/dids")).json()["items"] == [changed.json()]


async def test_a_number_keeps_the_rate_that_a_manager_gives_it(served: Served) -> None:
    body = {"number": NUMBER, "carrier": await carrier(served), "capabilities": ["sms"]}
    made = await served.bearer.post("/api/v1/dids", json={**body, "rate": 3})
    assert made.json()["rate"] == 3
    did = made.headers["location"]
    assert (await served.bearer.patch(did, json={"label": "Front desk"})).json()["rate"] == 3
    assert (await served.bearer.patch(did, json={"rate": 1000})).json()["rate"] == 1000
    for wrong in (0, -1, 1001, 1.5, "3"):
        refused = await served.bearer.patch(did, json={"rate": wrong})
        assert (refused.status_code, refused.json()["field"]) == (422, "rate"), wrong
    assert (await served.bearer.patch(did, json={"rate": None})).json()["rate"] is None


async def test_a_number_that_cannot_be_or_is_taken_is_refused(served: Served) -> None:
    body = {"number": NUMBER, "carrier": await carrier(served), "capabilities": ["sms"]}
    assert (await served.bearer.post("/api/v1/dids", json={**body, "number": "call me"})).status_code == 422
    assert (await served.bearer.post("/api/v1/dids", json={**body, "capabilities": ["fax"]})).status_code == 422
    assert (await served.bearer.post("/api/v1/dids", json={**body, "capabilities": []})).status_code == 422
    assert (await served.bearer.post("/api/v1/dids", json=body)).status_code == 201
    again = await served.bearer.post("/api/v1/dids", json=body)
    assert (again.status_code, again.json()["code"], again.json()["field"]) == (409, "already_exists", "number")


async def test_a_did_cannot_be_bound_to_what_is_another_accounts(served: Served) -> None:
    _, boss, token = await directory.create_account(served.desk.db, "Other", "boss@other.example", PASSWORD)
    other = served.client(authorization=f"Bearer {token}")
    theirs = (await other.post("/api/v1/carriers", json=TWILIO)).json()["id"]
    mine = await carrier(served)
    body = {"number": NUMBER, "carrier": mine, "capabilities": ["sms"]}
    did = (await served.bearer.post("/api/v1/dids", json={**body, "number": "+12025550101"})).headers["location"]
    refused = [
        await served.bearer.post("/api/v1/dids", json={**body, "carrier": theirs}),
        await served.bearer.post("/api/v1/dids", json={**body, "carrier": "nothing\x00"}),
        await served.bearer.post("/api/v1/dids", json={**body, "user": boss}),
        await served.bearer.patch(did, json={"carrier": theirs}),
        await served.bearer.patch(did, json={"user": boss}),
        await other.patch(did, json={"label": "ours now"}),
        await other.delete(did),
        await other.patch(f"/api/v1/carriers/{mine}", json={"name": "ours now"}),
        await other.delete(f"/api/v1/carriers/{mine}"),
    ]
    assert {(a.status_code, a.content) for a in refused} == {(404, refused[0].content)}
    assert (await served.bearer.get(did)).json()["label"] == ""
    assert await served.rows("dids") == 1


async def test_what_came_for_a_number_that_is_nobodys_is_shown_to_managers_newest_first(integrator: Integrator) -> None:
    desk, served = integrator.served.desk, integrator.served
    connection = Connection(integrator.carrier, served.account, "sandbox", "Sandbox", Credentials({}))
    for n, body in enumerate(("first", "second", "third")):
        await receive_texts(desk, connection, [InboundText(f"ref {n}", MARIA, "+12025550199", body)], served.clock.now())
    await integrator.text("for us", phone=WEI)
    first = (await integrator.mia.get("/unrouted", limit=2)).json()
    second = (await integrator.mia.get("/unrouted", limit=2, cursor=first["next"])).json()
    assert [item["body"] for item in first["items"] + second["items"]] == ["third", "second", "first"]
    assert second["next"] is None
    shown = second["items"][0]
    assert (shown["from"], shown["to"], shown["carrier"]) == (MARIA, "+12025550199", integrator.carrier)
    assert len({item["id"] for item in first["items"] + second["items"]}) == 3
    assert shown["received_at"] < first["items"][0]["received_at"]
    assert (await integrator.ana.get("/unrouted")).json()["code"] == "forbidden"
    assert (await integrator.mia.get("/unrouted", cursor="made-up")).json()["code"] == "not_found"


async def test_what_another_accounts_carrier_brought_is_not_shown(served: Served) -> None:
    made = await served.bearer.post("/api/v1/carriers", json={"kind": "sandbox", "name": "Sandbox", "credentials": {}})
    connection = Connection(made.json()["id"], served.account, "sandbox", "Sandbox", Credentials({}))
    await receive_texts(served.desk, connection, [InboundText("ref", MARIA, NUMBER, "Hi")], served.clock.now())
    _, _, token = await directory.create_account(served.desk.db, "Other", "boss@other.example", PASSWORD)
    other = served.client(authorization=f"Bearer {token}")
    assert (await other.get("/api/v1/unrouted")).json() == {"items": [], "next": None}
    assert len((await served.bearer.get("/api/v1/unrouted")).json()["items"]) == 1


async def test_the_kinds_of_carrier_say_what_credentials_each_needs(served: Served) -> None:
    answer = (await served.bearer.get("/api/v1/carrier-kinds")).json()
    kinds = {item["kind"]: {key["name"]: key["required"] for key in item["credentials"]} for item in answer["items"]}
    assert kinds["twilio"] == {"account_sid": True, "auth_token": True}
    assert kinds["generic"] == {"secret": True, "send_url": False}
    assert kinds["sandbox"] == {}
    assert list(kinds) == sorted(kinds)


async def test_a_number_says_whether_it_works(integrator: Integrator) -> None:
    async def health() -> tuple[object, object, int, int]:
        did = (await integrator.mia.get(f"/dids/{integrator.support}")).json()
        assert did in (await integrator.mia.get("/dids")).json()["items"]
        return did["last_in_at"], did["last_out_at"], did["out_24h"], did["failed_24h"]

    assert await health() == (None, None, 0, 0)
    id = await integrator.text()
    for _ in range(2):
        await integrator.ana.post(f"/conversations/{id}/messages", integrator.draft())
    refused = SendResult("rejected", None, "30003", "Unreachable.", permanent=True)
    await integrator.leave(refused)
    first, second = (await integrator.ana.get(f"/conversations/{id}/messages")).json()["items"][::2]
    last_in, last_out, out, failed = await health()
    assert (last_in, last_out) == (first["created_at"], second["created_at"])
    assert (out, failed) == (2, 1)
    integrator.served.desk.db.shift_us += 25 * 3_600_000_000
    assert await health() == (last_in, last_out, 0, 0)
