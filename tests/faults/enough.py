"""Whether a run was enough to prove anything: where nothing is written, nothing is lost."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from tests.faults.ledger import Verdict
from tests.faults.stage import Size

EVENTS_PER_ACT = 0.8
"""At least: some acts are refused, most make about two."""
BEHIND_THE_WALL = 2
"""Tabs of another account."""
READ_SHARE = 0.01
"""Of what was due to all tabs, so much may be known to pages only because they read it over HTTP."""
OVERTAKEN_SHARE = 0.1
"""Of the same, so much may come behind a newer word of its conversation: what tabs of the pool and the feed missed while they were away."""
NO_WORSE = frozenset({403, 409})
"""Refusals that belong to the game: another was quicker, or nothing waits, or it is another's by now."""


def too_little(verdict: Verdict, size: Size, tallies: Sequence[Mapping[str, Any]], shown: Collection[str]) -> list[str]:
    """What is missing, as sentences. `shown`: what some page shows, where there is something to be shown."""
    sums = {name: sum(len(tally[name]) for tally in tallies) for name in ("acknowledged", "sent")}
    expected = EVENTS_PER_ACT * size.acts * size.seconds
    found = [
        (verdict.events < expected, f"only {verdict.events} events, where {expected:.0f} were expected"),
        (verdict.deliveries < verdict.events, f"only {verdict.deliveries} deliveries of {verdict.events} events"),
        (verdict.tabs != size.tabs + BEHIND_THE_WALL, f"{verdict.tabs} tabs, not {size.tabs + BEHIND_THE_WALL}"),
        (verdict.due == 0, "nothing was due to anybody"),
        (verdict.covered > READ_SHARE * verdict.due, f"{verdict.covered} of {verdict.due} were read over HTTP and never given"),
        (verdict.overtaken > OVERTAKEN_SHARE * verdict.due, f"{verdict.overtaken} of {verdict.due} came behind a newer word"),
        *((count == 0, f"nothing was {name}") for name, count in sums.items()),
        *((not verdict.compared.get(view), f"of pages that show {view} nothing was compared") for view in sorted(shown)),
    ]
    return [sentence for wrong, sentence in found if wrong]


def unexpected(tallies: Iterable[Mapping[str, Any]], allowed: Collection[int] = NO_WORSE) -> list[str]:
    """Answers that no writer should get, counted."""
    refused: Counter[str] = Counter()
    for tally in tallies:
        refused.update(tally["refused"])
    return [f"{count} calls were answered {why}" for why, count in sorted(refused.items()) if int(why.split()[0]) not in allowed]


def not_once(wanted: Iterable[str], there: Mapping[str, int], what: str) -> list[str]:
    """Of what was acknowledged, what the database has not exactly once. `there`: how often it has each."""
    counts = Counter(min(there.get(id, 0), 2) for id in wanted)
    return [f"{counts[n]} acknowledged {what} are there {often}" for n, often in ((0, "not at all"), (2, "more than once")) if counts[n]]
