"""Counters of failures: exact under parallel tries, doubling, forgotten in time."""

import asyncio

from server.store import failed_logins
from server.store.database import Database
from server.store.engines import open_database
from server.store.failed_logins import Limit

MINUTE = 60_000_000
LIMIT = Limit(allowed=2, window_us=60 * MINUTE, pause_us=10 * MINUTE, longest_us=35 * MINUTE, renewed=True)


async def fail(db: Database, limit: Limit = LIMIT) -> int:
    return await db.write(lambda tx: failed_logins.count(tx, "ana", limit))


async def blocked(db: Database) -> float:
    return round(await db.read(lambda tx: failed_logins.blocked_for(tx, ["ana", "nobody"])) / MINUTE)


async def test_one_too_many_blocks_and_each_further_one_twice_as_long_up_to_the_longest(db: Database) -> None:
    pauses = []
    for _ in range(6):
        await fail(db)
        pauses.append(await blocked(db))
    assert pauses == [0, 0, 10, 20, 35, 35]


async def test_parallel_failures_are_all_counted(db: Database, database_url: str) -> None:
    second = await open_database(database_url)
    counts = await asyncio.gather(*(fail(each) for each in (db, second) * 20))
    await second.close()
    assert sorted(counts) == list(range(1, 41))


async def test_a_counter_is_forgotten_a_window_after_its_last_failure_or_block(db: Database) -> None:
    await fail(db)
    db.shift_us += 59 * MINUTE
    assert await fail(db) == 2
    db.shift_us += 59 * MINUTE
    assert await fail(db) == 3
    db.shift_us += 69 * MINUTE
    assert await fail(db) == 4, "the block ended less than a window ago"
    db.shift_us += 81 * MINUTE
    assert await fail(db) == 1


async def test_where_it_is_not_renewed_the_window_runs_from_the_first_failure(db: Database) -> None:
    limit = Limit(allowed=5, window_us=60 * MINUTE, pause_us=MINUTE, longest_us=MINUTE, renewed=False)
    for seconds, count in ((0, 1), (40, 2), (21, 1)):
        db.shift_us += seconds * MINUTE
        assert await fail(db, limit) == count


async def test_a_restart_forgives_nothing(db: Database, database_url: str) -> None:
    for _ in range(3):
        await fail(db)
    again = await open_database(database_url)
    assert await blocked(again) == 10
    await again.close()
    await db.write(lambda tx: failed_logins.forgive(tx, "ana"))
    assert await blocked(db) == 0


async def test_old_counters_are_pruned_and_new_ones_kept(db: Database) -> None:
    await fail(db)
    await db.write(lambda tx: failed_logins.prune(tx, tx.now - MINUTE))
    assert await fail(db) == 2
    db.shift_us += 3_600 * MINUTE
    await db.write(lambda tx: failed_logins.prune(tx, tx.now - MINUTE))
    assert await fail(db) == 1


async def test_old_counters_are_forgotten_a_hundred_at_a_time_the_oldest_first_and_blocks_never(db: Database) -> None:
    def row(who: str, first: int, until: int = 0) -> dict[str, object]:
        return {"who": who, "failures": 1, "first_at": first, "blocked_until": until}

    many = [row(f"old {number:03}", number) for number in range(250)]
    await db.write(lambda tx: tx.insert("failed_logins", [*many, row("blocked", 1, 2_000), row("young", 1_000)]))
    left = []
    for _ in range(4):
        await db.write(lambda tx: failed_logins.prune(tx, 500))
        found = await db.read(lambda tx: tx.all("select who from failed_logins order by first_at, who"))
        left.append([each["who"] for each in found])
    assert [len(names) for names in left] == [152, 52, 2, 2]
    assert "old 100" in left[0]
    assert "old 099" not in left[0]
    assert left[-1] == ["blocked", "young"]
