"""The conversations of the API: lists, claim, release, transfer, who takes part, and what is refused."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from server.desk import directory
from tests.fixtures.integrator import MARIA, OWN, WEI, Integrator, add_line
from tests.fixtures.served import Served

MISSING = "0" * 26


async def test_a_text_makes_a_conversation_of_the_published_shape_in_the_pool(integrator: Integrator) -> None:
    id = await integrator.text("Is there parking?")
    shown = (await integrator.ana.get(f"/conversations/{id}")).json()
    assert shown["contact"]["phone"] == MARIA
    assert shown["owner"] is None
    assert shown["subscribers"] == []
    assert shown["did"]["number"] == "+12025550100"
    assert shown["last_message"]["body"] == "Is there parking?"
    assert shown["waiting_since"].endswith("Z")
    assert shown["public_since"] is not None
    assert (shown["unread"], shown["muted"], shown["role"]) == (0, False, None)
    [listed] = (await integrator.ana.get("/conversations", view="pool")).json()["items"]
    assert listed == shown, "list items and single reads have the same shape"


async def test_of_many_who_claim_one_wins_and_the_others_are_told_who_and_when(integrator: Integrator) -> None:
    id = await integrator.text()
    people = [integrator.ana, integrator.ben, integrator.mia]
    answers = await asyncio.gather(*(who.post(f"/conversations/{id}/claim") for who in people * 3))
    [won] = [answer for answer in answers if answer.status_code == 200]
    owner = won.json()["owner"]
    for lost in answers:
        if lost is not won:
            problem = lost.json()
            assert (lost.status_code, problem["code"]) == (409, "already_claimed")
            assert problem["owner"] == {"id": owner["id"], "name": owner["name"]}
            assert problem["at"] == won.json()["claimed_at"]


async def test_a_claim_takes_an_empty_object_or_no_body_and_nothing_else(integrator: Integrator) -> None:
    id = await integrator.text()
    refused = await integrator.ana.post(f"/conversations/{id}/claim", {"owner": integrator.ana.id})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_field")
    assert (await integrator.ana.post(f"/conversations/{id}/claim", {})).status_code == 200
    other = await integrator.text(phone=WEI)
    assert (await integrator.ana.post(f"/conversations/{other}/claim")).status_code == 200


async def test_a_repeated_claim_with_its_key_gets_the_first_answer_and_without_it_is_lost(integrator: Integrator) -> None:
    id = await integrator.text()
    first = await integrator.ana.post(f"/conversations/{id}/claim", {}, idempotency_key="one")
    again = await integrator.ana.post(f"/conversations/{id}/claim", {}, idempotency_key="one")
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await integrator.ana.post(f"/conversations/{id}/claim", {})).json()["code"] == "already_claimed"
    other = await integrator.ana.post(f"/conversations/{id}/close", {}, idempotency_key="one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")


async def test_what_is_not_public_cannot_be_claimed(integrator: Integrator) -> None:
    id = await integrator.text(to=OWN)
    refused = await integrator.ana.post(f"/conversations/{id}/claim")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_public")


async def test_take_next_claims_the_longest_waiting_and_says_204_when_the_pool_is_empty(integrator: Integrator) -> None:
    first = await integrator.text(phone=WEI)
    second = await integrator.text()
    taken = [(await integrator.ana.post("/conversations/take-next")).json()["id"] for _ in range(2)]
    assert taken == [first, second]
    empty = await integrator.ana.post("/conversations/take-next", {}, idempotency_key="empty")
    assert (empty.status_code, empty.content) == (204, b"")
    await integrator.text(phone="+12025550145")
    again = await integrator.ana.post("/conversations/take-next", {}, idempotency_key="empty")
    assert again.status_code == 204, "the key keeps its answer"


async def test_release_transfer_close_and_reopen_answer_with_the_conversation(integrator: Integrator) -> None:
    id = await integrator.text(to=OWN)
    at = f"/conversations/{id}"
    assert (await integrator.ana.post(f"{at}/release")).json()["code"] == "forbidden"
    assert (await integrator.ben.post(f"{at}/release")).json()["public_since"] is not None
    handed = (await integrator.ben.post(f"{at}/transfer", {"user": integrator.ana.id})).json()
    assert handed["owner"]["id"] == integrator.ana.id
    assert [user["id"] for user in handed["subscribers"]] == [integrator.ben.id]
    assert (await integrator.ana.post(f"{at}/no-reply-needed")).json()["waiting_since"] is None
    assert (await integrator.ana.post(f"{at}/no-reply-needed")).json()["code"] == "nothing_waits"
    assert (await integrator.ana.post(f"{at}/release")).json()["code"] == "nothing_waits"
    assert (await integrator.ana.post(f"{at}/close")).json()["closed_at"] is not None
    assert (await integrator.ana.post(f"{at}/reopen")).json()["closed_at"] is None


async def test_a_snooze_takes_an_instant_with_its_zone_and_keeps_its_microseconds(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text(to=OWN)}/snooze"
    until = datetime.now(UTC).replace(microsecond=123457) + timedelta(days=1)
    shown = (await integrator.ben.post(at, {"until": until.isoformat()})).json()
    assert shown["snoozed_until"] == until.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    for wrong in (
        "2026-12-01T10:00:00",
        "tomorrow",
        1795000000,
        None,
        "2020-01-01T00:00:00Z",
        "9999-12-31T23:59:59+99:00",
        "9999-12-31T23:59:59-12:00",
    ):
        refused = await integrator.ben.post(at, {"until": wrong})
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "invalid", "until"), wrong


async def test_one_follows_mutes_reads_and_unfollows(integrator: Integrator) -> None:
    id = await integrator.text(to=OWN)
    at = f"/conversations/{id}"
    followed = (await integrator.ana.put(f"{at}/subscription", {})).json()
    assert (followed["role"], followed["muted"], followed["unread"]) == ("subscriber", False, 0)
    await integrator.text("more", to=OWN)
    assert (await integrator.ana.get(at)).json()["unread"] == 1
    assert (await integrator.ana.put(f"{at}/subscription", {"muted": True})).json()["muted"] is True
    assert (await integrator.ana.put(f"{at}/subscription", {"muted": False})).json()["muted"] is False
    seq = (await integrator.ana.get(at)).json()["seq"]
    assert (await integrator.ana.put(f"{at}/read", {"seq": seq})).json()["unread"] == 0
    assert (await integrator.ben.get(at)).json()["unread"] == 2, "reading is one's own"
    assert (await integrator.ana.delete(f"{at}/subscription")).json()["role"] is None
    assert (await integrator.ben.delete(f"{at}/subscription")).json()["code"] == "forbidden"


async def test_one_marks_the_newest_alert_unread_again_and_all_ones_tabs_are_told(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text('one', to=OWN)}"
    await integrator.text("two", to=OWN)
    assert (await integrator.ben.delete(f"{at}/read")).json()["unread"] == 2, "what is unread stays so"
    seq = (await integrator.ben.get(at)).json()["seq"]
    await integrator.ben.put(f"{at}/read", {"seq": seq})
    assert (await integrator.ben.delete(f"{at}/read")).json()["unread"] == 1
    event = json.loads(integrator.served.published[-1])
    newest = (await integrator.ben.get(f"{at}/messages")).json()["items"][-1]["seq"]
    assert (event["type"], event["seq"], event["data"]["read_seq"]) == ("conversation.read", None, newest - 1)
    told = len(integrator.served.published)
    assert (await integrator.ben.delete(f"{at}/read")).json()["unread"] == 1
    await integrator.ben.put(f"{at}/read", {"seq": seq})
    await integrator.ben.post(f"{at}/messages", integrator.draft("mine", seen_seq=99))
    assert (await integrator.ben.delete(f"{at}/read")).json()["unread"] == 1, "one's own text is no alert"
    assert (await integrator.ana.delete(f"{at}/read")).json()["unread"] == 0, "who takes no part has nothing unread"
    reads = [body for body in integrator.served.published[told:] if b'"conversation.read"' in body]
    assert len(reads) == 2


async def test_what_happened_between_the_messages_is_read_in_pages(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text()}"
    await integrator.ana.post(f"{at}/claim")
    await integrator.ana.post(f"{at}/close")
    page = (await integrator.ana.get(f"{at}/events", limit=2)).json()
    assert ([event["type"] for event in page["items"]], page["more"]) == (["conversation.claimed", "conversation.closed"], True)
    older = (await integrator.ana.get(f"{at}/events", before=page["items"][0]["seq"])).json()
    assert ([event["type"] for event in older["items"]], older["more"]) == (["conversation.opened", "conversation.public"], False)
    refused = await integrator.ana.get(f"{at}/events", before="x")
    assert (refused.status_code, refused.json()["field"]) == (422, "before")


async def test_managers_add_and_remove_others_and_agents_do_not(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text()}/subscribers/{integrator.ana.id}"
    assert (await integrator.ben.put(at)).json()["code"] == "forbidden"
    assert [user["id"] for user in (await integrator.mia.put(at)).json()["subscribers"]] == [integrator.ana.id]
    assert (await integrator.ben.delete(at)).json()["code"] == "forbidden"
    assert (await integrator.mia.delete(at)).json()["subscribers"] == []


async def test_a_list_is_paged_by_cursors_without_loss_or_repeat(integrator: Integrator) -> None:
    ids = [await integrator.text(phone=f"+120255501{n:02d}") for n in range(50, 57)]
    for view, expected in (("all", ids[::-1]), ("pool", ids), ("unanswered", ids)):
        seen: list[str] = []
        page = (await integrator.ana.get("/conversations", view=view, limit=3)).json()
        while True:
            seen += [item["id"] for item in page["items"]]
            if page["next"] is None:
                break
            page = (await integrator.ana.get("/conversations", view=view, limit=3, cursor=page["next"])).json()
        assert seen == expected, view


async def test_a_cursor_that_is_made_up_or_of_another_list_is_not_there(integrator: Integrator) -> None:
    for n in range(50, 53):
        await integrator.text(phone=f"+120255501{n:02d}")
    cursor = (await integrator.ana.get("/conversations", view="all", limit=1)).json()["next"]
    assert (await integrator.ana.get("/conversations", view="all", cursor=cursor)).status_code == 200
    other = "A" if cursor[0] != "A" else "B"
    for wrong in ("x", "é", "[1,2]", cursor[:-1], other + cursor[1:], cursor + cursor, "=" * 40, "W" * 5000):
        refused = await integrator.ana.get("/conversations", view="all", cursor=wrong)
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found"), wrong
    refused = await integrator.ana.get("/conversations", view="pool", cursor=cursor)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


async def test_a_wrong_query_is_named(integrator: Integrator) -> None:
    for name, value in (("limit", "0"), ("limit", "x"), ("limit", "-1"), ("limit", ""), ("view", "theirs")):
        refused = await integrator.ana.get("/conversations", **{name: value})
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "invalid", name), value


async def test_views_and_search_find_what_they_say(integrator: Integrator) -> None:
    mine, public = await integrator.text(to=OWN), await integrator.text(phone=WEI)

    async def ids(who: str, **query: str) -> list[str]:
        person = {"ana": integrator.ana, "ben": integrator.ben}[who]
        return [item["id"] for item in (await person.get("/conversations", **query)).json()["items"]]

    assert await ids("ben", view="mine") == [mine]
    assert await ids("ana", view="mine") == []
    assert await ids("ana", view="pool") == [public]
    assert await ids("ana", view="unanswered") == [mine, public] or await ids("ana", view="unanswered") == [public, mine]
    await integrator.ana.put(f"/conversations/{mine}/subscription", {"muted": True})
    assert await ids("ana", view="subscribed") == [mine]
    await integrator.ana.post(f"/conversations/{public}/close")
    assert await ids("ana", view="closed") == [public]
    assert await ids("ana") == [public, mine] or await ids("ana") == [mine, public]
    assert await ids("ana", q="0144") == [public]
    assert await ids("ana", q="%") == []
    assert await ids("ana", q=" ") == await ids("ana"), "an empty search finds everything"
    assert (await integrator.ana.get("/conversations", q="\x00")).json()["code"] == "bad_request"
    counts = (await integrator.ana.get("/conversations/counts")).json()
    assert counts == {
        "mine": {"all": 0, "unread": 0},
        "subscribed": {"all": 1, "unread": 0},
        "pool": 0,
        "unanswered": 1,
        "all": 2,
        "closed": 1,
    }
    assert (await integrator.ben.get("/conversations/counts")).json()["mine"] == {"all": 1, "unread": 1}


async def test_nothing_of_another_account_can_be_seen_or_changed(integrator: Integrator, other_account: tuple[Served, str, str]) -> None:
    _, theirs, their_user = other_account
    before = await integrator.served.rows("events")
    for id in (theirs, MISSING):
        at = f"/conversations/{id}"
        answers = [
            await integrator.mia.get(at),
            await integrator.mia.get(f"{at}/messages"),
            await integrator.mia.get(f"{at}/events"),
            await integrator.mia.get(f"{at}/draft"),
            await integrator.mia.put(f"{at}/draft", {"body": "x"}),
            await integrator.mia.post(f"{at}/notes", {"body": "x"}),
            await integrator.mia.delete(f"{at}/read"),
            await integrator.mia.post(f"{at}/messages", integrator.draft()),
            *[await integrator.mia.post(f"{at}/{verb}") for verb in "claim release close reopen no-reply-needed".split()],
            await integrator.mia.post(f"{at}/transfer", {"user": integrator.ana.id}),
            await integrator.mia.post(f"{at}/snooze", {"until": "2099-01-01T00:00:00Z"}),
            await integrator.mia.put(f"{at}/subscription", {}),
            await integrator.mia.delete(f"{at}/subscription"),
            await integrator.mia.put(f"{at}/subscribers/{integrator.ana.id}"),
            await integrator.mia.put(f"{at}/read", {"seq": 1}),
        ]
        assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    ours = await integrator.text()
    before = await integrator.served.rows("events")
    for user in (their_user, MISSING, "x", "1 OR 1=1"):
        assert (await integrator.mia.post(f"/conversations/{ours}/transfer", {"user": user})).status_code == 404
    assert (await integrator.mia.put(f"/conversations/{ours}/subscribers/{their_user}")).status_code == 404
    assert await integrator.served.rows("events") == before


@pytest.fixture
async def other_account(integrator: Integrator) -> tuple[Served, str, str]:
    """Another account on the same server with one conversation: its id, and its manager's."""
    served = integrator.served
    _, user, token = await directory.create_account(served.desk.db, "Umbrella", "eve@example.com", "a long password")
    eve = served.client(authorization=f"Bearer {token}")
    await add_line(eve, "+12025550199")
    await eve.post("/sandbox/texts", json={"phone": MARIA, "did": "+12025550199", "body": "theirs"})
    [conversation] = (await eve.get("/api/v1/conversations")).json()["items"]
    return served, conversation["id"], user
