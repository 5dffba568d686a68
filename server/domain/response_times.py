"""Response times from what happened: figures in all, by day, hour and weekday, by agent and by DID. Instants and lengths in µs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from server.domain.percentile import nearest_rank

QUARTER_US = 15 * 60 * 1_000_000
"""Every time zone of today is whole quarters of an hour off UTC, so what happened in one quarter falls into one hour everywhere."""


@dataclass(frozen=True, slots=True)
class Texts:
    """`count` texts of the quarter of an hour that began `at`; `failed`: they did not arrive."""

    at: int
    inbound: bool
    user: str | None
    did: str | None
    failed: bool
    count: int


@dataclass(frozen=True, slots=True)
class Answered:
    """A wait that `user` answered `at`, after `length`; `before_public`: it had not gone public by then."""

    at: int
    length: int
    user: str | None
    did: str | None
    before_public: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """`public` and `opt_outs` are instants; `claims` are counted by user."""

    texts: Sequence[Texts]
    answered: Sequence[Answered]
    public: Sequence[int]
    opt_outs: Sequence[int]
    claims: Mapping[str, int]


@dataclass(slots=True)
class Figures:
    """What counts in one stretch of time, of one agent or of one DID."""

    texts_in: int = 0
    texts_out: int = 0
    failed: int = 0
    went_public: int = 0
    opt_outs: int = 0
    claims: int = 0
    before_public: int = 0
    lengths: list[int] = field(default_factory=list)

    @property
    def answered(self) -> int:
        return len(self.lengths)

    @property
    def before_public_share(self) -> float | None:
        """0 to 1; None where nothing was answered."""
        return self.before_public / self.answered if self.lengths else None

    def percentile(self, percent: int) -> int | None:
        """Of the lengths of the answered waits, by nearest rank."""
        return nearest_rank(sorted(self.lengths), percent)

    def text(self, texts: Texts) -> None:
        if texts.inbound:
            self.texts_in += texts.count
        else:
            self.texts_out += texts.count
            self.failed += texts.count if texts.failed else 0

    def answer(self, answered: Answered) -> None:
        self.lengths.append(answered.length)
        self.before_public += answered.before_public


@dataclass(frozen=True, slots=True)
class Times:
    """`hours` by the instant at which each began; `heat` counts inbound texts by weekday (Monday first) and hour of the day.

    `agents` and `dids` by id; None stands for texts of nobody, which are automatic.
    """

    all: Figures
    days: Mapping[date, Figures]
    hours: Mapping[int, Figures]
    heat: Sequence[Sequence[int]]
    agents: Mapping[str | None, Figures]
    dids: Mapping[str | None, Figures]


def times(facts: Facts, since: int, until: int, zone: tzinfo) -> Times:
    """Every day and hour of `zone` between `since` and `until` has its figures, however empty."""
    calendar = _Calendar(since, until, zone)
    everything, agents, dids = Figures(), _Table(), _Table()
    heat = [[0] * 24 for _ in range(7)]
    for texts in facts.texts:
        day, hour, slot = calendar.of(texts.at)
        for figures in (everything, day, hour, dids.of(texts.did)):
            figures.text(texts)
        if texts.inbound:
            heat[slot[0]][slot[1]] += texts.count
        else:
            agents.of(texts.user).text(texts)
    for answered in facts.answered:
        day, hour, _ = calendar.of(answered.at)
        for figures in (everything, day, hour, dids.of(answered.did), agents.of(answered.user)):
            figures.answer(answered)
    for name, instants in (("went_public", Counter(facts.public)), ("opt_outs", Counter(facts.opt_outs))):
        for at, count in instants.items():
            day, hour, _ = calendar.of(at)
            for figures in (everything, day, hour):
                setattr(figures, name, getattr(figures, name) + count)
    for user, count in facts.claims.items():
        everything.claims += count
        agents.of(user).claims += count
    return Times(everything, calendar.days, calendar.hours, heat, agents.rows, dids.rows)


class _Table:
    def __init__(self) -> None:
        self.rows: dict[str | None, Figures] = {}

    def of(self, key: str | None) -> Figures:
        return self.rows.setdefault(key, Figures())


class _Calendar:
    """The days and hours of a time zone, by quarter of an hour."""

    def __init__(self, since: int, until: int, zone: tzinfo) -> None:
        self.days: dict[date, Figures] = {}
        self.hours: dict[int, Figures] = {}
        self._zone = zone
        self._quarters: dict[int, tuple[Figures, Figures, tuple[int, int]]] = {}
        for quarter in range(since // QUARTER_US, -(-until // QUARTER_US)):
            self._add(quarter)

    def of(self, at: int) -> tuple[Figures, Figures, tuple[int, int]]:
        """The day's figures, the hour's, and (weekday, hour of the day)."""
        return self._quarters[at // QUARTER_US]

    def _add(self, quarter: int) -> None:
        local = datetime.fromtimestamp(quarter * QUARTER_US / 1_000_000, self._zone)
        began = quarter * QUARTER_US - timedelta(minutes=local.minute) // timedelta(microseconds=1)
        day = self.days.setdefault(local.date(), Figures())
        hour = self.hours.setdefault(began, Figures())
        self._quarters[quarter] = (day, hour, (local.weekday(), local.hour))
