"""Outbound webhooks over HTTP: a secret is shown once, an address inside is refused, what went out is listed and sent again."""

from typing import Any

import httpx2

from server.desk import directory
from server.desk.notify import hold, record, take
from server.domain.webhook import DAY_US
from server.store.webhook_deliveries import Attempted
from tests.fixtures.integrator import Integrator
from tests.fixtures.logged import Logged
from tests.fixtures.served import PASSWORD

HOOK = {"url": "https://example.com/events?key=planted", "description": "Warehouse", "types": ["message.received"]}


async def add(integrator: Integrator, **more: Any) -> dict[str, Any]:
    answer = await integrator.mia.post("/webhooks", {**HOOK, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def attempt(integrator: Integrator, code: int | None = 200) -> str:
    """What a notifier does once with the next delivery; its id."""
    desk = integrator.served.desk
    [held] = await hold(desk, 1)
    due = (await take(desk, held)).due[0]
    signed = {"webhook-id": due.id, "webhook-timestamp": "1", "webhook-signature": "v1,x"}
    await record(desk, held, due, Attempted(signed, code, None if code else "No connection.", "ok", 1_500))
    await desk.db.write(lambda tx: tx.run("update webhooks set lease_until = null"))
    return due.id


async def test_a_secret_is_shown_when_it_is_made_and_never_again(integrator: Integrator, logged: Logged) -> None:
    answer = await integrator.mia.post("/webhooks", HOOK, idempotency_key="once")
    made = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/v1/webhooks/{made['id']}")
    assert made["secret"].startswith("whsec_")
    assert made | {"secret": "", "id": "", "created_at": ""} == {
        **HOOK,
        "id": "",
        "secret": "",
        "order": "account",
        "enabled": True,
        "off_why": None,
        "off_at": None,
        "failing_since": None,
        "old_secret_until": None,
        "created_at": "",
    }
    again = await integrator.mia.post("/webhooks", HOOK, idempotency_key="once")
    assert again.json() == made, "the same answer to the same request"
    shown = [await integrator.mia.get("/webhooks"), await integrator.mia.get(f"/webhooks/{made['id']}"), await integrator.mia.get("/audit")]
    shown.append(await integrator.mia.patch(f"/webhooks/{made['id']}", {"description": "Dock"}))
    assert not any('"secret":' in one.text for one in shown)
    rotated = (await integrator.mia.patch(f"/webhooks/{made['id']}", {"rotate_secret": True})).json()
    assert rotated["secret"] not in ("", made["secret"])
    assert rotated["old_secret_until"] is not None
    shown.append(await integrator.mia.get("/audit"))
    rows = await integrator.served.desk.read(
        lambda tx: tx.all("select body as text from idempotency union all select secret from webhooks")
    )
    for text in (*(one.text for one in shown), logged.text, *(row["text"] for row in rows)):
        assert made["secret"] not in text
        assert rotated["secret"] not in text


NEVER_CALLED = (
    "http://example.com/",
    "https://example.com:8443/",
    "https://127.0.0.1/",
    "https://169.254.169.254/latest",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://localhost/",
    "https://me:secret@example.com/",
    "ftp://example.com/",
    "nonsense",
    "",
)


async def test_an_address_that_is_never_called_is_refused_at_its_field(integrator: Integrator) -> None:
    mia, id = integrator.mia, (await add(integrator))["id"]
    for url in NEVER_CALLED:
        for answer in (await mia.post("/webhooks", {**HOOK, "url": url}), await mia.patch(f"/webhooks/{id}", {"url": url})):
            assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "invalid", "url"), url
    assert await integrator.served.rows("webhooks") == 1


async def test_types_that_are_none_or_one_persons_alone_are_refused(integrator: Integrator) -> None:
    for types in (["message.recieved"], ["conversation.read"], ["preferences.changed", "message.received"]):
        answer = await integrator.mia.post("/webhooks", {**HOOK, "types": types})
        assert (answer.status_code, answer.json()["field"]) == (422, "types")
    for body in ({**HOOK, "secret": "whsec_mine"}, {**HOOK, "account": "x"}):
        assert (await integrator.mia.post("/webhooks", body)).json()["code"] == "unknown_field"


async def test_a_webhook_is_changed_paused_and_removed_and_the_trail_says_so(integrator: Integrator) -> None:
    id = (await add(integrator))["id"]
    at = f"/webhooks/{id}"
    changed = (await integrator.mia.patch(at, {"types": ["note.added", "message.received"], "enabled": False})).json()
    assert (changed["types"], changed["enabled"], changed["off_why"]) == (["message.received", "note.added"], False, "paused")
    await integrator.mia.patch(at, {"url": "https://other.example/"})
    await integrator.mia.patch(at, {"enabled": True, "rotate_secret": True})
    assert (await integrator.mia.delete(at)).status_code == 204
    assert (await integrator.mia.get(at)).status_code == 404
    trail = (await integrator.mia.get("/audit")).json()["items"]
    said = [(one["what"], one["target"]["name"], one["after"]) for one in trail if one["target"]["kind"] == "webhook"]
    assert [what for what, _, _ in said] == ["webhook.removed", *["webhook.changed"] * 3, "webhook.added"]
    assert said[1][2] == {"enabled": True, "secret": "changed"}
    assert said[2][2] == {"host": "other.example", "url": "changed"}
    assert "planted" not in str(trail)


async def test_a_webhook_asks_for_the_order_of_each_contact_and_another_order_is_refused(integrator: Integrator) -> None:
    made = await add(integrator, order="contact")
    assert made["order"] == "contact"
    at = f"/webhooks/{made['id']}"
    assert (await integrator.mia.patch(at, {"description": "Dock"})).json()["order"] == "contact"
    assert (await integrator.mia.patch(at, {"order": "account"})).json()["order"] == "account"
    newest = (await integrator.mia.get("/audit")).json()["items"][0]
    assert (newest["before"], newest["after"]) == ({"order": "contact"}, {"order": "account"})
    for refused in (await integrator.mia.patch(at, {"order": "none"}), await integrator.mia.post("/webhooks", {**HOOK, "order": None})):
        assert refused.status_code == 422


async def test_what_is_given_up_after_a_day_and_switched_on_again_is_in_the_trail_and_in_the_feed(integrator: Integrator) -> None:
    mia, made = integrator.mia, await add(integrator)
    await integrator.text("Hello")
    await attempt(integrator, 500)
    integrator.served.desk.db.shift_us += DAY_US
    await attempt(integrator, 500)
    newest = (await mia.get("/audit", what="webhook.switched_off")).json()["items"]
    assert [(one["user"], one["target"], one["before"], one["after"]) for one in newest] == [
        (
            None,
            {"kind": "webhook", "id": made["id"], "name": "Warehouse"},
            {"enabled": True},
            {"enabled": False, "reason": "failing"},
        )
    ]
    [told] = (await mia.get("/feed", kinds="webhooks")).json()["items"]
    assert (told["type"], told["data"]["reason"], told["data"]["webhook"]["id"]) == ("webhook.disabled", "failing", made["id"])
    await mia.patch(f"/webhooks/{made['id']}", {"enabled": True})
    newest = (await mia.get("/audit")).json()["items"]
    assert (newest[0]["what"], newest[0]["user"]["name"]) == ("webhook.changed", "mia")
    assert (newest[0]["before"], newest[0]["after"]) == ({"enabled": False}, {"enabled": True})
    assert newest[1]["what"] == "webhook.switched_off"
    lines = (await mia.get("/audit", **{"as": "csv"})).text
    assert "webhook.switched_off" in lines


async def test_deliveries_are_listed_newest_first_by_pages_with_their_signed_headers(integrator: Integrator) -> None:
    at = f"/webhooks/{(await add(integrator))['id']}"
    for phone in ("+12025550161", "+12025550162", "+12025550163"):
        await integrator.text("Hello", phone=phone)
    first = await attempt(integrator)
    page = (await integrator.mia.get(f"{at}/deliveries", limit=2)).json()
    rest = (await integrator.mia.get(f"{at}/deliveries", limit=2, cursor=page["next"])).json()
    assert (len(page["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    assert [one["state"] for one in page["items"] + rest["items"]] == ["waiting", "waiting", "delivered"]
    [done] = rest["items"]
    assert (done["id"], done["attempts"], done["code"], done["answer"], done["took_ms"]) == (first, 1, 200, "ok", 2)
    assert done["headers"]["webhook-id"] == first
    whole = (await integrator.mia.get(f"{at}/deliveries/{first}")).json()
    assert whole["event"]["data"]["message"]["body"] == "Hello"
    assert whole == {**done, "event": whole["event"]}
    assert (await integrator.mia.get(f"{at}/deliveries", cursor="made-up")).json()["code"] == "not_found"


async def test_one_is_delivered_again_with_the_same_id_unless_the_webhook_is_off(integrator: Integrator) -> None:
    at = f"/webhooks/{(await add(integrator))['id']}"
    await integrator.text("Hello")
    id = await attempt(integrator)
    answer = await integrator.mia.post(f"{at}/deliveries/{id}/replay")
    assert (answer.status_code, answer.json()["id"], answer.json()["state"]) == (202, id, "waiting")
    assert await attempt(integrator) == id
    answer = await integrator.mia.post(f"{at}/test")
    assert (answer.status_code, answer.json()["type"], answer.json()["state"]) == (202, "webhook.test", "waiting")
    assert await attempt(integrator, None) == answer.json()["id"]
    await integrator.mia.patch(at, {"enabled": False})
    for path in (f"{at}/deliveries/{id}/replay", f"{at}/test"):
        answer = await integrator.mia.post(path)
        assert (answer.status_code, answer.json()["code"]) == (409, "switched_off")
    for event in ("evt_1", "nonsense", "evt_%00"):
        assert (await integrator.mia.get(f"{at}/deliveries/{event}")).json()["code"] == "not_found"


async def test_webhooks_are_for_managers_of_their_own_account(integrator: Integrator) -> None:
    id = (await add(integrator))["id"]
    await integrator.text("Hello")
    event = await attempt(integrator)
    _, _, token = await directory.create_account(integrator.served.desk.db, "Other", "boss@other.example", PASSWORD)
    other = integrator.served.client(authorization=f"Bearer {token}")
    at = f"/api/v1/webhooks/{id}"

    async def answers(client: httpx2.AsyncClient) -> list[httpx2.Response]:
        return [
            await client.get(at),
            await client.patch(at, json={"enabled": False}),
            await client.delete(at),
            await client.post(f"{at}/test", json={}),
            await client.get(f"{at}/deliveries"),
            await client.get(f"{at}/deliveries/{event}"),
            await client.post(f"{at}/deliveries/{event}/replay", json={}),
        ]

    assert {(answer.status_code, answer.content) for answer in await answers(other)} == {(404, (await other.get(f"{at}x")).content)}
    assert {(answer.status_code, answer.json()["code"]) for answer in await answers(integrator.ana.client)} == {(403, "forbidden")}
    assert (await integrator.ana.post("/webhooks", HOOK)).status_code == 403
    assert (await other.get("/api/v1/webhooks")).json()["items"] == []
    assert (await integrator.mia.get(f"/webhooks/{id}")).json()["enabled"] is True


async def test_an_account_has_twenty_webhooks_at_the_most(integrator: Integrator) -> None:
    for _ in range(20):
        await add(integrator)
    answer = await integrator.mia.post("/webhooks", HOOK)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_the_document_says_what_is_posted(integrator: Integrator) -> None:
    document = integrator.document.document
    posted = document["webhooks"]["event"]["post"]
    properties = posted["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert {"message.received", "webhook.test"} <= set(properties["type"]["enum"])
    assert "conversation.read" not in properties["type"]["enum"]
    assert properties["data"]["$ref"].rpartition("/")[2] in document["components"]["schemas"]
    assert {parameter["name"] for parameter in posted["parameters"]} == {"webhook-id", "webhook-timestamp", "webhook-signature"}
