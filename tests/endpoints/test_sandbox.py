"""The sandbox's phones: what a phone writes goes the way of a webhook, what is sent shows on the phone."""

from typing import Any

from server.carriers.carrier import SendResult
from server.desk import directory
from tests.fixtures.integrator import MARIA, OWN, SUPPORT, WEI, Integrator
from tests.fixtures.served import MANAGER, TOKEN

WRONG: list[tuple[dict[str, str], int, str]] = [
    ({"did": "+12025550111"}, 404, "not_found"),
    ({"did": ""}, 404, "not_found"),
    ({"phone": ""}, 422, "invalid"),
    ({"phone": "+1202\n"}, 422, "invalid"),
    ({"body": ""}, 422, "invalid"),
    ({"body": "x" * 1601}, 422, "invalid"),
    ({"sender": "x"}, 422, "unknown_field"),
]


async def shown(integrator: Integrator, phone: str = MARIA, **after: str) -> tuple[list[dict[str, Any]], str]:
    answer = (await integrator.ana.get("/sandbox/texts", phone=phone, **after)).json()
    return answer["items"], answer["next"]


async def test_a_phones_text_becomes_a_message_and_its_id_is_answered(integrator: Integrator) -> None:
    answer = await integrator.ana.post("/sandbox/texts", {"phone": MARIA, "did": SUPPORT, "body": "Hello"})
    assert answer.status_code == 202
    page = (await integrator.ana.get(f"/conversations/{await integrator.conversation()}/messages")).json()
    [message] = page["items"]
    assert (message["id"], message["body"], message["state"]) == (answer.json()["id"], "Hello", "received")
    assert await integrator.served.rows("inbox") == 1, "it came in like every carrier's text"
    by_id = await integrator.ana.post("/sandbox/texts", {"phone": MARIA, "did": integrator.own, "body": "by id"})
    assert by_id.status_code == 202


async def test_a_phone_shows_what_it_wrote_and_what_has_left_for_it(integrator: Integrator) -> None:
    assert await shown(integrator) == ([], (await shown(integrator))[1]), "a phone that never texted has none"
    id = await integrator.text("Hello")
    items, cursor = await shown(integrator)
    assert [(i["direction"], i["did"], i["body"], i["state"]) for i in items] == [("from_phone", SUPPORT, "Hello", "received")]
    sent = (await integrator.ana.post(f"/conversations/{id}/messages", integrator.draft("Good day", seen_seq=99))).json()
    assert (await shown(integrator))[0] == items, "what is queued is not on the phone yet"
    await integrator.text("Anybody there?")
    newer, cursor = await shown(integrator, after=cursor)
    assert [i["body"] for i in newer] == ["Anybody there?"]
    await integrator.leave()
    newer, cursor = await shown(integrator, after=cursor)
    assert [(i["id"], i["direction"], i["did"], i["body"], i["state"]) for i in newer] == [
        (sent["id"], "to_phone", SUPPORT, sent["body"], "sent")
    ], "a text that was queued before a newer one came in is not missed"
    assert await shown(integrator, after=cursor) == ([], cursor)
    assert [i["body"] for i in (await shown(integrator))[0]] == ["Hello", sent["body"], "Anybody there?"]


async def test_a_cursor_from_before_the_first_text_misses_nothing(integrator: Integrator) -> None:
    _, cursor = await shown(integrator)
    await integrator.text("Hello")
    assert [i["body"] for i in (await shown(integrator, after=cursor))[0]] == ["Hello"]


async def test_a_text_that_failed_never_shows_on_the_phone(integrator: Integrator) -> None:
    id = await integrator.text("Hello")
    await integrator.ana.post(f"/conversations/{id}/messages", integrator.draft(seen_seq=99))
    await integrator.leave(SendResult("rejected", None, "unreachable", "No such phone."))
    assert [i["body"] for i in (await shown(integrator))[0]] == ["Hello"]


async def test_the_phones_are_the_contacts_and_the_numbers_those_of_the_sandbox(integrator: Integrator) -> None:
    await integrator.ana.post("/contacts", {"name": "Wei", "phones": [{"number": WEI}, {"number": "+12025550160", "kind": "landline"}]})
    await integrator.text(to=OWN)
    found = (await integrator.ana.get("/sandbox/phones")).json()
    assert found["phones"] == [
        {"number": MARIA, "name": MARIA, "did": {"id": integrator.own, "number": OWN, "label": ""}},
        {"number": WEI, "name": "Wei", "did": None},
    ]
    assert [(did["number"], did["label"]) for did in found["dids"]] == [(SUPPORT, "Support"), (OWN, "")]


async def test_keywords_work_from_a_phone(integrator: Integrator) -> None:
    id = await integrator.text("STOP")
    assert (await integrator.ana.get(f"/conversations/{id}")).json()["opted_out"] is True
    await integrator.leave()
    assert "unsubscribed" in (await shown(integrator))[0][-1]["body"]


async def test_what_no_phone_could_write_is_refused(integrator: Integrator) -> None:
    for change, status, code in WRONG:
        answer = await integrator.ana.post("/sandbox/texts", {"phone": MARIA, "did": SUPPORT, "body": "Hello", **change})
        assert (answer.status_code, answer.json()["code"]) == (status, code), change
    assert await integrator.served.rows("inbox") == 0


async def test_an_account_without_a_sandbox_has_no_phones_and_sees_no_others(integrator: Integrator) -> None:
    served = integrator.served
    await integrator.text("ours")
    _, cursor = await shown(integrator)
    _, _, token = await directory.create_account(served.desk.db, "Umbrella", "eve@example.com", "a long password")
    eve = served.client(authorization=f"Bearer {token}")
    generic = {"kind": "generic", "name": "G", "credentials": {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}
    other = (await eve.post("/api/v1/carriers", json=generic)).json()["id"]
    await eve.post("/api/v1/dids", json={"number": "+12025550198", "carrier": other, "capabilities": ["sms"]})
    for answer in (
        await eve.get("/sandbox/phones"),
        await eve.get("/sandbox/texts", params={"phone": MARIA}),
        await eve.post("/sandbox/texts", json={"phone": MARIA, "did": SUPPORT, "body": "not theirs"}),
        await eve.get("/sandbox", headers={"accept": "text/html"}),
    ):
        assert answer.status_code == 404
    carrier = (await eve.post("/api/v1/carriers", json={"kind": "sandbox", "name": "S", "credentials": {}})).json()["id"]
    await eve.post("/api/v1/dids", json={"number": "+12025550199", "carrier": carrier, "capabilities": ["sms"]})
    assert [did["number"] for did in (await eve.get("/sandbox/phones")).json()["dids"]] == ["+12025550199"]
    assert (await eve.get("/sandbox/texts", params={"phone": MARIA})).json()["items"] == []
    assert (await eve.get("/sandbox/texts", params={"phone": MARIA, "after": cursor})).json()["code"] == "not_found"
    assert (await eve.post("/sandbox/texts", json={"phone": MARIA, "did": SUPPORT, "body": "x"})).json()["code"] == "not_found"
    assert (await integrator.ana.get("/sandbox/texts", phone=WEI, after=cursor)).json()["code"] == "not_found"
    assert (await integrator.ana.get("/sandbox/texts", phone="")).json()["field"] == "phone"


async def test_a_browser_needs_its_csrf_token_to_write_as_a_phone(integrator: Integrator) -> None:
    browser = await integrator.served.signed_in(MANAGER)
    text = {"phone": MARIA, "did": SUPPORT, "body": "Hello"}
    answer = await browser.post("/sandbox/texts", json=text)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    found = TOKEN.search((await browser.get("/sandbox")).text)
    assert found is not None
    answer = await browser.post("/sandbox/texts", json=text, headers={"x-csrf-token": found[1], "origin": integrator.served.url})
    assert answer.status_code == 202
