"""What each tab applied, against what the database says that it should have: lost, doubled, reordered, leaked.

Pure. A tab writes down every event that it was given (`Given`), in the order in which it came; the facts are the rows of `events`,
whose `audience` was decided when each was written.
"""

import json
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

ACCOUNT, MANAGERS, PERSON = "account", "managers", "person"
FOR_GOOD = {4401, 4409}
"""Close codes after which nobody comes back."""
COUNTS = "tabs deliveries lost doubled reordered leaked unequal resets gaps connections recounted due covered silent overtaken gone".split()


class Fact(msgspec.Struct, frozen=True, gc=False):
    """One row of `events`. `at` in µs."""

    position: int
    conversation: str | None
    seq: int | None
    type: str
    at: int
    reach: str
    pool: bool
    audience: tuple[str, ...]


class Given(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event as it reached a tab. `came` in seconds since 1970; `applied` the same, 0 when the tab dropped it or never got to it.

    `connection` counts the tab's connections; `asked`: the tab had asked for this conversation again, so it may come twice.
    """

    connection: int
    position: int
    conversation: str | None
    seq: int | None
    type: str
    came: float
    applied: float
    asked: bool = False


class Book(msgspec.Struct):
    """What one tab wrote down. `began` is its first N: what is up to there it loaded.

    `covered`: of each conversation, rising numbers up to which a reading over HTTP gave it all, each with the instant (s since 1970) of
    that; `resets`: the positions it was told to begin anew from; `left` is the instant (µs) at which its right ended, if it did.
    `watched`: for a conversation that the tab watches, from which number on. `n`: the last position it was told. `codes`: with which
    its connections were closed. `differs`: what its page shows otherwise than a fresh one; None if it is the same or that was not looked
    at. `recounted`: its counts were right only when it had read them again. `view` is what the page shows, `compared` how many rows and
    lines of it were held against a fresh one's.
    """

    tab: str
    user: str
    manager: bool
    began: int
    n: int
    topics: tuple[str, ...] = ()
    watched: dict[str, int] = {}
    covered: dict[str, list[tuple[int, float]]] = {}
    resets: list[int] = []
    given: list[Given] = []
    codes: list[int] = []
    connections: int = 0
    gaps: int = 0
    left: int | None = None
    differs: str | None = None
    recounted: bool = False
    view: str = ""
    compared: int = 0
    account: str = ""


@dataclass
class Verdict:
    """Counts over all tabs, and the first of each as a sentence. `delays`: seconds from commit until the tab had it, sorted.

    `due`: what was written and had to reach a tab; `covered`: of that, what a page only read over HTTP and was never given; `silent`:
    tabs that were given nothing; `overtaken`: what a tab missed of a conversation that it does not receive whole, and got behind a newer
    word of it, when it came back; `gone`: tabs that were told not to come back; `compared`: rows and lines held against a fresh page's, by
    what the pages show.
    """

    events: int = 0
    tabs: int = 0
    deliveries: int = 0
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    leaked: int = 0
    unequal: int = 0
    resets: int = 0
    gaps: int = 0
    connections: int = 0
    recounted: int = 0
    due: int = 0
    covered: int = 0
    silent: int = 0
    overtaken: int = 0
    gone: int = 0
    compared: dict[str, int] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return (self.lost, self.doubled, self.reordered, self.leaked, self.unequal) == (0, 0, 0, 0, 0)

    @property
    def share_lost(self) -> float:
        """Of what was due; 0 when nothing was."""
        return self.lost / self.due if self.due else 0.0

    def share(self, share: float) -> float:
        """The delay that this share of the deliveries stays below; 0 when nothing was delivered."""
        return self.delays[min(len(self.delays) - 1, int(len(self.delays) * share))] if self.delays else 0.0

    def add(self, other: "Verdict") -> None:
        """The counts of one more tab."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for view, count in other.compared.items():
            self.compared[view] = self.compared.get(view, 0) + count
        self.delays += other.delays
        self.examples += other.examples[: max(0, 12 - len(self.examples))]


def judge(books: Iterable[Book], facts: Mapping[str, Sequence[Fact]], ends: Mapping[str, int] | None = None) -> Verdict:
    """`facts` are all events of each account, in order. What was written after the account's position in `ends`, when the tabs were about
    to close, is due to nobody."""
    total = Verdict()
    by_position = {account: {fact.position: fact for fact in rows} for account, rows in facts.items()}
    earliest: dict[str, int] = {}
    for book in books:
        earliest[book.account] = min(book.began, earliest.get(book.account, book.began))
        rows = facts[book.account]
        due = rows if ends is None else rows[: bisect_right(rows, ends[book.account], key=_position)]
        total.add(judge_one(book, by_position[book.account], due))
    total.events = sum(fact.position > began for account, began in earliest.items() for fact in facts[account])
    total.delays.sort()
    return total


def judge_one(book: Book, facts: Mapping[int, Fact], in_order: Sequence[Fact]) -> Verdict:
    """`in_order`: what may be due to it."""
    verdict = Verdict(tabs=1, resets=len(book.resets), gaps=book.gaps, connections=book.connections, recounted=book.recounted)
    verdict.silent, verdict.gone = int(not book.given), int(not FOR_GOOD.isdisjoint(book.codes))
    if book.view:
        verdict.compared[book.view] = book.compared
    applied: set[int] = set()
    seen: set[tuple[int, int]] = set()
    last: dict[str, int] = {}
    first_came: dict[int, float] = {}
    for given in book.given:
        first_came.setdefault(given.connection, given.came)
    for given in sorted(book.given, key=_when):
        verdict.deliveries += 1
        fact = facts.get(given.position)
        if fact is None or not _same(fact, given) or not _may(book, fact):
            verdict.leaked += 1
            _tell(verdict, "leaked", book, given)
            continue
        once = (given.connection, given.position)
        if once in seen and not given.asked:
            verdict.doubled += 1
            _tell(verdict, "given twice", book, given)
        seen.add(once)
        if _overtaken(book, given, fact, last, first_came):
            verdict.overtaken += 1
            verdict.delays.append(max(0.0, given.came - fact.at / 1_000_000))
            applied.add(given.position)
        elif given.applied:
            _follow(verdict, book, given, fact, applied, last)
    _look_for(verdict, book, in_order, applied)
    if book.differs:
        verdict.unequal += 1
        verdict.examples.append(f"unequal: {book.tab}: {book.differs}")
    return verdict


def _look_for(verdict: Verdict, book: Book, in_order: Sequence[Fact], applied: Collection[int]) -> None:
    """What was due to the tab: it applied that, or read it, or lost it. Whoever meets a conversation is given an event, and reads."""
    given = {each.position for each in book.given}
    beyond = max([book.began, *book.resets])
    for fact in in_order[bisect_right(in_order, beyond, key=_position) :]:
        if not _should(book, fact):
            continue
        verdict.due += 1
        if fact.position in applied:
            continue
        read_at = _read_at(book, fact)
        if read_at is None:
            verdict.lost += 1
            _tell(verdict, "lost", book, fact)
        else:
            verdict.covered += fact.position not in given
            verdict.delays.append(max(0.0, read_at - fact.at / 1_000_000))


def _follow(verdict: Verdict, book: Book, given: Given, fact: Fact, applied: set[int], last: dict[str, int]) -> None:
    """An event was applied, after all those in `applied`; `last` is each conversation's last number."""
    if given.position not in applied:
        verdict.delays.append(max(0.0, given.applied - fact.at / 1_000_000))
    elif given.seq is not None:
        verdict.doubled += 1
        _tell(verdict, "applied twice", book, given)
    if given.conversation is not None and given.seq is not None:
        if given.seq < last.get(given.conversation, 0):
            verdict.reordered += 1
            _tell(verdict, "reordered", book, given)
        last[given.conversation] = given.seq
    applied.add(given.position)


def _overtaken(book: Book, given: Given, fact: Fact, last: Mapping[str, int], first_came: Mapping[int, float]) -> bool:
    """Whoever comes back is first given what comes unasked, and then what is missing of the feed and the pool: of a conversation that is
    not received whole, `conversation.public` comes before the text that made it. Each says all; the older is shown in its place or dropped.
    """
    if book.user in fact.audience or given.conversation is None or given.seq is None or given.conversation in book.watched:
        return False
    replayed = given.connection > 1 and fact.at / 1_000_000 < first_came[given.connection]
    return replayed and given.seq < last.get(given.conversation, 0)


def between(facts: Mapping[str, Sequence[Fact]], since: float, until: float) -> dict[str, list[Fact]]:
    """Those that were written between two instants (s since 1970)."""
    return {account: [fact for fact in rows if since * 1e6 <= fact.at <= until * 1e6] for account, rows in facts.items()}


def fact_of(row: Mapping[str, Any]) -> Fact:
    """From a row of `events`."""
    return Fact(
        row["position"],
        row["conversation"],
        row["seq"],
        row["type"],
        row["at"],
        row["reach"],
        bool(row["pool"]),
        tuple(json.loads(row["audience"])),
    )


def _when(given: Given) -> float:
    """What waits for an older one is applied after that, though it came before."""
    return given.applied or given.came


def _position(fact: Fact) -> int:
    return fact.position


def _same(fact: Fact, given: Given) -> bool:
    """Positions are counted by account: the same number may be another account's event."""
    return (fact.conversation, fact.seq, fact.type) == (given.conversation, given.seq, given.type)


def _unasked(book: Book, fact: Fact) -> bool:
    return book.user in fact.audience or fact.reach == ACCOUNT or (fact.reach == MANAGERS and book.manager)


def _may(book: Book, fact: Fact) -> bool:
    """Whether the tab may be given it."""
    if book.left is not None and fact.at > book.left:
        return False
    if _unasked(book, fact):
        return True
    if fact.reach == PERSON:
        return False
    return "feed" in book.topics or ("pool" in book.topics and fact.pool) or fact.conversation in book.watched


def _should(book: Book, fact: Fact) -> bool:
    """Whether the tab must have applied this newer event, unless it read it over HTTP."""
    if book.left is not None and fact.at > book.left:
        return False
    if _unasked(book, fact):
        return True
    if fact.reach == PERSON:
        return False
    if "feed" in book.topics or ("pool" in book.topics and fact.pool):
        return True
    return fact.conversation is not None and fact.seq is not None and fact.seq > book.watched.get(fact.conversation, 2**63)


def _read_at(book: Book, fact: Fact) -> float | None:
    """When a reading over HTTP gave the tab what the event says (s since 1970)."""
    if fact.conversation is None or fact.seq is None:
        return None
    return next((at for seq, at in book.covered.get(fact.conversation, ()) if seq >= fact.seq), None)


def _tell(verdict: Verdict, what: str, book: Book, event: Fact | Given) -> None:
    if len(verdict.examples) < 3:
        verdict.examples.append(f"{what}: {book.tab}: {event.type} {event.conversation} seq {event.seq} position {event.position}")
