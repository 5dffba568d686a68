"""What is due: each account by its own deadline, the oldest clock of all first, and nothing read that only waits."""

import re
from typing import Any

from server.domain.clocks import MINUTE_US
from server.store import conversations
from server.store.database import Database, Transaction

NOW = 1_000_000 * MINUTE_US
ACCOUNTS = {"soon": 1, "late": 60, "never": None, "at-once": 0}


async def account(tx: Transaction, name: str, minutes: int | None, clocks: dict[str, tuple[int, int]]) -> None:
    """`clocks`: the minutes for which each conversation has waited, and for which its clock has run."""
    row = {"id": name, "name": name, "public_minutes": minutes, "opt_out_text": "", "position": 0, "created_at": 0}
    await tx.insert("accounts", [row])
    contact = {"id": f"{name}'s", "account": name, "name": "Dana", "tags": "[]", "fields": "{}", "created_at": 0, "updated_at": 0}
    await tx.insert("contacts", [contact])
    rows: list[dict[str, Any]] = [
        {
            "id": f"{name} {id}",
            "account": name,
            "contact": f"{name}'s",
            "phone": id,
            "seq": 1,
            "waiting_since": NOW - int(waited * MINUTE_US),
            "clock_start": NOW - int(ran * MINUTE_US),
            "claimed_seq": 0,
            "settled_seq": 0,
            "active_at": NOW,
        }
        for id, (waited, ran) in clocks.items()
    ]
    await tx.insert("conversations", rows)


async def everybody(tx: Transaction) -> None:
    same = {"a": (2, 2), "b": (59, 59), "c": (61, 61), "new": (0, 0)}
    for name, minutes in ACCOUNTS.items():
        await account(tx, name, minutes, same if minutes != 0 else {"a": (3, 3), "claimed": (90, 5)})


async def looked(db: Database, most: int) -> list[str]:
    return await db.read(lambda tx: conversations.due(tx, NOW, most))


async def test_each_account_has_its_deadline_and_the_oldest_clock_comes_first(db: Database) -> None:
    await db.write(everybody)
    found = await looked(db, 100)
    assert set(found[:2]) == {"soon c", "late c"}
    assert found[2:] == ["soon b", "at-once a", "soon a"]
    for most in range(5):
        assert len(await looked(db, most)) == most
    assert (await looked(db, 3))[2] == "soon b"


async def test_a_hundred_that_are_due_in_one_account_do_not_hide_an_older_clock_of_another(db: Database) -> None:
    async def two(tx: Transaction) -> None:
        await account(tx, "many", 1, {str(number): (5, 5) for number in range(100)})
        await account(tx, "one", 1, {"older": (6, 6), "newer": (4, 4)})

    await db.write(two)
    found = await looked(db, 10)
    assert found[0] == "one older"
    assert len(found) == 10
    assert "one newer" not in found
    assert len(await looked(db, 200)) == 102


async def test_a_look_goes_by_each_accounts_own_clocks(db: Database) -> None:
    """By an index of clocks alone, it would read all that wait where the deadline is long, or where there is none; and where it is no
    time at all, whatever somebody has taken over and still waits."""
    steps: list[str] = []

    class Planned:
        engine = db.engine

        def __init__(self, tx: Transaction) -> None:
            self._tx = tx

        async def all(self, sql: str, **parameters: Any) -> list[Any]:
            word, column = ("explain query plan", "detail") if db.engine == "sqlite" else ("explain", "QUERY PLAN")
            steps.extend(row[column] for row in await self._tx.all(f"{word} {sql}", **parameters))
            return await self._tx.all(sql, **parameters)

    async def look(tx: Transaction) -> list[str]:
        if tx.engine == "postgresql":
            for way in ("seqscan", "bitmapscan"):  # the tables are small, and not dear to read
                await tx.run(f"set local enable_{way} = off")
        return await conversations.due(Planned(tx), NOW, 10)  # type: ignore[arg-type]

    await db.write(everybody)
    assert await db.read(look)
    if db.engine == "sqlite":
        looked = [step for step in steps if re.search(r"\bconversations_due\b", step)]
        assert len(looked) >= 2
        assert all("(account=? AND clock_start<?)" in step for step in looked), looked
        assert len([step for step in steps if "conversations_due_at_once (account=? AND clock_start" in step]) >= 2, steps
    else:
        conditions = [step for step in steps if "Index Cond" in step]
        assert len(conditions) >= 2
        assert all("account" in step and "clock_start" in step for step in conditions), conditions
