"""The arithmetic of response times: each thing in its own hour and day, the sums of every table its totals."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.response_times import QUARTER_US, Answered, Facts, Figures, Happened, Public, Texts, counted, times

MINUTE_US = 60_000_000
BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def none(
    texts: Sequence[Texts] = (),
    answered: Sequence[Answered] = (),
    public: Sequence[Public] = (),
    opt_outs: Sequence[int] = (),
    claims: Mapping[str, int] | None = None,
) -> Facts:
    return Facts([Happened(texts, answered, public)], [], opt_outs, claims or {})


def test_an_empty_stretch_has_all_its_days_and_hours() -> None:
    found = times(none(), at("2026-11-01T00:00:00"), at("2026-11-03T00:00:00"), UTC)
    assert list(found.days) == [date(2026, 11, 1), date(2026, 11, 2)]
    assert len(found.hours) == 48
    assert (found.all.percentile(50), found.all.before_public_share) == (None, None)
    assert (found.agents, found.dids) == ({}, {})


def test_the_night_when_the_clock_is_put_back_has_twenty_five_hours_and_is_one_day() -> None:
    found = times(none(), at("2026-10-24T22:00:00"), at("2026-10-25T23:00:00"), BERLIN)
    assert list(found.days) == [date(2026, 10, 25)]
    assert len(found.hours) == 25
    assert sorted(found.hours) == list(range(min(found.hours), max(found.hours) + 1, 60 * MINUTE_US))


def test_hours_begin_where_the_zone_begins_them() -> None:
    text = Texts(at("2026-11-01T18:15:00") // QUARTER_US, "d", True, None, 3)
    found = times(none(texts=[text]), at("2026-11-01T18:15:00"), at("2026-11-02T18:15:00"), KATHMANDU)
    assert min(found.hours) == at("2026-11-01T18:15:00"), "midnight there"
    assert found.hours[at("2026-11-01T18:15:00")].texts_in == 3
    assert found.heat[0][0] == 3, "a Monday's first hour"
    assert sum(map(sum, found.heat)) == 3


def test_lengths_make_the_median_the_ninetieth_percentile_and_the_share() -> None:
    quarter = at("2026-11-01T10:00:00") // QUARTER_US
    waits = [Answered(quarter, "d", "ana", minutes * 60, minutes <= 4) for minutes in range(10, 0, -1)]
    found = times(none(answered=waits), at("2026-11-01T00:00:00"), at("2026-11-02T00:00:00"), UTC)
    for figures in (found.all, found.agents["ana"], found.dids["d"], found.days[date(2026, 11, 1)], found.hours[at("2026-11-01T10:00:00")]):
        assert (figures.percentile(50), figures.percentile(90)) == (300, 540)
        assert (figures.answered, figures.before_public_share) == (10, 0.4)


SINCE, DAYS = at("2026-10-23T22:00:00"), 4
UNTIL = SINCE + DAYS * 1440 * MINUTE_US
INSTANTS = st.integers(SINCE, UNTIL - 1)
QUARTERS = st.integers(SINCE // QUARTER_US, UNTIL // QUARTER_US - 1)
NAMES = st.sampled_from([None, "a", "b", "c"])
TEXTS = st.builds(Texts, QUARTERS, NAMES, st.booleans(), NAMES, st.integers(0, 9), st.integers(0, 3))
ANSWERS = st.builds(Answered, QUARTERS, NAMES, NAMES, st.integers(0, 10**4), st.booleans())
PUBLIC = st.builds(Public, QUARTERS, NAMES, st.integers(1, 9))
HAPPENED = st.builds(Happened, st.lists(TEXTS), st.lists(ANSWERS), st.lists(PUBLIC))
FACTS = st.builds(
    Facts,
    happened=st.lists(HAPPENED, max_size=3),
    kept=st.just([]),
    opt_outs=st.lists(INSTANTS),
    claims=st.dictionaries(st.sampled_from("abc"), st.just(2)),
)


@settings(deadline=None)
@given(FACTS, st.sampled_from([UTC, BERLIN, KATHMANDU]))
def test_the_sums_of_every_table_are_the_totals(facts: Facts, zone: ZoneInfo) -> None:
    found = times(facts, SINCE, UNTIL, zone)

    def total(rows: object, name: str) -> int:
        assert isinstance(rows, dict)
        return sum(getattr(row, name) for row in rows.values())

    for name in ("texts_in", "texts_out", "answered", "failed", "went_public", "opt_outs", "before_public"):
        assert total(found.days, name) == total(found.hours, name) == getattr(found.all, name)
    for name in ("texts_in", "texts_out", "answered"):
        assert total(found.dids, name) == getattr(found.all, name)
    assert total(found.agents, "texts_out") == found.all.texts_out
    assert total(found.agents, "answered") == total(found.dids, "answered") == found.all.answered
    assert total(found.agents, "claims") == found.all.claims
    assert sum(map(sum, found.heat)) == found.all.texts_in
    assert sorted(length for row in found.days.values() for length in row.lengths) == sorted(found.all.lengths)
    assert isinstance(found.all, Figures)
    texts = [each for happened in facts.happened for each in happened.texts]
    assert found.all.failed == sum(each.failed for each in texts)
    assert found.all.texts_in == sum(each.texts for each in texts if each.inbound)


@settings(deadline=None)
@given(FACTS, st.sampled_from([UTC, BERLIN, KATHMANDU]))
def test_what_was_kept_is_what_happened(facts: Facts, zone: ZoneInfo) -> None:
    """Of all, and of one DID as it is kept for itself."""
    for did in (None, "a"):
        happened = [each if did is None else each.over(did) for each in facts.happened]
        kept = [msgspec.json.encode(counted(each)).decode() for each in happened]
        now = times(replace(facts, happened=happened), SINCE, UNTIL, zone)
        assert times(replace(facts, happened=[], kept=kept), SINCE, UNTIL, zone) == now
        assert times(replace(facts, happened=happened[:1], kept=kept[1:]), SINCE, UNTIL, zone) == now
