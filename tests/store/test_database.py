"""`Database` promises the same on SQLite and on PostgreSQL."""

import asyncio
from pathlib import Path

import pytest

from server.store.database import Conflict, Database, Transaction, Unavailable, batch, stored_text
from server.store.engines import open_database


async def make(db: Database) -> None:
    await db.write(lambda tx: tx.run("create table things (id text primary key, n bigint)"))


async def ids(db: Database) -> list[str]:
    async def read(tx: Transaction) -> list[str]:
        return [row["id"] for row in await tx.all("select id from things order by id")]

    return await db.read(read)


async def things(db: Database) -> list[tuple[str, int | None]]:
    rows = await db.read(lambda tx: tx.all("select id, n from things order by id"))
    return [(row["id"], row["n"]) for row in rows]


async def test_a_write_is_there_when_it_returns_and_not_if_it_raises(db: Database) -> None:
    await make(db)

    async def spoilt(tx: Transaction) -> None:
        await tx.run("insert into things (id) values ('lost')")
        raise KeyError

    await db.write(lambda tx: tx.run("insert into things (id, n) values (:id, :n)", id="kept", n=1))
    with pytest.raises(KeyError):
        await db.write(spoilt)
    assert await ids(db) == ["kept"]


async def test_a_savepoint_undoes_its_part_and_the_rest_is_kept(db: Database) -> None:
    await make(db)

    async def spoilt(tx: Transaction) -> None:
        async with tx.savepoint():
            await tx.run("insert into things (id) values ('b')")
            await tx.run("insert into things (id) values ('a')")

    async def work(tx: Transaction) -> None:
        await tx.run("insert into things (id) values ('a')")
        with pytest.raises(Conflict):
            await spoilt(tx)
        await tx.run("insert into things (id) values ('c')")

    await db.write(work)
    assert await ids(db) == ["a", "c"]


async def test_a_taken_key_is_a_conflict_and_changes_nothing(db: Database) -> None:
    await make(db)
    await db.write(lambda tx: tx.run("insert into things (id) values ('a')"))
    with pytest.raises(Conflict):
        await db.write(lambda tx: tx.run("insert into things (id) values ('b'), ('a')"))
    assert await ids(db) == ["a"]


async def test_rows_that_are_inserted_are_all_there_and_a_taken_key_among_them_undoes_all(db: Database) -> None:
    await make(db)
    await db.write(lambda tx: tx.insert("things", [{"n": n, "id": id} for id, n in (("a", 1), ("b", None))]))
    await db.write(lambda tx: tx.insert("things", []))
    with pytest.raises(Conflict):
        await db.write(lambda tx: tx.insert("things", [{"n": 3, "id": id} for id in ("c", "a")]))
    assert await things(db) == [("a", 1), ("b", None)]


async def test_many_runs_the_statement_for_each_row(db: Database) -> None:
    await make(db)
    await db.write(lambda tx: tx.insert("things", [{"id": id, "n": 0} for id in "abc"]))
    rows = [{"n": n, "id": id, "more": "is not looked at"} for id, n in (("c", 1), ("a", None))]
    await db.write(lambda tx: tx.many("update things set n = :n where id = :id", rows))
    assert await things(db) == [("a", None), ("b", 0), ("c", 1)]


async def test_run_says_how_many_rows_it_wrote_and_one_gives_none_where_there_is_none(db: Database) -> None:
    await make(db)
    assert await db.write(lambda tx: tx.run("insert into things (id) values ('a'), ('b')")) == 2
    assert await db.write(lambda tx: tx.run("update things set n = 1")) == 2
    assert await db.write(lambda tx: tx.run("delete from things where id = 'x'")) == 0
    assert await db.read(lambda tx: tx.one("select id from things where id = :id", id="x")) is None


async def test_a_batch_brings_texts_numbers_and_nulls_as_they_were(db: Database) -> None:
    odd = ["", "a'b", 'say "hi"', "back\\slash", "new\nline", "🙂", "%s :name $1 {}", "\u2028\u202e"]
    rows = [{"text": text, "n": 2**53 + index, "none": None} for index, text in enumerate(odd)]

    async def read(tx: Transaction) -> list[tuple[str, int, object]]:
        found = await tx.all(
            """select value ->> 'text' as text, cast(value ->> 'n' as bigint) as n, value ->> 'none' as none
               from json_each(:batch) order by 2""",
            batch=batch(rows),
        )
        return [(row["text"], row["n"], row["none"]) for row in found]

    assert await db.read(read) == [(row["text"], row["n"], None) for row in rows]


async def test_the_same_parameter_may_stand_twice_and_casts_are_left_alone(db: Database) -> None:
    row = await db.read(lambda tx: tx.one("select cast(:n as bigint) + cast(:n as bigint) as sum, cast(:m as bigint) as m", n=2, m=7))
    assert row is not None
    assert (row["sum"], row["m"]) == (4, 7)


async def test_the_clock_is_the_databases_and_can_be_moved(db: Database) -> None:
    async def now(tx: Transaction) -> int:
        return tx.now

    before = await db.read(now)
    db.shift_us = 3_600_000_000
    assert 3_600_000_000 <= await db.write(now) - before < 3_660_000_000


async def test_writers_take_turns_and_lose_no_update(db: Database, database_url: str) -> None:
    await make(db)
    await db.write(lambda tx: tx.run("insert into things (id, n) values ('sum', 0)"))
    other = await open_database(database_url)

    async def add(tx: Transaction) -> None:
        row = await tx.one("select n from things where id = 'sum' for update")
        assert row is not None
        await tx.run("update things set n = :n where id = 'sum'", n=row["n"] + 1)

    try:
        await asyncio.gather(*(one.write(add) for one in (db, other) for _ in range(50)))
    finally:
        await other.close()
    row = await db.read(lambda tx: tx.one("select n from things"))
    assert row is not None
    assert row["n"] == 100


async def test_a_deadlock_is_tried_again(db: Database, database_url: str) -> None:
    await make(db)
    await db.write(lambda tx: tx.run("insert into things (id, n) values ('a', 0), ('b', 0)"))
    other = await open_database(database_url)

    async def both(tx: Transaction, first: str, second: str) -> None:
        for id in (first, second):
            await tx.run("update things set n = n + 1 where id = :id", id=id)

    try:
        for _ in range(5):
            await asyncio.gather(db.write(lambda tx: both(tx, "a", "b")), other.write(lambda tx: both(tx, "b", "a")))
    finally:
        await other.close()
    row = await db.read(lambda tx: tx.one("select sum(n) as n from things"))
    assert row is not None
    assert row["n"] == 20


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_transaction_on_sqlite_that_awaits_anything_else_is_an_error(db: Database) -> None:
    async def work(_: Transaction) -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="nothing but the database"):
        await db.write(work)
    await make(db)


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_what_was_committed_on_sqlite_is_synced(db: Database) -> None:
    for call in (db.read, db.write):
        mode = await call(lambda tx: tx.one("select synchronous, journal_mode from pragma_synchronous, pragma_journal_mode"))
        assert mode is not None
        assert (mode["synchronous"], mode["journal_mode"]) == (2, "wal")


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all/x.db", "postgresql://nobody@/nothing?host=/nowhere"])
async def test_a_database_that_cannot_be_opened_is_unavailable(url: str) -> None:
    with pytest.raises(Unavailable):
        await open_database(url)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_a_server_that_takes_no_writes_is_unavailable_to_whoever_writes_and_can_be_read(db: Database, database_url: str) -> None:
    """As a standby is after a failover, until it is promoted."""
    await make(db)
    read_only = "begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end"
    await db.write(lambda tx: tx.run(f"do $$ {read_only} $$"))
    other = await open_database(database_url)
    try:
        with pytest.raises(Unavailable, match="read-only"):
            await other.write(lambda tx: tx.run("insert into things (id) values ('a')"))
        assert await ids(other) == []
    finally:
        await other.close()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(Unavailable):
        await open_database(f"sqlite:///{path}")


def test_text_is_stored_without_nul_and_lone_surrogates() -> None:
    assert stored_text("a\x00b\ud800c🙂") == "ab\ufffdc🙂"
