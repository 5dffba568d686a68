"""Conversations and their participants: loaded under a lock, saved as whole rows, many at a time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter

from msgspec.structs import asdict

from server.domain.audience import Part, Participant
from server.domain.clocks import MINUTE_US
from server.domain.thread import Conversation, Thread
from server.domain.user import Role, User
from server.store.database import Row, Transaction, batch


@dataclass(frozen=True, slots=True)
class Loaded:
    """Threads by conversation id, and everybody who takes part in them by user id."""

    threads: dict[str, Thread]
    people: dict[str, User]


async def lock(tx: Transaction, ids: Iterable[str]) -> Loaded:
    """The threads with these ids, locked until the transaction ends, in the order of their ids. Unknown ids are left out."""
    wanted = batch({"id": id} for id in sorted(set(ids)))
    rows = await tx.all(
        """select * from conversations where id in (select value ->> 'id' from json_each(:ids)) order by id for update""",
        ids=wanted,
    )
    return await _with_participants(tx, rows, wanted)


async def read(tx: Transaction, ids: Iterable[str]) -> Loaded:
    """As `lock`, without locking."""
    wanted = batch({"id": id} for id in set(ids))
    rows = await tx.all("select * from conversations where id in (select value ->> 'id' from json_each(:ids))", ids=wanted)
    return await _with_participants(tx, rows, wanted)


async def by_phone(tx: Transaction, phones: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Conversation ids by (account, contact phone)."""
    rows = await tx.all(
        """select c.account, c.phone, c.id from json_each(:keys) k
           join conversations c on c.account = k.value ->> 'account' and c.phone = k.value ->> 'phone'""",
        keys=batch({"account": account, "phone": phone} for account, phone in set(phones)),
    )
    return {(row["account"], row["phone"]): row["id"] for row in rows}


async def save(tx: Transaction, changes: Sequence[tuple[Thread | None, Thread]]) -> None:
    """Writes threads as they are now; each comes with what was loaded, or None if it is new. Raises `Conflict` on a taken phone."""
    new: list[Mapping[str, object]] = []
    changed: defaultdict[tuple[str, ...], list[Mapping[str, object]]] = defaultdict(list)
    for before, now in changes:
        values = asdict(now.conversation)
        if before is None:
            new.append(values)
        elif names := tuple(name for name, old in asdict(before.conversation).items() if values[name] != old):
            changed[names].append(values)
    if new:
        await tx.insert("conversations", sorted(new, key=itemgetter("id")))
    for names, rows in changed.items():
        await tx.many(_update(names), rows)
    parts, gone = _participant_changes(changes)
    if gone:
        await tx.run(
            """delete from participants where (conversation, user_id) in
               (select value ->> 'conversation', value ->> 'user' from json_each(:batch))""",
            batch=batch(gone),
        )
    if parts:
        await tx.run(
            """insert into participants (conversation, user_id, part, muted_at, read_seq)
               select value ->> 'conversation', value ->> 'user', value ->> 'part',
                      cast(value ->> 'muted_at' as bigint), cast(value ->> 'read_seq' as bigint)
               from json_each(:batch) where true
               on conflict (conversation, user_id) do update
               set part = excluded.part, muted_at = excluded.muted_at, read_seq = excluded.read_seq""",
            batch=batch(parts),
        )


_OVERDUE = "c.clock_start <= :now and c.waiting_since is not null and c.public_since is null"
_AT_ONCE = "c.clock_start = c.waiting_since"
"""Of those whose deadline is no time at all: nobody has taken them over since."""


async def due(tx: Transaction, now: int, limit: int) -> list[str]:
    """Waiting, not public conversations of all accounts whose deadline has come, oldest clock first. See `domain.conversation`.

    Account by account: by their clocks alone, all that wait under a longer deadline, or under none, would be read at every look.
    """
    first = f"select c.clock_start from conversations c where c.account = a.id and {_OVERDUE}"
    accounts = await tx.all(
        f"""select id, minutes from (select a.id, a.public_minutes as minutes, case when a.public_minutes > 0
                then ({first} order by c.clock_start limit 1)
                else ({first} and {_AT_ONCE} order by c.clock_start limit 1) end as clock
                from accounts a where a.public_minutes is not null) as waiting
            where clock <= :now - minutes * {MINUTE_US} order by clock limit :limit""",
        now=now,
        limit=limit,
    )
    found = []
    for account in accounts:
        at_once = "" if account["minutes"] > 0 else f" and {_AT_ONCE}"
        found += await tx.all(
            f"""select c.id, c.clock_start from conversations c where c.account = :account and {_OVERDUE}{at_once}
                order by c.clock_start limit :limit""",
            account=account["id"],
            now=now - account["minutes"] * MINUTE_US,
            limit=limit,
        )
    return [row["id"] for row in sorted(found, key=itemgetter("clock_start"))[:limit]]


async def first_due(tx: Transaction) -> int | None:
    """The earliest deadline that runs in any account that has one, µs, or None."""
    row = await tx.one(
        f"""select min(clock + minutes * {MINUTE_US}) as at from (select a.public_minutes as minutes,
                (select c.clock_start from conversations c where c.account = a.id and c.clock_start is not null
                 and c.waiting_since is not null and c.public_since is null order by c.clock_start limit 1) as clock
            from accounts a where a.public_minutes > 0) as running"""
    )
    return row["at"] if row else None


async def of_disabled_owners(tx: Transaction, limit: int) -> list[str]:
    # `cross join` tells SQLite to begin with the few who are disabled: by itself it reads every conversation that somebody owns.
    rows = await tx.all(
        "select c.id from users u cross join conversations c where u.disabled_at is not null and c.owner = u.id limit :limit", limit=limit
    )
    return [row["id"] for row in rows]


async def snoozes_ended(tx: Transaction, now: int, limit: int) -> list[str]:
    rows = await tx.all(
        "select id from conversations where snoozed_until <= :now order by snoozed_until limit :limit", now=now, limit=limit
    )
    return [row["id"] for row in rows]


async def first_snooze(tx: Transaction) -> int | None:
    """When the next snooze ends, µs, or None."""
    row = await tx.one("select min(snoozed_until) as at from conversations where snoozed_until is not null")
    return row["at"] if row else None


async def longest_waiting(tx: Transaction, account: str, limit: int) -> list[str]:
    """Public conversations of an account, longest waiting first."""
    rows = await tx.all(
        """select id from conversations where account = :account and public_since is not null
           order by waiting_since, id limit :limit""",
        account=account,
        limit=limit,
    )
    return [row["id"] for row in rows]


async def owned_by(tx: Transaction, user: str, limit: int) -> list[str]:
    rows = await tx.all("select id from conversations where owner = :user limit :limit", user=user, limit=limit)
    return [row["id"] for row in rows]


async def of_contacts(tx: Transaction, ids: Iterable[str]) -> list[Conversation]:
    """Every conversation with these contacts, newest activity first."""
    rows = await tx.all(
        """select c.* from conversations c where c.contact in (select value ->> 'id' from json_each(:ids))
           order by c.active_at desc, c.id desc""",
        ids=batch({"id": id} for id in set(ids)),
    )
    return [conversation_of(row) for row in rows]


def conversation_of(row: Row) -> Conversation:
    return Conversation(
        id=row["id"],
        account=row["account"],
        contact=row["contact"],
        phone=row["phone"],
        seq=row["seq"],
        owner=row["owner"],
        did=row["did"],
        last_message=row["last_message"],
        waiting_since=row["waiting_since"],
        clock_start=row["clock_start"],
        public_since=row["public_since"],
        claimed_at=row["claimed_at"],
        claimed_by=row["claimed_by"],
        claimed_seq=row["claimed_seq"],
        closed_at=row["closed_at"],
        snoozed_until=row["snoozed_until"],
        anew_at=row["anew_at"],
        settled_seq=row["settled_seq"],
        introduced_at=row["introduced_at"],
        texted_at=row["texted_at"],
        active_at=row["active_at"],
    )


async def _with_participants(tx: Transaction, rows: Sequence[Row], ids: str) -> Loaded:
    parts: dict[str, dict[str, Participant]] = {row["id"]: {} for row in rows}
    people: dict[str, User] = {}
    found = await tx.all(
        """select p.conversation, p.user_id, p.part, p.muted_at, p.read_seq, u.account, u.name, u.role
           from json_each(:ids) k join participants p on p.conversation = k.value ->> 'id' join users u on u.id = p.user_id""",
        ids=ids,
    )
    for row in found:
        user = row["user_id"]
        if row["conversation"] in parts:
            parts[row["conversation"]][user] = Participant(user, Part(row["part"]), row["muted_at"], row["read_seq"])
        people[user] = User(user, row["account"], row["name"], Role(row["role"]))
    return Loaded({row["id"]: Thread(conversation_of(row), parts[row["id"]]) for row in rows}, people)


def _participant_changes(
    changes: Sequence[tuple[Thread | None, Thread]],
) -> tuple[list[Mapping[str, object]], list[Mapping[str, object]]]:
    parts: list[Mapping[str, object]] = []
    gone: list[Mapping[str, object]] = []
    for before, now in changes:
        old = before.participants if before is not None else {}
        if old is now.participants:
            continue
        id = now.conversation.id
        gone += [{"conversation": id, "user": user} for user in old.keys() - now.participants.keys()]
        parts += [
            {"conversation": id, "user": p.user, "part": p.part, "muted_at": p.muted_at, "read_seq": p.read_seq}
            for p in now.participants.values()
            if old.get(p.user) != p
        ]
    return parts, gone


@cache
def _update(names: tuple[str, ...]) -> str:
    """What did not change is not written: an index over it stays as it is. There are few ways in which a conversation changes."""
    return f"update conversations set {', '.join(f'{name} = :{name}' for name in names)} where id = :id"
