"""The messages of the API: reading what was said, and saying something."""

import asyncio

from tests.fixtures.integrator import MARIA, OWN, WEI, Integrator

WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"account_id": "x"}, "unknown_field", "account_id"),
    ({"owner_id": "x"}, "unknown_field", "owner_id"),
    ({"send_at": "2099-01-01T00:00:00Z"}, "invalid", "send_at"),
    ({"send_at": ""}, "invalid", "send_at"),
    ({"body": 1}, "invalid", "body"),
    ({"body": "  "}, "invalid", "body"),
    ({"body": None}, "invalid", "body"),
    ({"client_id": ""}, "invalid", "client_id"),
    ({"client_id": "a\n"}, "invalid", "client_id"),
    ({"client_id": "x" * 201}, "invalid", "client_id"),
    ({"seen_seq": -1}, "invalid", "seen_seq"),
    ({"seen_seq": "1"}, "invalid", "seen_seq"),
    ({"seen_seq": 2**63}, "invalid", "seen_seq"),
    ({"seen_seq": 1.5}, "invalid", "seen_seq"),
]


async def test_a_text_is_accepted_with_the_whole_message_and_is_queued(integrator: Integrator) -> None:
    id = await integrator.text()
    draft = integrator.draft("Yes, behind the house.", seen_seq=10)
    answer = await integrator.ana.post(f"/conversations/{id}/messages", draft)
    assert answer.status_code == 202
    message = answer.json()
    assert message["conversation"] == id
    assert message["body"] == "Yes, behind the house. Reply STOP to unsubscribe.", "the stored body includes the opt-out line"
    assert (message["direction"], message["kind"], message["state"], message["client_id"]) == (
        "outbound",
        "message",
        "queued",
        draft["client_id"],
    )
    assert message["user"]["id"] == integrator.ana.id
    assert message["did"]["number"] == "+12025550100"
    assert (message["encoding"], message["segments"], message["error"], message["media"]) == ("GSM-7", 1, None, [])
    shown = (await integrator.ana.get(f"/conversations/{id}")).json()
    assert shown["owner"]["id"] == integrator.ana.id, "an answer to a public conversation is a claim"
    assert shown["last_message"] == message


async def test_the_same_client_id_twice_is_one_text_and_with_other_words_a_conflict(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text()}/messages"
    draft = integrator.draft("once", seen_seq=99)
    answers = await asyncio.gather(*(integrator.ana.post(at, draft) for _ in range(5)))
    assert len({answer.json()["id"] for answer in answers}) == 1
    refused = await integrator.ana.post(at, {**draft, "body": "other words"})
    assert (refused.status_code, refused.json()["code"]) == (422, "client_id_conflict")


async def test_a_repeat_with_its_idempotency_key_is_answered_as_it_was(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text()}/messages"
    draft = integrator.draft("once", seen_seq=99)
    first = await integrator.ana.post(at, draft, idempotency_key="k")
    again = await integrator.ana.post(at, draft, idempotency_key="k")
    assert (again.status_code, again.content) == (202, first.content)
    refused = await integrator.ana.post(at, integrator.draft("another"), idempotency_key="k")
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_conflict")
    other = await integrator.ben.post(at, integrator.draft("mine", seen_seq=99), idempotency_key="k")
    assert other.status_code == 202, "a key is one user's"


async def test_a_teammates_newer_text_holds_the_send_and_is_shown(integrator: Integrator) -> None:
    id = await integrator.text(to=OWN)
    seen = (await integrator.ana.get(f"/conversations/{id}")).json()["seq"]
    newer = (await integrator.ben.post(f"/conversations/{id}/messages", integrator.draft("Ben was first", seen_seq=seen))).json()
    held = await integrator.ana.post(f"/conversations/{id}/messages", integrator.draft("Ana too", seen_seq=seen))
    assert (held.status_code, held.json()["code"]) == (409, "unseen_message")
    assert held.json()["message"] == newer
    assert (
        await integrator.ana.post(f"/conversations/{id}/messages", integrator.draft("anyway", seen_seq=newer["seq"]))
    ).status_code == 202


async def test_anothers_newer_claim_holds_the_send_and_says_whose(integrator: Integrator) -> None:
    id = await integrator.text()
    seen = (await integrator.ana.get(f"/conversations/{id}")).json()["seq"]
    won = (await integrator.ben.post(f"/conversations/{id}/claim")).json()
    held = await integrator.ana.post(f"/conversations/{id}/messages", integrator.draft(seen_seq=seen))
    assert (held.status_code, held.json()["code"]) == (409, "already_claimed")
    assert held.json()["owner"] == {"id": integrator.ben.id, "name": "Ben"}
    assert held.json()["at"] == won["claimed_at"]


async def test_what_stands_in_the_way_of_a_text_has_its_code(integrator: Integrator) -> None:
    id = await integrator.text()
    at = f"/conversations/{id}/messages"
    refusals = {
        "too_long": integrator.draft("x" * 1600),
        "no_mms": integrator.draft(media=["0" * 26]),
        "not_found": integrator.draft(did="0" * 26),
    }
    for code, draft in refusals.items():
        answer = await integrator.ana.post(at, draft)
        assert (answer.status_code, answer.json()["code"]) == (404 if code == "not_found" else 422, code)
    name = await integrator.text(phone="ACME-BANK")
    assert (await integrator.ana.post(f"/conversations/{name}/messages", integrator.draft())).json()["code"] == "not_repliable"
    await integrator.text("STOP")
    refused = await integrator.ana.post(at, integrator.draft())
    assert (refused.status_code, refused.json()["code"]) == (409, "opted_out")


async def test_a_wrong_field_is_named_and_nothing_is_sent(integrator: Integrator) -> None:
    id = await integrator.text()
    before = await integrator.served.rows("events")
    for change, code, field in WRONG:
        for answer in (
            await integrator.ana.post(f"/conversations/{id}/messages", integrator.draft() | change),
            await integrator.ana.post("/messages", integrator.draft(to=WEI) | change),
        ):
            assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field), change
    assert await integrator.served.rows("events") == before


async def test_a_body_that_is_not_json_is_400_and_one_without_client_id_422(integrator: Integrator) -> None:
    at = f"/api/v1/conversations/{await integrator.text()}/messages"
    for content in (b"{", b'{"body": "\xff"}'):
        answer = await integrator.ana.client.post(at, content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), content[:20]
    missing = await integrator.ana.client.post(at, json={"body": "Hello"})
    assert (missing.status_code, missing.json()["code"]) == (422, "invalid")
    other = await integrator.ana.client.post(at, content=b"body=x", headers={"content-type": "application/x-www-form-urlencoded"})
    assert (other.status_code, other.json()["code"]) == (415, "media_type")


async def test_any_characters_come_back_as_they_went(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text()}/messages"
    body = "<img src=x onerror=alert(1)> </script> {{7*7}} \u2028 \u202e 🙂 \" ' \\ %s"
    await integrator.ana.post(at, integrator.draft(body, seen_seq=99))
    assert (await integrator.ana.get(at)).json()["items"][-1]["body"].startswith(body)


async def test_a_text_to_a_number_starts_the_conversation_and_the_next_one_joins_it(integrator: Integrator) -> None:
    answer = await integrator.ana.post("/messages", integrator.draft("Hello Wei", to="(202) 555-0144"))
    assert answer.status_code == 202
    started = answer.json()
    assert started["conversation"]["contact"]["phone"] == WEI
    assert started["conversation"]["owner"]["id"] == integrator.ana.id
    assert started["message"]["conversation"] == started["conversation"]["id"]
    contact = started["conversation"]["contact"]["id"]
    joined = (await integrator.ben.post("/messages", integrator.draft("Me too", contact=contact, seen_seq=999))).json()
    assert joined["conversation"]["id"] == started["conversation"]["id"]
    assert joined["conversation"]["role"] == "subscriber"
    [phone] = (await integrator.ana.get(f"/contacts/{contact}")).json()["phones"]
    assert phone == {"number": WEI, "kind": "mobile", "opted_out": False, "consent_review": None, "consent_review_why": None}


async def test_a_first_text_needs_one_addressee_that_exists(integrator: Integrator) -> None:
    for draft, status, code in (
        (integrator.draft(), 422, "invalid"),
        (integrator.draft(to=WEI, contact="0" * 26), 422, "invalid"),
        (integrator.draft(contact="0" * 26), 404, "not_found"),
        (integrator.draft(contact="1 OR 1=1"), 404, "not_found"),
        (integrator.draft(to="nobody"), 422, "invalid"),
        (integrator.draft(to="+1"), 422, "invalid"),
        (integrator.draft(to="\x00"), 422, "invalid"),
    ):
        answer = await integrator.ana.post("/messages", draft)
        assert (answer.status_code, answer.json()["code"]) == (status, code), draft
    assert await integrator.served.rows("conversations") == 0


async def test_messages_are_read_ascending_from_either_end_with_the_numbers_of_their_snapshot(integrator: Integrator) -> None:
    for n in range(1, 6):
        id = await integrator.text(str(n))
    at = f"/conversations/{id}/messages"

    async def bodies(**query: int) -> list[str]:
        return [item["body"] for item in (await integrator.ana.get(at, **query)).json()["items"]]

    page = (await integrator.ana.get(at)).json()
    seqs = [item["seq"] for item in page["items"]]
    assert seqs == sorted(seqs)
    assert set(page) == {"items", "seq", "position", "epoch"}, "no `next`"
    assert page["seq"] == (await integrator.ana.get(f"/conversations/{id}")).json()["seq"]
    assert await bodies(limit=2) == ["4", "5"]
    assert await bodies(before=seqs[3], limit=2) == ["2", "3"]
    assert await bodies(after=seqs[1], limit=2) == ["3", "4"]
    assert await bodies(after=seqs[-1]) == []
    assert await bodies(before=0) == []
    for wrong in ("-1", "x", "1.5", str(2**63), ""):
        refused = await integrator.ana.get(at, after=wrong)
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "invalid", "after")
    assert (await integrator.ana.get(at, before=3, after=1)).json()["code"] == "invalid"


async def test_segments_are_counted_as_a_carrier_bills_them(integrator: Integrator) -> None:
    expected = {
        "": ("GSM-7", 0, 0, 160),
        "a" * 160: ("GSM-7", 160, 1, 0),
        "a" * 161: ("GSM-7", 161, 2, 145),
        "€": ("GSM-7", 2, 1, 158),
        "🙂": ("UCS-2", 2, 1, 68),
    }
    for body, (encoding, units, segments, remaining) in expected.items():
        counted = (await integrator.ana.get("/segments", body=body)).json()
        assert (counted["encoding"], counted["units"], counted["segments"], counted["remaining"]) == (encoding, units, segments, remaining)


async def test_who_is_not_signed_in_reads_and_says_nothing(integrator: Integrator) -> None:
    id = await integrator.text(phone=MARIA)
    stranger = integrator.served.client()
    for method, path in (
        ("GET", "conversations"),
        ("GET", f"conversations/{id}"),
        ("POST", f"conversations/{id}/messages"),
        ("POST", "messages"),
    ):
        answer = await stranger.request(method, f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["code"]) == (401, "session")
