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
    """`count` texts of the quarter of an hour that began `at`."""

    at: int
    inbound: bool
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
    """`failed` texts by quarter of an hour; `by_user` texts out; `by_did` texts in and out; `public` and `opt_outs` instants; `claims` by
    user. A user None stands for texts of nobody, which are automatic."""

    texts: Sequence[Texts]
    failed: Mapping[int, int]
    by_user: Mapping[str | None, int]
    by_did: Mapping[str | None, tuple[int, int]]
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
    calendar, agents, dids = _Calendar(since, until, zone), _Table(), _Table()
    for user, count in facts.by_user.items():
        agents.of(user).texts_out += count
    for did, (texts_in, texts_out) in facts.by_did.items():
        dids.of(did).texts_in += texts_in
        dids.of(did).texts_out += texts_out
    for texts in facts.texts:
        calendar.text(texts)
    for answered in facts.answered:
        for figures in (*calendar.of(answered.at), dids.of(answered.did), agents.of(answered.user)):
            figures.answer(answered)
    counted = {"went_public": Counter(facts.public), "opt_outs": Counter(facts.opt_outs), "failed": facts.failed}
    for name, instants in counted.items():
        for at, count in instants.items():
            for figures in calendar.of(at):
                setattr(figures, name, getattr(figures, name) + count)
    for user, count in facts.claims.items():
        calendar.all.claims += count
        agents.of(user).claims += count
    return Times(calendar.all, calendar.days, calendar.hours, calendar.heat, agents.rows, dids.rows)


class _Table:
    def __init__(self) -> None:
        self.rows: dict[str | None, Figures] = {}

    def of(self, key: str | None) -> Figures:
        return self.rows.setdefault(key, Figures())


class _Calendar:
    """The days and hours of a time zone, by quarter of an hour."""

    def __init__(self, since: int, until: int, zone: tzinfo) -> None:
        self.all = Figures()
        self.days: dict[date, Figures] = {}
        self.hours: dict[int, Figures] = {}
        self.heat = [[0] * 24 for _ in range(7)]
        self._zone = zone
        self._quarters: dict[int, tuple[Figures, Figures, Figures]] = {}
        for quarter in range(since // QUARTER_US, -(-until // QUARTER_US)):
            self._add(quarter)

    def of(self, at: int) -> tuple[Figures, Figures, Figures]:
        """The figures of all, of the day and of the hour."""
        return self._quarters[at // QUARTER_US]

    def text(self, texts: Texts) -> None:
        for figures in self.of(texts.at):
            figures.text(texts)
        if texts.inbound:
            local = self._local(texts.at)
            self.heat[local.weekday()][local.hour] += texts.count

    def _add(self, quarter: int) -> None:
        local = self._local(quarter * QUARTER_US)
        began = quarter * QUARTER_US - timedelta(minutes=local.minute) // timedelta(microseconds=1)
        day = self.days.setdefault(local.date(), Figures())
        hour = self.hours.setdefault(began, Figures())
        self._quarters[quarter] = (self.all, day, hour)

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / 1_000_000, self._zone)


def seconds_or_none(us: int | None) -> int | None:
    """Whole seconds, rounded to the nearest."""
    return None if us is None else (us + 500_000) // 1_000_000
