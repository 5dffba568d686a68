"""The arithmetic of response times: each thing in its own hour and day, the sums of every table its totals."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.response_times import Answered, Facts, Figures, Texts, times

MINUTE_US = 60_000_000
BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def none(**more: object) -> Facts:
    nothing: dict[str, object] = {name: [] for name in ("texts", "answered", "public", "opt_outs")}
    nothing |= {name: {} for name in ("failed", "by_user", "by_did", "claims")}
    return Facts(**{**nothing, **more})  # type: ignore[arg-type]


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
    text = Texts(at("2026-11-01T18:15:00"), True, 3)
    found = times(none(texts=[text]), at("2026-11-01T18:15:00"), at("2026-11-02T18:15:00"), KATHMANDU)
    assert min(found.hours) == at("2026-11-01T18:15:00"), "midnight there"
    assert found.hours[at("2026-11-01T18:15:00")].texts_in == 3
    assert found.heat[0][0] == 3, "a Monday's first hour"
    assert sum(map(sum, found.heat)) == 3


def test_lengths_make_the_median_the_ninetieth_percentile_and_the_share() -> None:
    waits = [Answered(at("2026-11-01T10:00:00"), minutes * MINUTE_US, "ana", "d", minutes <= 4) for minutes in range(1, 11)]
    found = times(none(answered=waits), at("2026-11-01T00:00:00"), at("2026-11-02T00:00:00"), UTC)
    for figures in (found.all, found.agents["ana"], found.dids["d"], found.days[date(2026, 11, 1)], found.hours[at("2026-11-01T10:00:00")]):
        assert (figures.percentile(50), figures.percentile(90)) == (5 * MINUTE_US, 9 * MINUTE_US)
        assert (figures.answered, figures.before_public_share) == (10, 0.4)


SINCE, DAYS = at("2026-10-23T22:00:00"), 4
INSTANTS = st.integers(SINCE, SINCE + DAYS * 1440 * MINUTE_US - 1)
NAMES = st.sampled_from([None, "a", "b", "c"])
TEXTS = st.builds(Texts, INSTANTS, st.booleans(), st.integers(1, 9))
ANSWERS = st.builds(Answered, INSTANTS, st.integers(0, 10**10), NAMES, NAMES, st.booleans())
FACTS = st.builds(
    none,
    texts=st.lists(TEXTS),
    failed=st.dictionaries(INSTANTS, st.integers(1, 3)),
    answered=st.lists(ANSWERS),
    public=st.lists(INSTANTS),
    opt_outs=st.lists(INSTANTS),
    claims=st.dictionaries(st.sampled_from("abc"), st.just(2)),
)


@settings(deadline=None)
@given(FACTS, st.sampled_from([UTC, BERLIN, KATHMANDU]))
def test_the_sums_of_every_table_are_the_totals(facts: Facts, zone: ZoneInfo) -> None:
    found = times(facts, SINCE, SINCE + DAYS * 1440 * MINUTE_US, zone)

    def total(rows: object, name: str) -> int:
        assert isinstance(rows, dict)
        return sum(getattr(row, name) for row in rows.values())

    for name in ("texts_in", "texts_out", "answered", "failed", "went_public", "opt_outs", "before_public"):
        assert total(found.days, name) == total(found.hours, name) == getattr(found.all, name)
    assert total(found.agents, "answered") == total(found.dids, "answered") == found.all.answered
    assert total(found.agents, "claims") == found.all.claims
    assert sum(map(sum, found.heat)) == found.all.texts_in
    assert sorted(length for row in found.days.values() for length in row.lengths) == sorted(found.all.lengths)
    assert isinstance(found.all, Figures)
