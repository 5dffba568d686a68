"""Counters of failed sign-ins, by name and by address. Kept in the database, so a restart forgives nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from server.store.database import Transaction, batch

AT_ONCE = 100
"""Counters that are forgotten at once: by whoever fails next, in whose transaction it is done."""


@dataclass(frozen=True, slots=True)
class Limit:
    """More than `allowed` failures block for `pause_us`, doubled by each further one up to `longest_us`.

    A counter is forgotten `window_us` after its first failure, where `renewed` after its last, and in any case not
    before `window_us` have passed since a block ended.
    """

    allowed: int
    window_us: int
    pause_us: int
    longest_us: int
    renewed: bool

    def pause_after(self, failures: int) -> int:
        """µs; 0 where it is still allowed."""
        beyond = failures - self.allowed
        return 0 if beyond <= 0 else min(self.longest_us, self.pause_us << min(beyond - 1, 40))


async def blocked_for(tx: Transaction, who: Iterable[str]) -> int:
    """How long, in µs, the longest block among these lasts; 0 when none is blocked."""
    row = await tx.one(
        """select max(blocked_until) as until from failed_logins
           where who in (select value ->> 'who' from json_each(:who))""",
        who=batch({"who": name} for name in who),
    )
    return 0 if row is None or row["until"] is None else max(0, row["until"] - tx.now)


async def count(tx: Transaction, who: str, limit: Limit) -> int:
    """Counts one failure, and blocks if it was one too many; the failures so far. Whoever counts second waits for the first."""
    row = await tx.one(
        """insert into failed_logins (who, failures, first_at, blocked_until) values (:who, 1, :now, 0)
           on conflict (who) do update set
               failures = case when failed_logins.first_at <= :start and failed_logins.blocked_until <= :start
                   then 1 else failed_logins.failures + 1 end,
               first_at = case when failed_logins.first_at <= :start and failed_logins.blocked_until <= :start
                   then :now else failed_logins.first_at end
           returning failures""",
        who=who,
        now=tx.now,
        start=tx.now - limit.window_us,
    )
    assert row is not None
    failures: int = row["failures"]
    pause = limit.pause_after(failures)
    if pause:
        await tx.run("update failed_logins set blocked_until = :until where who = :who", until=tx.now + pause, who=who)
    if limit.renewed:
        await tx.run("update failed_logins set first_at = :now where who = :who", now=tx.now, who=who)
    return failures


async def forgive(tx: Transaction, who: str) -> None:
    await tx.run("delete from failed_logins where who = :who", who=who)


async def prune(tx: Transaction, before: int) -> None:
    """Forgets counters that neither counted nor blocked since `before`, in µs UTC; the oldest of them, where a flood left many."""
    await tx.run(
        """delete from failed_logins where who in (select who from failed_logins
               where first_at < :before and blocked_until < :before order by first_at limit :most)""",
        before=before,
        most=AT_ONCE,
    )
