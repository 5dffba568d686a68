"""Imports of contacts and of opt-outs: the file, how far it was read, what became of its lines, and those that were rejected."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from server.store.database import Row, Transaction, batch

FORGOTTEN_AT_ONCE = 2_000

State = Literal["checked", "running", "done", "failed"]
ImportKind = Literal["contacts", "opt_outs"]


@dataclass(frozen=True, slots=True)
class Counts:
    """Lines of a file by what became of them."""

    added: int = 0
    updated: int = 0
    skipped: int = 0
    rejected: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.added + other.added, self.updated + other.updated, self.skipped + other.skipped, self.rejected + other.rejected)


@dataclass(frozen=True, slots=True)
class ContactImport:
    """`plan` is JSON of what the columns mean. The first `done` of its `lines` were dealt with. A `checked` one is a dry run."""

    id: str
    account: str
    user: str
    state: State
    plan: str
    lines: int
    done: int
    counts: Counts
    kind: ImportKind


@dataclass(frozen=True, slots=True)
class Reject:
    """The line at `place`, counted from 0 below the headers. `cells` and `faults` are JSON."""

    place: int
    line: int
    cells: str
    faults: str


async def insert(tx: Transaction, made: ContactImport, content: bytes | None) -> None:
    c = made.counts
    await tx.run(
        """insert into contact_imports
               (id, account, user_id, state, content, plan, lines, done, added, updated, skipped, rejected, lease_until, created_at, kind)
           values (:id, :account, :user, :state, :content, :plan, :lines, :done, :added, :updated, :skipped, :rejected, 0, :now, :kind)""",
        id=made.id,
        account=made.account,
        user=made.user,
        state=made.state,
        content=content.decode("utf-8-sig").replace("\0", "") if content is not None else None,
        plan=made.plan,
        lines=made.lines,
        done=made.done,
        added=c.added,
        updated=c.updated,
        skipped=c.skipped,
        rejected=c.rejected,
        now=tx.now,
        kind=made.kind,
    )


async def get(tx: Transaction, account: str, id: str) -> ContactImport | None:
    row = await tx.one(f"select {_COLUMNS} from contact_imports where id = :id and account = :account", id=id, account=account)
    return _import_of(row) if row else None


async def any_to_take(tx: Transaction) -> bool:
    """Whether an import waits that nobody works at."""
    sql = "select 1 as waits from contact_imports where state = 'running' and lease_until <= :now limit 1"
    return await tx.one(sql, now=tx.now) is not None


async def take(tx: Transaction, holder: str, until: int) -> tuple[ContactImport, str] | None:
    """The next import that nobody works at, and its content; it is `holder`'s until `until` (µs)."""
    row = await tx.one(
        f"""update contact_imports set holder = :holder, lease_until = :until where state = 'running' and lease_until <= :now
            and id = (select id from contact_imports where state = 'running' and lease_until <= :now order by lease_until, id limit 1)
            returning {_COLUMNS}, content""",
        holder=holder,
        until=until,
        now=tx.now,
    )
    return (_import_of(row), row["content"]) if row else None


async def go_on(tx: Transaction, before: ContactImport, holder: str, counts: Counts, lines: int, until: int) -> bool:
    """`lines` more were dealt with. False where another holder took over: then nothing may be written."""
    return bool(
        await tx.run(
            """update contact_imports set done = done + :lines, added = added + :added, updated = updated + :updated,
               skipped = skipped + :skipped, rejected = rejected + :rejected, lease_until = :until
               where id = :id and holder = :holder and state = 'running' and done = :done""",
            id=before.id,
            holder=holder,
            done=before.done,
            lines=lines,
            added=counts.added,
            updated=counts.updated,
            skipped=counts.skipped,
            rejected=counts.rejected,
            until=until,
        )
    )


async def end(tx: Transaction, id: str, holder: str) -> None:
    """All of it is in."""
    await tx.run(f"{_ENDED} where id = :id and holder = :holder and state = 'running'", id=id, holder=holder, state="done")


async def fail(tx: Transaction, id: str, holder: str) -> None:
    """It will never be in, unless another holder took over."""
    await tx.run(f"{_ENDED} where id = :id and holder = :holder and state = 'running'", id=id, holder=holder, state="failed")


async def found(tx: Transaction, id: str, counts: Counts) -> bool:
    """What a dry run has foreseen by now. False where it was forgotten, since its person has begun another: then nothing may be written."""
    return bool(
        await tx.run(
            """update contact_imports set added = :added, updated = :updated, skipped = :skipped, rejected = :rejected
               where id = :id and state = 'checked'""",
            id=id,
            added=counts.added,
            updated=counts.updated,
            skipped=counts.skipped,
            rejected=counts.rejected,
        )
    )


async def reject(tx: Transaction, id: str, rejects: Sequence[Reject]) -> None:
    if not rejects:
        return
    await tx.run(
        """insert into contact_import_rejects (contact_import, place, line, cells, faults)
           select :id, cast(value ->> 'place' as bigint), cast(value ->> 'line' as bigint), value ->> 'cells', value ->> 'faults'
           from json_each(:batch) where true""",
        id=id,
        batch=batch({"place": r.place, "line": r.line, "cells": r.cells, "faults": r.faults} for r in rejects),
    )


async def rejects(tx: Transaction, id: str, after: int, limit: int) -> list[Reject]:
    """In the order of the file, from behind the place `after` on."""
    rows = await tx.all(
        "select * from contact_import_rejects where contact_import = :id and place > :after order by place limit :limit",
        id=id,
        after=after,
        limit=limit,
    )
    return [Reject(row["place"], row["line"], row["cells"], row["faults"]) for row in rows]


async def forget(tx: Transaction, account: str, user: str, before: int) -> bool:
    """The user's dry runs, and whatever the account has from before `before` (µs) but what still runs. True where there is more to
    forget: no more than FORGOTTEN_AT_ONCE rejects go at once."""
    which = """select id from contact_imports where account = :account and state <> 'running'
        and (created_at < :before or (state = 'checked' and user_id = :user))"""
    gone = await tx.run(
        f"""delete from contact_import_rejects where (contact_import, place) in
            (select contact_import, place from contact_import_rejects where contact_import in ({which}) limit :limit)""",
        account=account,
        user=user,
        before=before,
        limit=FORGOTTEN_AT_ONCE,
    )
    if gone == FORGOTTEN_AT_ONCE:
        return True
    await tx.run(f"delete from contact_imports where id in ({which})", account=account, user=user, before=before)
    return False


_ENDED = "update contact_imports set state = :state, content = null, holder = null"
_COLUMNS = "id, account, user_id, state, plan, lines, done, added, updated, skipped, rejected, kind"


def _import_of(row: Row) -> ContactImport:
    return ContactImport(
        id=row["id"],
        account=row["account"],
        user=row["user_id"],
        state=row["state"],
        plan=row["plan"],
        lines=row["lines"],
        done=row["done"],
        counts=Counts(row["added"], row["updated"], row["skipped"], row["rejected"]),
        kind=row["kind"],
    )
