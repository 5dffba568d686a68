"""A text that was read back without its words gets them from its carrier's own webhook, and then means what they say."""

import asyncio
from typing import Any

import pytest

from server.carriers.carrier import InboundText, MediaRef
from server.desk import inbox
from server.desk.consent_review import decide
from server.desk.desk import Desk
from server.desk.receive import RECEIVE, Inbound, receive_texts
from server.desk.send import Draft, send
from server.desk.work import Work
from server.ids import new_id
from tests.desk.test_consent import automatic, leaves, ledger
from tests.desk.test_consent_late import now
from tests.desk.test_consent_review import scheduled, state, under_review
from tests.fixtures.meanwhile import meanwhile
from tests.fixtures.office import MARIA, MINUTE_US, SALES, WEI, Office
from tests.fixtures.page import assert_page_equals_fresh_load

DOUBT = "Please stop texting me every day"


async def lost(office: Office, ref: str = "lost", *, minutes: float = 120) -> None:
    """Maria's text of so many minutes ago is read back, without its words."""
    at = await now(office)
    text = InboundText(ref, MARIA, SALES, "", sent_at=round(at - minutes * MINUTE_US) if minutes > 1 else None, wordless=True)
    await receive_texts(office.desk, office.connection, [text], at)


async def words(office: Office, body: str, ref: str = "lost", *, desk: Desk | None = None, **more: Any) -> None:
    """The carrier's own webhook for it."""
    await receive_texts(desk or office.desk, office.connection, [InboundText(ref, MARIA, SALES, body, **more)], await now(office))


async def shown(office: Office) -> Any:
    return await inbox.conversation(office.desk, office.ana, await office.conversation())


async def inbound(office: Office) -> list[dict[str, Any]]:
    return await office.all("select * from messages where direction = 'inbound' order by seq")


async def lines(office: Office) -> list[tuple[str, str, str | None]]:
    return [(entry.kind, entry.source, entry.says) for entry in await ledger(office)]


def updates(office: Office) -> list[dict[str, Any]]:
    return [event for event in office.events if event["type"] == "message.updated"]


async def test_words_and_pictures_take_their_place_in_the_text_and_nobody_is_alerted_again(office: Office) -> None:
    await lost(office)
    before = (await inbound(office))[0]
    picture = MediaRef("https://carrier.example/1", "image/png")
    await words(office, "Здравствуйте", media=(picture,), others=(WEI,))
    [row] = await inbound(office)
    assert (row["body"], row["error_code"], row["error_says"], row["encoding"], row["segments"]) == ("Здравствуйте", None, None, "UCS-2", 1)
    assert all(row[name] == before[name] for name in ("id", "seq", "created_at", "sent_at"))
    assert await office.all("select message, source from media") == [{"message": row["id"], "source": picture.url}]
    [text] = (await inbox.message_list(office.desk, office.ana, row["conversation"])).items
    assert (text.also_to, len(text.media)) == ([WEI], 1)
    [event] = updates(office)
    assert (event["data"]["reason"], event["alert"], event["data"]["message"]["error"]) == ("words", [], None)
    assert event["data"]["conversation"]["last_message"]["body"] == "Здравствуйте"
    assert (await shown(office)).waiting_since is not None, "it waits for an answer since it came"
    await assert_page_equals_fresh_load(office, office.mia)


async def test_words_that_are_no_opt_out_end_the_review_and_what_waited_leaves(office: Office) -> None:
    await lost(office)
    later = await scheduled(office, await office.conversation())
    await office.text("HELP", to=SALES)
    assert await leaves(office) == []
    await words(office, "On my way")
    assert not await under_review(office)
    assert [body[:5] for body in await leaves(office)] == ["Acme:"]
    assert await state(office, later) == "scheduled"
    assert await lines(office) == [("review", "keyword", None), ("kept", "words", "On my way")]
    await assert_page_equals_fresh_load(office, office.mia)


async def test_stop_opts_out_ends_the_wait_that_it_began_and_cancels_what_has_not_left(office: Office) -> None:
    await lost(office, minutes=10)
    later = await scheduled(office, await office.conversation())
    await words(office, "STOP")
    after = await shown(office)
    assert (after.opted_out, after.consent_review, after.waiting_since, after.public_since) == (True, None, None, None)
    assert (await state(office, later), await automatic(office)) == ("cancelled", []), "nobody is answered ten minutes later"
    assert await lines(office) == [("review", "keyword", None), ("opted_out", "keyword", "STOP")]
    assert "conversation.answered" in office.types()
    assert (await inbound(office))[0]["purpose"] == "opted_out", "it is a keyword to whatever is decided later"
    await assert_page_equals_fresh_load(office, office.mia)


@pytest.mark.parametrize(("body", "answer"), [("STOP", "opted_out"), ("HELP", "help")])
async def test_a_keyword_that_was_just_sent_is_answered_once(office: Office, body: str, answer: str) -> None:
    await lost(office, minutes=0)
    for _ in range(2):
        await words(office, body)
    assert await automatic(office) == [answer]
    assert len(updates(office)) == 1
    assert not await under_review(office)
    await assert_page_equals_fresh_load(office, office.mia)


async def test_another_text_that_waits_goes_on_waiting_when_the_first_turns_out_to_be_a_keyword(office: Office) -> None:
    await lost(office)
    await office.text("Are you there?", to=SALES)
    await words(office, "HELP")
    assert (await shown(office)).waiting_since is not None
    await assert_page_equals_fresh_load(office, office.mia)


async def test_words_that_sound_like_an_opt_out_are_what_somebody_decides_about_now(office: Office) -> None:
    await lost(office)
    since = (await shown(office)).consent_review
    await words(office, DOUBT)
    after = await shown(office)
    assert (after.consent_review, after.consent_review_why) == (since, "sounds_like")
    assert await lines(office) == [("review", "keyword", None), ("review", "keyword", DOUBT)]
    await assert_page_equals_fresh_load(office, office.mia)
    await decide(office.desk, office.ana, after.id, opted_out=True)
    assert (await lines(office))[-1] == ("opted_out", "review", DOUBT)


async def test_who_decided_that_it_was_none_is_asked_again_only_by_stop(office: Office) -> None:
    for ref, body, out in (("a", DOUBT, False), ("b", "STOP", True)):
        await lost(office, ref, minutes=0)
        await decide(office.desk, office.ana, await office.conversation(), opted_out=False)
        office.later(minutes=0.5)
        await words(office, body, ref)
        assert not await under_review(office)
        assert (await shown(office)).opted_out is out
        assert (await lines(office))[-1] == (("opted_out", "keyword", body) if out else ("review", "late", body))
        await assert_page_equals_fresh_load(office, office.mia)


@pytest.mark.parametrize("body", ["On my way", "START", DOUBT, "YES"])
async def test_who_decided_that_it_was_one_is_not_contradicted_by_an_older_text(office: Office, body: str) -> None:
    await lost(office, minutes=0)
    await decide(office.desk, office.ana, await office.conversation(), opted_out=True)
    office.later(minutes=5)
    told = len(office.events)
    await words(office, body)
    assert ((await shown(office)).opted_out, await under_review(office)) == (True, False)
    assert office.types(told) == ["message.updated"]
    assert await automatic(office) == []
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_stop_from_before_a_start_opts_nobody_out(office: Office) -> None:
    await lost(office, minutes=60)
    await office.text("START", to=SALES)
    await words(office, "STOP")
    assert not (await shown(office)).opted_out
    assert (await lines(office))[-1] == ("opted_out", "late", "STOP")
    await assert_page_equals_fresh_load(office, office.mia)


async def test_start_lifts_an_opt_out_from_before_it(office: Office) -> None:
    await office.text("STOP", to=SALES)
    office.later(minutes=60)
    await lost(office, minutes=30)
    await words(office, "START")
    assert not (await shown(office)).opted_out
    await assert_page_equals_fresh_load(office, office.mia)


@pytest.mark.parametrize("harmless", ["a", "b"])
async def test_a_review_goes_on_for_another_text_that_is_in_doubt(office: Office, harmless: str) -> None:
    for ref, minutes in (("a", 90), ("b", 60)):
        await lost(office, ref, minutes=minutes)
    first, second = await inbound(office)
    await words(office, "On my way", harmless)
    [review] = await office.all("select message from consent_reviews")
    assert review["message"] == (second["id"] if harmless == "a" else first["id"])
    assert (await shown(office)).consent_review_why == "no_words"
    await assert_page_equals_fresh_load(office, office.mia)
    await words(office, "So am I", "b" if harmless == "a" else "a")
    assert not await under_review(office)
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_doubt_that_was_sent_before_harmless_words_still_counts_when_it_comes_after_them(office: Office) -> None:
    await lost(office, minutes=60)
    await words(office, "On my way")
    at = await now(office)
    await receive_texts(office.desk, office.connection, [InboundText("b", MARIA, SALES, DOUBT, sent_at=at - 90 * MINUTE_US)], at)
    assert await under_review(office)


async def test_a_repeat_of_a_text_that_has_its_words_changes_nothing(office: Office) -> None:
    await office.text("Hi", to=SALES, ref="lost")
    told = len(office.events)
    await words(office, "STOP")
    await lost(office)
    assert (len(office.events), await lines(office)) == (told, [])
    assert [row["body"] for row in await inbound(office)] == ["Hi"]


async def test_list_and_webhook_in_one_transaction_are_one_text_with_its_words(office: Office) -> None:
    at = await now(office)
    texts = [InboundText("lost", MARIA, SALES, body, wordless=body == "") for body in ("", "STOP")]
    await receive_texts(office.desk, office.connection, texts, at)
    [row] = await inbound(office)
    assert (row["body"], row["purpose"], row["error_code"]) == ("STOP", "opted_out", None)
    assert ((await shown(office)).opted_out, await under_review(office)) == (True, False)
    await assert_page_equals_fresh_load(office, office.mia)


async def test_two_webhooks_at_once_bring_the_words_once(office: Office, second_desk: Desk) -> None:
    await lost(office)
    later = Draft("Hello", "c1", 10_000)
    await send(office.desk, office.ana, await office.conversation(), later)
    await asyncio.gather(*(words(office, "STOP", desk=desk) for desk in (office.desk, second_desk) * 2))
    assert len(updates(office)) == 1
    assert [kind for kind, _, _ in await lines(office)] == ["review", "opted_out"]
    office.events.sort(key=lambda event: int(event["position"]))
    await assert_page_equals_fresh_load(office, office.mia)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_a_webhook_that_waited_for_the_reading_of_a_strangers_first_text_brings_its_words(office: Office, second_desk: Desk) -> None:
    text = InboundText("lost", MARIA, SALES, "", wordless=True)

    async def reads(work: Work) -> None:
        item = Inbound(office.connection, text, new_id(work.now), MARIA, SALES)
        await RECEIVE.locks(work, [item])
        await RECEIVE.handle(work, [item])

    await meanwhile(second_desk, reads, lambda: words(office, "STOP"))
    assert [row["body"] for row in await inbound(office)] == ["STOP"]
    assert (await shown(office)).opted_out
    office.events.sort(key=lambda event: int(event["position"]))
    await assert_page_equals_fresh_load(office, office.mia)
