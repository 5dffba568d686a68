"""Leaving a trace of a change, in its own transaction: who did what to what, how it was before and how it is now."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from server.desk.work import Work
from server.domain.user import User
from server.ids import id_after
from server.store import audit
from server.store.audit import Entry

SECRET = frozenset({"credentials", "password", "secret", "token"})
"""Of these the trail says that they were changed, and nothing else."""
CHANGED = "changed"


class Target(NamedTuple):
    """`kind` is account, settings, user, token, carrier, did, live_filter, webhook or saved_reply; `name` what people call it now."""

    kind: str
    id: str
    name: str


Side = Mapping[str, Any] | None


async def trace(work: Work, by: User, deed: str, target: Target, before: Side = None, after: Side = None) -> None:
    """`deed` is a past participle: `trace(…, "changed", did, …)` is `did.changed`. Where both sides are given only what differs is kept,
    and nothing at all when nothing does.

    Comes after what the transaction locked: an entry stands behind those of whoever held the same before, though that one began later.
    """
    if before is not None and after is not None:
        differing = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        if not differing:
            return
        before, after = ({key: side[key] for key in sorted(differing & side.keys())} for side in (before, after))
    await _add(work, by.account, by.id, deed, target, before, after)


async def trace_own(work: Work, account: str, deed: str, target: Target, before: Side = None, after: Side = None) -> None:
    """As `trace`, of what Partyline did by itself."""
    await _add(work, account, None, deed, target, before, after)


async def _add(work: Work, account: str, user: str | None, deed: str, target: Target, before: Side, after: Side) -> None:
    entry = Entry(
        id=id_after(await audit.newest(work.tx, account), work.now),
        account=account,
        at=work.now,
        user=user,
        what=f"{target.kind}.{deed}",
        target_kind=target.kind,
        target_id=target.id,
        target_name=target.name,
        before=_harmless(before),
        after=_harmless(after),
    )
    await audit.add(work.tx, entry)


def _harmless(side: Side) -> dict[str, Any] | None:
    if side is None:
        return None
    built = {key: CHANGED if key in SECRET else value for key, value in side.items() if key not in SECRET or value is not None}
    harmless: dict[str, Any] = msgspec.to_builtins(built)
    return harmless
