"""Waits and claims, as the reports count them: written in the transaction of what starts and ends them."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass

from server.domain.wait import Wait
from server.store.database import Transaction, batch


@dataclass(frozen=True, slots=True)
class Claim:
    """`user` became owner of a public conversation with the event `seq`, at `at` (µs); `did` is the conversation's then."""

    conversation: str
    seq: int
    account: str
    user: str
    did: str | None
    at: int


async def save(tx: Transaction, waits: Collection[Wait]) -> None:
    """A wait that went public stays one that did; one that comes back keeps its DID."""
    if back := [wait for wait in waits if wait.restored]:
        await tx.run(
            """delete from waits where (conversation, since) in (select w.conversation, w.since from json_each(:batch) b cross join waits w
               where w.conversation = b.value ->> 'conversation' and w.since > cast(b.value ->> 'since' as bigint))""",
            batch=batch(back),
        )
    if opened := [wait for wait in waits if wait.opened]:
        await tx.run(
            """insert into waits (conversation, since, account, did, public_at, ended_at, ended_by, how)
                select b.value ->> 'conversation', cast(b.value ->> 'since' as bigint), b.value ->> 'account', b.value ->> 'did',
                       cast(b.value ->> 'public_at' as bigint), cast(b.value ->> 'ended_at' as bigint), b.value ->> 'ended_by',
                       b.value ->> 'how'
                from json_each(:batch) b where true
                on conflict (conversation, since) do update set public_at = coalesce(waits.public_at, excluded.public_at),
                    ended_at = excluded.ended_at, ended_by = excluded.ended_by, how = excluded.how""",
            batch=batch(opened),
        )
    if others := [wait for wait in waits if not wait.opened]:
        await tx.run(
            """update waits set public_at = coalesce(waits.public_at, cast(b.value ->> 'public_at' as bigint)),
                    ended_at = cast(b.value ->> 'ended_at' as bigint), ended_by = b.value ->> 'ended_by', how = b.value ->> 'how'
                from json_each(:batch) b
                where waits.conversation = b.value ->> 'conversation' and waits.since = cast(b.value ->> 'since' as bigint)""",
            batch=batch(others),
        )


async def save_claims(tx: Transaction, claims: Iterable[Claim]) -> None:
    if rows := [asdict(claim) for claim in claims]:
        await tx.run(
            """insert into claims (conversation, seq, account, user_id, did, at)
               select value ->> 'conversation', cast(value ->> 'seq' as bigint), value ->> 'account', value ->> 'user', value ->> 'did',
                      cast(value ->> 'at' as bigint)
               from json_each(:batch) where true""",
            batch=batch(rows),
        )
