"""Response times from what happened: figures in all, by day, hour and weekday, by agent and by DID.

Instants in µs, lengths of waits in whole seconds, rounded to the nearest: whichever of some waits is at a rank, it is so in both.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from itertools import chain
from typing import NamedTuple, TypeVar

import msgspec

from server.domain.percentile import nearest_rank

K = TypeVar("K")
V = TypeVar("V")

QUARTER_US = 15 * 60 * 1_000_000
"""Every time zone of today is whole quarters of an hour off UTC, so what happened in one quarter falls into one hour everywhere."""


class Texts(NamedTuple):
    """How many `texts` there were in the quarter of an hour with the number `quarter`, and how many `failed`. A `user` None: nobody
    wrote them, they are automatic."""

    quarter: int
    did: str | None
    inbound: bool
    user: str | None
    texts: int
    failed: int = 0


class Answered(NamedTuple):
    """A wait that `user` answered in `quarter`, after `seconds`; `before_public`: it had not gone public by then."""

    quarter: int
    did: str | None
    user: str | None
    seconds: int
    before_public: bool


class Public(NamedTuple):
    """How many `waits` went public in `quarter`."""

    quarter: int
    did: str | None
    waits: int


@dataclass(frozen=True, slots=True)
class Happened:
    texts: Sequence[Texts] = ()
    answered: Sequence[Answered] = ()
    public: Sequence[Public] = ()

    @property
    def dids(self) -> set[str]:
        dids = chain((each.did for each in self.texts), (each.did for each in self.answered), (each.did for each in self.public))
        return {did for did in dids if did is not None}

    def over(self, did: str) -> "Happened":
        """What happened over one DID."""
        texts = [each for each in self.texts if each.did == did]
        answered = [each for each in self.answered if each.did == did]
        return Happened(texts, answered, [each for each in self.public if each.did == did])


class Quarter(msgspec.Struct, array_like=True):
    """What counts in the quarter of an hour with this number."""

    number: int
    texts_in: int = 0
    texts_out: int = 0
    failed: int = 0
    went_public: int = 0
    before_public: int = 0
    lengths: list[int] = []


class Share(msgspec.Struct, array_like=True):
    """What counts of one agent, or of one DID."""

    id: str | None
    texts_in: int = 0
    texts_out: int = 0
    before_public: int = 0
    lengths: list[int] = []


class Counted(msgspec.Struct, array_like=True):
    """What happened in some time, counted so far that any time zone's hours are sums of it."""

    quarters: Sequence[Quarter]
    agents: Sequence[Share]
    dids: Sequence[Share]


def counted(happened: Happened) -> Counted:
    quarters: dict[int, Quarter] = {}
    agents: dict[str | None, Share] = {}
    dids: dict[str | None, Share] = {}
    for texts in happened.texts:
        quarter, did = _of(quarters, texts.quarter, Quarter), _of(dids, texts.did, Share)
        quarter.failed += texts.failed
        if texts.inbound:
            quarter.texts_in += texts.texts
            did.texts_in += texts.texts
        else:
            for row in (quarter, did, _of(agents, texts.user, Share)):
                row.texts_out += texts.texts
    for wait in happened.answered:
        for row in (_of(quarters, wait.quarter, Quarter), _of(dids, wait.did, Share), _of(agents, wait.user, Share)):
            row.lengths.append(wait.seconds)
            row.before_public += wait.before_public
    for public in happened.public:
        _of(quarters, public.quarter, Quarter).went_public += public.waits
    return Counted([*quarters.values()], [*agents.values()], [*dids.values()])


@dataclass(frozen=True, slots=True)
class Facts:
    """`happened` is what is still to be counted, `kept` was: each a `Counted` as JSON. `opt_outs` instants; `claims` by user."""

    happened: Sequence[Happened]
    kept: Sequence[str]
    opt_outs: Sequence[int]
    claims: Mapping[str, int]


@dataclass(slots=True)
class Figures:
    """What counts in one stretch of time, of one agent or of one DID. `lengths` ascend once all are there."""

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
        """Of the lengths of the answered waits, seconds, by nearest rank."""
        return nearest_rank(self.lengths, percent)

    def share(self, share: Share) -> None:
        self.texts_in += share.texts_in
        self.texts_out += share.texts_out
        self.before_public += share.before_public
        self.lengths += share.lengths

    def stretch(self, part: "Quarter | Figures") -> None:
        """Adds a stretch of this time."""
        self.texts_in += part.texts_in
        self.texts_out += part.texts_out
        self.failed += part.failed
        self.went_public += part.went_public
        self.before_public += part.before_public
        self.lengths += part.lengths


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
    calendar, agents, dids = _Calendar(since, until, zone), dict[str | None, Figures](), dict[str | None, Figures]()
    for part in chain(map(counted, facts.happened), map(_decode, facts.kept)):
        for quarter in part.quarters:
            calendar.add(quarter)
        for table, shares in ((agents, part.agents), (dids, part.dids)):
            for share in shares:
                table.setdefault(share.id, Figures()).share(share)
    for at, count in Counter(facts.opt_outs).items():
        calendar.opt_outs(at, count)
    for user, count in facts.claims.items():
        agents.setdefault(user, Figures()).claims += count
    for figures in chain(calendar.days.values(), calendar.hours.values(), agents.values(), dids.values()):
        figures.lengths.sort()
    return Times(calendar.all(sum(facts.claims.values())), calendar.days, calendar.hours, calendar.heat, agents, dids)


class _Calendar:
    """The days and hours of a time zone, by quarter of an hour."""

    def __init__(self, since: int, until: int, zone: tzinfo) -> None:
        self.days: dict[date, Figures] = {}
        self.hours: dict[int, Figures] = {}
        self.heat = [[0] * 24 for _ in range(7)]
        self._quarters: dict[int, tuple[Figures, Figures, list[int], int]] = {}
        for number in range(since // QUARTER_US, -(-until // QUARTER_US)):
            local = datetime.fromtimestamp(number * QUARTER_US / 1_000_000, zone)
            began = number * QUARTER_US - timedelta(minutes=local.minute) // timedelta(microseconds=1)
            day, hour = _of(self.days, local.date(), _figures), _of(self.hours, began, _figures)
            self._quarters[number] = (day, hour, self.heat[local.weekday()], local.hour)

    def add(self, quarter: Quarter) -> None:
        day, hour, weekday, place = self._quarters[quarter.number]
        day.stretch(quarter)
        hour.stretch(quarter)
        weekday[place] += quarter.texts_in

    def opt_outs(self, at: int, count: int) -> None:
        for figures in self._quarters[at // QUARTER_US][:2]:
            figures.opt_outs += count

    def all(self, claims: int) -> Figures:
        """The sum of the days."""
        found = Figures(claims=claims)
        for day in self.days.values():
            found.stretch(day)
            found.opt_outs += day.opt_outs
        found.lengths.sort()
        return found


_decode = msgspec.json.Decoder(Counted).decode


def _of(rows: dict[K, V], key: K, new: Callable[[K], V]) -> V:
    found = rows.get(key)
    if found is None:
        found = rows[key] = new(key)
    return found


def _figures(_: object) -> Figures:
    return Figures()


def seconds_or_none(us: int | None) -> int | None:
    """Whole seconds, rounded to the nearest."""
    return None if us is None else (us + 500_000) // 1_000_000
