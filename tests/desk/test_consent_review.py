"""A text that only sounds like an opt-out: nothing automatic leaves until a person has decided, what people write does."""

import asyncio

import pytest

from server.carriers.carrier import SendResult
from server.desk import contacts, history, inbox
from server.desk.consent_review import decide
from server.desk.desk import Desk
from server.desk.dispatch import Leased, lease, record, withheld
from server.desk.scheduled import leave_due, next_leaving, scheduled_list, send_now
from server.desk.send import Draft, send
from server.domain.errors import NotFound, NothingToDecide
from server.domain.user import Role, User
from tests.desk.test_consent import automatic, contact_of, leaves, ledger
from tests.fixtures.office import MARIA, SALES, WEI, Office
from tests.fixtures.page import assert_page_equals_fresh_load

DOUBT = "Do not text me again"


async def doubted(office: Office) -> str:
    """Maria's text sounds like an opt-out; her conversation's id."""
    await office.text(DOUBT, to=SALES)
    return await office.conversation()


async def scheduled(office: Office, id: str, minutes: int = 1) -> str:
    now = (await office.all("select max(at) as at from events"))[0]["at"]
    later = Draft("Later", f"s{minutes}", 10_000, send_at=now + minutes * 60_000_000)
    return (await send(office.desk, office.ben, id, later)).id  # type: ignore[union-attr]


async def state(office: Office, id: str) -> str:
    return str((await office.one("select state from messages where id = :id", id=id) or {})["state"])


async def under_review(office: Office) -> bool:
    shown = await inbox.conversation(office.desk, office.ana, await office.conversation())
    return shown.consent_review is not None


async def test_it_is_told_to_everybody_once_and_starts_a_wait_as_any_text(office: Office) -> None:
    id = await doubted(office)
    await office.text("wrong number", to=SALES)
    told = [event for event in office.events if event["type"] == "contact.updated"]
    assert [event["data"]["reason"] for event in told] == ["consent_review"]
    shown = await inbox.conversation(office.desk, office.ana, id)
    assert shown.waiting_since is not None
    assert shown.consent_review == told[0]["at"] == told[0]["data"]["contact"]["phones"][0]["consent_review"]
    assert not shown.opted_out
    assert [(entry.kind, entry.says) for entry in await ledger(office)] == [("review", DOUBT), ("review", "wrong number")]
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_scheduled_text_waits_and_says_why_while_an_agents_reply_leaves(office: Office) -> None:
    id = await doubted(office)
    text = await scheduled(office, id)
    other = await scheduled(office, await elsewhere(office), 2)
    office.later(minutes=5)
    assert await leave_due(office.desk) == 1, "only the other conversation's"
    assert await state(office, other) == "queued"
    assert await next_leaving(office.desk) is None, "the timer does not spin"
    waiting = (await scheduled_list(office.desk, office.ben, None, 10)).items
    assert [(item.id, item.consent_review is not None) for item in waiting] == [(text, True)]
    await send(office.desk, office.ben, id, Draft("I am sorry. Shall we stop?", "c1", 10_000))
    assert "I am sorry. Shall we stop? Reply STOP to unsubscribe." in await leaves(office)


async def elsewhere(office: Office) -> str:
    await office.text("Hi", sender=WEI, to=SALES)
    return await office.conversation(WEI)


async def test_an_automatic_answer_waits_without_being_in_a_persons_way(office: Office) -> None:
    id = await doubted(office)
    await office.text("HELP", to=SALES)
    await send(office.desk, office.ben, id, Draft("One moment", "c1", 10_000))
    assert await leaves(office) == ["One moment Reply STOP to unsubscribe."]
    await decide(office.desk, office.ana, id, opted_out=False)
    assert [words[:5] for words in await leaves(office)] == ["Acme:"]
    await assert_page_equals_fresh_load(office, office.mia)


async def test_it_is_not_lets_go_what_waited_and_the_ledger_says_who_decided(office: Office) -> None:
    id = await doubted(office)
    text = await scheduled(office, id)
    office.later(minutes=5)
    await leave_due(office.desk)
    since = len(office.woken)
    shown = await decide(office.desk, office.ana, id, opted_out=False)
    assert shown.consent_review is None  # type: ignore[union-attr]
    assert {"timer", "sender"} <= set(office.woken[since:])
    assert await leave_due(office.desk) == 1
    assert await state(office, text) == "queued"
    kept = (await ledger(office))[-1]
    assert (kept.kind, kept.source, kept.says, kept.by and kept.by.name) == ("kept", "review", DOUBT, "Ana")
    page = await history.conversation_history(office.desk, office.mia, id, before=None, limit=50)
    reasons = [event.data.get("reason") for event in page.items if event.type == "contact.updated"]
    assert reasons == ["consent_review", "consent_kept"]
    await assert_page_equals_fresh_load(office, office.mia)


async def test_opt_out_cancels_what_waited_and_keeps_the_words_as_evidence(office: Office) -> None:
    id = await doubted(office)
    await office.text("help", to=SALES)
    assert await leaves(office) == []
    text = await scheduled(office, id)
    shown = await decide(office.desk, office.ana, id, opted_out=True)
    assert (shown.opted_out, shown.consent_review) == (True, None)  # type: ignore[union-attr]
    assert await state(office, text) == "cancelled"
    assert [row["state"] for row in await office.all("select state from messages where purpose = 'help' and direction = 'outbound'")] == [
        "cancelled"
    ]
    out = (await ledger(office))[-1]
    assert (out.kind, out.source, out.says, out.by and out.by.name) == ("opted_out", "review", DOUBT, "Ana")
    assert out.message is not None
    assert await leaves(office) == []
    assert "opted_out" not in await automatic(office), "a person decided, so the person says so"
    await assert_page_equals_fresh_load(office, office.mia)


@pytest.mark.parametrize("opted_out", [True, False])
async def test_after_an_opt_out_nobody_is_waited_for_any_more(office: Office, opted_out: bool) -> None:
    id = await doubted(office)
    since = len(office.events)
    shown = await decide(office.desk, office.ana, id, opted_out)
    assert (shown.waiting_since is None) == opted_out  # type: ignore[union-attr]
    assert ("conversation.answered" in office.types()[since:]) == opted_out
    await assert_page_equals_fresh_load(office, office.mia)


@pytest.mark.parametrize("word", ["STOP", "START", "by hand"])
async def test_a_clear_word_decides_too(office: Office, word: str) -> None:
    id = await doubted(office)
    text = await scheduled(office, id)
    if word == "by hand":
        await contacts.opt_out_by_hand(office.desk, office.dana, await contact_of(office), MARIA, "Called us")
    else:
        await office.text(word, to=SALES)
    assert not await under_review(office)
    assert await state(office, text) == ("scheduled" if word == "START" else "cancelled")
    assert (await ledger(office))[-1].kind == ("kept" if word == "START" else "opted_out")
    await assert_page_equals_fresh_load(office, office.mia)


async def test_of_two_who_decide_at_once_one_does_and_the_other_is_told(office: Office, second_desk: Desk) -> None:
    id = await doubted(office)

    async def attempt(desk: Desk, user: User, opted_out: bool) -> bool:
        try:
            await decide(desk, user, id, opted_out)
        except NothingToDecide:
            return False
        return True

    attempts = [attempt(desk, user, user is office.ana) for desk in (office.desk, second_desk) for user in (office.ana, office.ben)]
    assert (await asyncio.gather(*attempts)).count(True) == 1
    assert [entry.source for entry in await ledger(office)] == ["keyword", "review"]


async def test_another_account_decides_nothing(office: Office) -> None:
    id = await doubted(office)
    with pytest.raises(NotFound):
        await decide(office.desk, User("u", "another", "Eve", Role.MANAGER), id, opted_out=False)
    assert await under_review(office)


async def test_a_person_may_send_a_scheduled_text_now(office: Office) -> None:
    id = await doubted(office)
    text = await scheduled(office, id)
    await send_now(office.desk, office.ben, text)
    assert await leaves(office) == ["Later Reply STOP to unsubscribe."]


async def in_hand(office: Office, *, automatic: bool) -> Leased:
    await office.text("HELP" if automatic else "Hi", to=SALES)
    if not automatic:
        await send(office.desk, office.ben, await office.conversation(), Draft("Hello", "c1", 10_000))
    (one,) = await lease(office.desk)
    return one


@pytest.mark.parametrize("automatic", [False, True])
async def test_what_a_sender_has_in_its_hands_is_taken_back_by_an_opt_out(office: Office, automatic: bool) -> None:
    one = await in_hand(office, automatic=automatic)
    assert not await withheld(office.desk, one)
    await office.text("STOP", to=SALES)
    assert await withheld(office.desk, one)
    assert await state(office, one.message) == "cancelled"
    await assert_page_equals_fresh_load(office, office.mia)


@pytest.mark.parametrize("automatic", [False, True])
async def test_what_a_sender_has_in_its_hands_waits_for_the_decision_if_no_person_wrote_it(office: Office, automatic: bool) -> None:
    one = await in_hand(office, automatic=automatic)
    await office.text(DOUBT, to=SALES)
    assert await withheld(office.desk, one) is automatic
    if automatic:
        assert await leaves(office) == []
        await decide(office.desk, office.ana, await office.conversation(), opted_out=False)
        assert len(await leaves(office)) == 1


async def test_an_automatic_text_that_is_to_be_tried_again_waits_too(office: Office) -> None:
    one = await in_hand(office, automatic=True)
    await office.text(DOUBT, to=SALES)
    await record(office.desk, one, SendResult("retry", code="429", says="Busy."))
    office.later(minutes=6)
    assert await leaves(office) == []
    await decide(office.desk, office.ana, await office.conversation(), opted_out=False)
    assert len(await leaves(office)) == 1
