"""Words that reach us late are weighed by when they were sent (PRODUCT rules 21-22; 47 CFR 64.1200(a)(12))."""

import pytest

from server.carriers.carrier import Connection, Credentials, InboundText
from server.desk import contacts, inbox
from server.desk.consent_review import decide
from server.desk.receive import receive_texts
from server.domain.report import Asked
from server.ids import new_id
from server.store import consent
from server.store import lines as lines_of_carriers
from server.store.database import Transaction
from tests.desk.test_consent import automatic, contact_of, leaves, ledger
from tests.desk.test_consent_review import DOUBT, under_review
from tests.desk.test_reports_agree import report
from tests.fixtures.office import MARIA, MINUTE_US, SALES, Office
from tests.fixtures.page import assert_page_equals_fresh_load


async def now(office: Office) -> int:
    async def read(tx: Transaction) -> int:
        return tx.now

    return await office.desk.read(read)


async def late(office: Office, *words: tuple[str, float | None]) -> None:
    """Texts that were lost are read back at once, each sent so many minutes ago; None: nobody knows when."""
    at = await now(office)
    texts = [
        InboundText(new_id(at), MARIA, SALES, body, sent_at=None if minutes is None else round(at - minutes * MINUTE_US))
        for body, minutes in words
    ]
    await receive_texts(office.desk, office.connection, texts, at)


async def opted_out(office: Office) -> bool:
    return (await inbox.conversation(office.desk, office.ana, await office.conversation())).opted_out


async def lines(office: Office) -> list[tuple[str, str]]:
    return [(entry.kind, entry.source) for entry in await ledger(office)]


@pytest.mark.parametrize("how", ["STOP", "by hand"])
async def test_a_start_from_before_the_opt_out_lifts_nothing_answers_nothing_and_is_in_the_ledger(office: Office, how: str) -> None:
    await office.text("Hi", to=SALES)
    if how == "STOP":
        await office.text("STOP", to=SALES)
    else:
        await contacts.opt_out_by_hand(office.desk, office.ana, await contact_of(office), MARIA, "Asked on the phone")
    before = await automatic(office)
    await leaves(office)
    told = len(office.events)
    await late(office, ("START", 2))
    assert await opted_out(office)
    assert await automatic(office) == before
    assert await leaves(office) == []
    assert "contact.opted_in" not in office.types(told)
    assert await lines(office) == [("opted_out", "keyword" if how == "STOP" else "user"), ("opted_in", "late")]
    (line,) = [entry for entry in await ledger(office) if entry.source == "late"]
    assert line.asked_at is not None
    assert line.asked_at < (await ledger(office))[0].at
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_start_from_after_the_stop_lifts_it_however_late_and_says_when_it_was_asked(office: Office) -> None:
    await office.text("STOP", to=SALES)
    office.later(minutes=60)
    await late(office, ("START", 30))
    assert not await opted_out(office)
    line = (await ledger(office))[-1]
    assert (line.kind, line.source) == ("opted_in", "keyword")
    assert line.asked_at is not None
    assert line.asked_at < line.at
    assert await automatic(office) == ["opted_out"], "nobody is answered half an hour later"


@pytest.mark.parametrize("words", [[("STOP", 90), ("START", 60)], [("START", 60), ("STOP", 90)]])
async def test_the_word_that_was_sent_last_counts_when_both_come_late_in_whatever_order(
    office: Office, words: list[tuple[str, float | None]]
) -> None:
    await late(office, *words)
    assert not await opted_out(office)
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_start_between_two_stops_lifts_nothing(office: Office) -> None:
    await office.text("STOP", to=SALES)
    office.later(minutes=60)
    await office.text("STOP", to=SALES)
    await late(office, ("START", 30))
    assert await opted_out(office)


async def test_a_stop_from_before_the_last_opt_in_opts_nobody_out(office: Office) -> None:
    for body in ("STOP", "START"):
        await office.text(body, to=SALES)
    before = await automatic(office)
    await late(office, ("STOP", 2))
    assert not await opted_out(office)
    assert await automatic(office) == before
    assert (await lines(office))[-1] == ("opted_out", "late")
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_stop_that_was_lost_before_a_start_opts_nobody_out_though_the_start_lifted_nothing(office: Office) -> None:
    await office.text("START", to=SALES)
    await late(office, ("STOP", 2))
    assert not await opted_out(office)


@pytest.mark.parametrize("minutes", [None, 30])
async def test_a_stop_from_after_the_last_opt_in_or_of_unknown_time_opts_out(office: Office, minutes: float | None) -> None:
    for body in ("STOP", "START"):
        await office.text(body, to=SALES)
    office.later(minutes=60)
    await late(office, ("STOP", minutes))
    assert await opted_out(office)
    assert ((await ledger(office))[-1].asked_at is not None) is (minutes is not None)


@pytest.mark.parametrize(("minutes", "answers"), [(4, True), (6, False)])
@pytest.mark.parametrize(("body", "answer"), [("STOP", "opted_out"), ("HELP", "help")])
async def test_nothing_answers_by_itself_what_was_sent_more_than_five_minutes_ago(
    office: Office, body: str, answer: str, minutes: float, answers: bool
) -> None:
    await late(office, (body, minutes))
    assert await automatic(office) == ([answer] if answers else [])
    assert await opted_out(office) is (body == "STOP")


@pytest.mark.parametrize("decided", ["kept", "STOP and START", "START"])
async def test_a_doubt_from_before_the_decision_or_the_opt_in_asks_nobody(office: Office, decided: str) -> None:
    if decided == "kept":
        await office.text(DOUBT, to=SALES)
        await decide(office.desk, office.ana, await office.conversation(), opted_out=False)
    else:
        for body in decided.split(" and "):
            await office.text(body, to=SALES)
    await late(office, ("wrong number", 2))
    assert not await under_review(office)
    assert (await lines(office))[-1] == ("review", "late")
    office.later(minutes=60)
    await late(office, ("wrong number", 30))
    assert await under_review(office), "a later one does"
    assert (await ledger(office))[-1].asked_at is not None
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_start_from_before_the_doubt_decides_nothing(office: Office) -> None:
    await office.text(DOUBT, to=SALES)
    await late(office, ("START", 2))
    assert await under_review(office)
    await office.text("START", to=SALES)
    assert not await under_review(office)


async def test_reports_count_no_opt_out_that_was_none(office: Office) -> None:
    await office.text("STOP", to=SALES)
    await late(office, ("START", 2))
    office.later(seconds=1)
    await office.text("STOP", to=SALES)
    await office.text("START", to=SALES)
    await late(office, ("STOP", 2))
    assert (await report(office, Asked(office.account)))["figures"]["opt_outs"] == 1


async def test_a_list_is_compared_with_when_somebody_asked_to_be_back(office: Office) -> None:
    await office.text("STOP", to=SALES)
    office.later(minutes=60)
    at = await now(office)
    await late(office, ("START", 30))
    found = await office.desk.read(lambda tx: consent.last_opt_ins(tx, office.account, [MARIA]))
    assert abs(found[MARIA] - (at - 30 * MINUTE_US)) < MINUTE_US


async def test_a_confirmation_leaves_within_five_minutes_of_the_persons_text_or_not_at_all(office: Office) -> None:
    """STOP took four minutes to reach us; 47 CFR 64.1200(a)(12) counts from the person's text."""
    await office.text("Hi", to=SALES)
    await late(office, ("STOP", 4))
    assert await automatic(office) == ["opted_out"]
    office.later(minutes=2)
    assert await leaves(office) == []
    row = await office.one("select state, error_code from messages where direction = 'outbound'")
    assert row == {"state": "cancelled", "error_code": "too_late"}


async def over_a_gateway(office: Office, body: str, minutes: float) -> None:
    """A text over a gateway of the account's own, which says that it was sent so many minutes ago."""
    at = await now(office)
    gateway = Connection(new_id(at), office.account, "generic", "Gateway", Credentials({}))
    line = lines_of_carriers.Line(gateway.id, office.account, "generic", "Gateway", "", {}, at)
    await office.desk.db.write(lambda tx: lines_of_carriers.add(tx, line))
    sent = InboundText(new_id(at), MARIA, SALES, body, sent_at=round(at - minutes * MINUTE_US))
    await receive_texts(office.desk, gateway, [sent], at)


async def test_a_stop_over_a_gateway_whose_clock_is_hours_behind_opts_out_and_counts_from_when_it_came(office: Office) -> None:
    for body in ("STOP", "START"):
        await office.text(body, to=SALES)
    office.later(minutes=60)
    await over_a_gateway(office, "STOP", 300)
    assert await opted_out(office)
    line = (await ledger(office))[-1]
    assert (line.kind, line.source, line.asked_at) == ("opted_out", "keyword", None)
    await late(office, ("START", 30))
    assert await opted_out(office), "that START was sent before the STOP came"
    row = await office.one("select created_at - sent_at as late from messages where id = :id", id=line.message)
    assert row is not None
    assert row["late"] // MINUTE_US == 300, "what the gateway says is shown"
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_doubt_over_a_gateway_whose_clock_is_hours_behind_is_one_for_a_person(office: Office) -> None:
    await office.text(DOUBT, to=SALES)
    await decide(office.desk, office.ana, await office.conversation(), opted_out=False)
    office.later(minutes=60)
    await over_a_gateway(office, "wrong number", 300)
    assert await under_review(office)
    assert (await ledger(office))[-1].asked_at is None
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_start_over_a_gateway_from_before_the_opt_out_lifts_nothing(office: Office) -> None:
    await office.text("STOP", to=SALES)
    await over_a_gateway(office, "START", 2)
    assert await opted_out(office)
    assert (await lines(office))[-1] == ("opted_in", "late")
