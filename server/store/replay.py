"""Reading events back, for tabs: what came after a position or a seq, in order, with the head of the same snapshot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import nlargest

import msgspec

from server.store.database import Row, Transaction, batch


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event as it was written. `body` is its JSON on the wire; `audience` the users it concerns, decided then."""

    account: str
    position: int
    conversation: str | None
    seq: int | None
    reach: str
    pool: bool
    audience: tuple[str, ...]
    body: str


async def head(tx: Transaction, account: str) -> int:
    """The account's last position. Raises LookupError."""
    row = await tx.one("select position from accounts where id = :account", account=account)
    if row is None:
        raise LookupError(f"There is no account {account}.")
    return int(row["position"])


async def epoch(tx: Transaction) -> str:
    """Changes when a backup is restored: positions of another epoch mean nothing."""
    row = await tx.one("select value from epoch")
    assert row is not None, "the migrations set the epoch"
    return str(row["value"])


async def heads(tx: Transaction, accounts: Iterable[str]) -> dict[str, int]:
    """The same of many accounts; those that are not there are left out."""
    rows = await tx.all(
        "select id, position from accounts where id in (select value ->> 'id' from json_each(:ids))",
        ids=batch({"id": id} for id in accounts),
    )
    return {row["id"]: row["position"] for row in rows}


async def kept(tx: Transaction, account: str, positions: Iterable[int]) -> set[int]:
    """Of these positions, those whose event is still there."""
    rows = await tx.all(
        """select e.position from json_each(:positions) p cross join events e
           where e.account = :account and e.position = cast(p.value ->> 'at' as bigint)""",
        account=account,
        positions=batch({"at": position} for position in positions),
    )
    return {row["position"] for row in rows}


async def after(tx: Transaction, floors: Mapping[str, int], limit: int) -> list[Recorded]:
    """Events after a position of each account, in order of account and position; one reading for all of them."""
    rows = await tx.all(
        f"""select {_COLUMNS} from json_each(:floors) f cross join events e
            where e.account = (f.value ->> 'account') and e.position > cast(f.value ->> 'floor' as bigint)
            order by e.account, e.position limit :limit""",
        floors=batch({"account": account, "floor": floor} for account, floor in floors.items()),
        limit=limit,
    )
    return [_recorded(row) for row in rows]


async def since(tx: Transaction, account: str, position: int, limit: int) -> list[Recorded]:
    """All events of the account after `position`, in order."""
    rows = await tx.all(
        f"select {_COLUMNS} from events e where e.account = :account and e.position > :after order by e.position limit :limit",
        account=account,
        after=position,
        limit=limit,
    )
    return [_recorded(row) for row in rows]


async def since_for(tx: Transaction, account: str, user: str, *, manager: bool, position: int, limit: int) -> list[Recorded]:
    """Events after `position` that concern this user without any watch, in order. Ids are fixed in length, so one holds no other."""
    rows = await tx.all(
        f"""select {_COLUMNS} from events e where e.account = :account and e.position > :after
            and (e.reach = 'account' or (e.reach = 'managers' and :manager = 1) or e.audience like :user)
            order by e.position limit :limit""",
        account=account,
        after=position,
        manager=int(manager),
        user=f'%"{user}"%',
        limit=limit,
    )
    return [_recorded(row) for row in rows]


async def conversation_seqs(tx: Transaction, asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The last seq of each conversation, by account and id. Those that are not there or another account's are left out."""
    rows = await tx.all(
        """select c.account, c.id, c.seq from json_each(:asked) a cross join conversations c
           where c.id = (a.value ->> 'id') and c.account = (a.value ->> 'account')""",
        asked=batch({"account": account, "id": id} for account, id in asked),
    )
    return {(row["account"], row["id"]): row["seq"] for row in rows}


async def conversation_since(tx: Transaction, conversation: str, seq: int, limit: int) -> list[Recorded]:
    """The conversation's events after `seq`, in order. Whose it is must have been checked."""
    rows = await tx.all(
        f"select {_COLUMNS} from events e where e.conversation = :conversation and e.seq > :after order by e.seq limit :limit",
        conversation=conversation,
        after=seq,
        limit=limit,
    )
    return [_recorded(row) for row in rows]


async def participations(tx: Transaction, users: Iterable[str], limit: int) -> dict[str, dict[str, int]]:
    """By user, the conversations that he or she takes part in, newest activity first, each with its last seq; so many of each.

    Only those of the newest weeks that hold so many are looked at.
    """
    wanted = set(users)
    # PostgreSQL takes a list for a hundred people, and would read all conversations for them: it is told how many they are.
    parts = await tx.all(
        """select p.user_id, p.conversation
           from (select u.value ->> 'id' as id, coalesce((select o.active_week from participants o where o.user_id = (u.value ->> 'id')
                     order by o.active_week desc limit 1 offset :others), 0) as week
                 from json_each(:users) u limit :many) w
           cross join participants p where p.user_id = w.id and p.active_week >= w.week""",
        users=batch({"id": user} for user in wanted),
        many=len(wanted),
        others=limit - 1,
    )
    rows = await tx.all(
        """select c.id, c.active_at, c.seq from json_each(:ids) k cross join conversations c where c.id = k.value ->> 'id'""",
        ids=batch({"id": id} for id in {row["conversation"] for row in parts}),
    )
    talks = {row["id"]: (row["active_at"], row["id"], row["seq"]) for row in rows}
    of_each: dict[str, list[tuple[int, str, int]]] = {user: [] for user in wanted}
    for row in parts:
        of_each[row["user_id"]].append(talks[row["conversation"]])
    return {user: {id: seq for _, id, seq in nlargest(limit, some)} for user, some in of_each.items()}


_COLUMNS = "e.account, e.position, e.conversation, e.seq, e.reach, e.pool, e.audience, e.body"

_users = msgspec.json.Decoder(tuple[str, ...]).decode


def _recorded(row: Row) -> Recorded:
    return Recorded(
        row["account"],
        row["position"],
        row["conversation"],
        row["seq"],
        row["reach"],
        bool(row["pool"]),
        _users(row["audience"]),
        row["body"],
    )
