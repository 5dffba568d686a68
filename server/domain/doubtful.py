"""Which entry of a carrier's list is which text of ours that may have been sent."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_Pair = tuple[str, str]
"""(sender, receiver)."""

EARLIEST_US = 60_000_000
"""A carrier's clock may be behind ours by so much."""
NEAR_US = 600_000_000
"""Without words only time tells which text an entry is: one that came so long after is another, or was late, and says nothing."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A text of ours without an answer. `handed_at` is when a sender last took it, µs UTC. `judged`: the list did not show it, or a person
    sent it again; it is looked for no longer, and still found where the list shows it."""

    id: str
    sender: str
    to: str
    body: str = field(repr=False)
    handed_at: int
    judged: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A text that the carrier has and that belongs to no other of ours; `body` None where the carrier keeps no words."""

    ref: str
    sender: str
    to: str
    body: str | None = field(repr=False)
    at: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`found`: the entry's `ref` by the text's id. `missing`: nothing in the list can be these; about any others the list says nothing."""

    found: dict[str, str]
    missing: list[str]


def judge(doubts: Iterable[Doubt], entries: Sequence[Entry]) -> Verdict:
    """Each entry is one text at the most: of equal ones the first belongs to the one that was handed over first, and those that are judged
    come last: what was not found for so long has less right to a new entry than a text that is new."""
    found: dict[str, str] = {}
    missing: list[str] = []
    taken: set[str] = set()
    waiting = sorted(doubts, key=lambda doubt: (doubt.judged, doubt.handed_at, doubt.id))
    listed, between = defaultdict[_Pair, list[Entry]](list), defaultdict[_Pair, list[Doubt]](list)
    for entry in entries:
        listed[entry.sender, entry.to].append(entry)
    for doubt in waiting:
        between[doubt.sender, doubt.to].append(doubt)
    for doubt in waiting:
        pair = (doubt.sender, doubt.to)
        possible = [entry for entry in listed.get(pair, ()) if _may_be(doubt, entry) and entry.ref not in taken]
        same = [entry for entry in possible if entry.body is not None and _words(entry.body) == _words(doubt.body)]
        wordless = [entry for entry in possible if entry.body is None]
        if same:
            found[doubt.id] = min(same, key=lambda entry: entry.at).ref
            taken.add(found[doubt.id])
        elif len(wordless) == 1 and _is_near(doubt, wordless[0]) and sum(_is_near(other, wordless[0]) for other in between[pair]) == 1:
            found[doubt.id] = wordless[0].ref
            taken.add(found[doubt.id])
        elif not wordless:
            missing.append(doubt.id)
    return Verdict(found, missing)


def _may_be(doubt: Doubt, entry: Entry) -> bool:
    """Both are between the same two numbers."""
    return entry.at > doubt.handed_at - EARLIEST_US


def _is_near(doubt: Doubt, entry: Entry) -> bool:
    return _may_be(doubt, entry) and entry.at < doubt.handed_at + NEAR_US


def _words(body: str) -> str:
    return " ".join(body.split())
