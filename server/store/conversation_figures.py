"""What counts in the reports, and its figures as triggers keep them: `conversation_totals`, of each conversation over all time, and
`conversation_days`, of each day (UTC) of a conversation and a DID.

What counts are texts, answered waits and going public, each at its own instant and over its own DID. Whole days are read as they are
kept; of a time that begins or ends within a day, the rest is counted one by one.
"""

from collections.abc import Iterable
from typing import Any

from server.domain.report import Asked
from server.store.database import batch
from server.store.words import FIRST

DAY_US = 86_400_000_000
AT = "coalesce(m.send_at, m.created_at)"
TEXT = "m.kind = 'message' and m.state not in ('scheduled', 'cancelled')"
"""What counts as a text: neither a note, nor what has not left yet, nor what never will."""
AMONG = "{}.conversation in (select value ->> 'id' from json_each(:ids))"

_NAMES = ("texts_in", "texts_out", "answered", "went_public")
_ONE_BY_ONE = (
    (
        "messages m",
        AT,
        TEXT,
        ("case m.direction when 'inbound' then 1 else 0 end", "case m.direction when 'outbound' then 1 else 0 end", "0", "0"),
    ),
    ("waits m", "m.ended_at", "m.how = 'answered'", ("0", "0", "1", "0")),
    ("waits m", "m.public_at", "m.public_at is not null", ("0", "0", "0", "1")),
)
"""Where each of the figures comes from: rows, instant, condition, and what one row adds to each."""
_Time = tuple[int | None, int | None]
"""From, and to before; None is for ever."""


def bounds(asked: Asked) -> dict[str, Any]:
    named = {"since": asked.since, "until": asked.until, "did": asked.did}
    return {name: value for name, value in named.items() if value is not None}


def within(asked: Asked, at: str, did: str | None) -> str:
    """More conditions: that the instant `at` lies in the time asked for, and `did`, unless None, is the DID asked for."""
    parts = []
    if asked.since is not None:
        parts.append(f" and {at} >= :since")
    if asked.until is not None:
        parts.append(f" and {at} < :until")
    if asked.did is not None and did is not None:
        parts.append(f" and {did} = :did")
    return "".join(parts)


def answered_within(asked: Asked) -> str:
    return f"w.how = 'answered'{within(asked, 'w.ended_at', 'w.did')}"


def public_within(asked: Asked) -> str:
    return f"w.public_at is not null{within(asked, 'w.public_at', 'w.did')}"


class Figures:
    """What counts of what is asked for, as a query for each conversation's `texts_in`, `texts_out`, `answered` and `went_public`; those of
    which nothing counts are left out, and all but those with the `ids`, unless None. `which` is a query for the conversations alone."""

    def __init__(self, asked: Asked, ids: Iterable[str] | None = None) -> None:
        self._asked = asked
        self._few = ids is not None
        self.parameters: dict[str, Any] = {"account": asked.account, **bounds(asked)}
        if ids is not None:
            self.parameters["ids"] = batch({"id": id} for id in ids)
        days, rests = _parted(asked.since, asked.until)
        parts = [] if days is None else [self._kept(days)]
        for number, rest in enumerate(rests):
            parts += self._one_by_one(number, rest)
        sums = [f"cast(sum({name}) as bigint) as {name}" for name in _NAMES]
        rows = f"({' union all '.join(parts)}) each_one"
        self.sql = f"select conversation, {', '.join(sums)} from {rows} group by conversation"
        self.which = f"select distinct conversation from {rows}"

    def _kept(self, days: _Time) -> str:
        # A conversation and a DID say whose they are, and each has its index: the engine is shown that of the fewest rows alone.
        where = self._between("days.day", days, "day")
        if self._few:
            where.append(AMONG.format("days"))
        if self._asked.did is not None:
            where.append("days.did || '' = :did" if self._few else "days.did = :did")
        elif not self._few:
            where.append("days.account = :account")
        return f"select {_columns('days')} from conversation_days days where {' and '.join(where)}"

    def _one_by_one(self, number: int, time: _Time) -> list[str]:
        """Found by when it was, whatever conversation it is of: an index by conversation would read all that one ever had."""
        selects = []
        among = f"where {AMONG.format('one')}" if self._few else ""
        for rows, at, counts, adds in _ONE_BY_ONE:
            where = ["m.account = :account", counts, *self._between(at, time, f"part_{number}")]
            if self._asked.did is not None:
                where.append("m.did = :did")
            figures = ", ".join(f"{add} as {name}" for name, add in zip(_NAMES, adds, strict=True))
            source = f"(select m.conversation, {figures} from {rows} where {' and '.join(where)} {FIRST}) one"
            selects.append(f"select {_columns('one')} from {source} {among}")
        return selects

    def _between(self, value: str, time: _Time, name: str) -> list[str]:
        where = []
        for word, instant, compare in (("from", time[0], ">="), ("to", time[1], "<")):
            if instant is not None:
                where.append(f"{value} {compare} :{name}_{word}")
                self.parameters[f"{name}_{word}"] = instant
        return where


def _columns(rows: str) -> str:
    return ", ".join(f"{rows}.{name}" for name in ("conversation", *_NAMES))


def _parted(since: int | None, until: int | None) -> tuple[_Time | None, list[_Time]]:
    """The whole days of a time (µs), or None where it has none; and what it has beside them."""
    first = None if since is None else -(-since // DAY_US)
    behind = None if until is None else until // DAY_US
    if first is not None and behind is not None and behind <= first:
        return None, [(since, until)]
    rests: list[_Time] = []
    if since is not None and first is not None and since < first * DAY_US:
        rests.append((since, first * DAY_US))
    if until is not None and behind is not None and behind * DAY_US < until:
        rests.append((behind * DAY_US, until))
    return (first, behind), rests
