"""SQLite's log is written back while others write, and begins anew, so that it does not grow for as long as somebody writes."""

import asyncio
from pathlib import Path

import pytest

from server.store import checkpoints
from server.store.database import Database, Transaction
from server.store.sqlite import SqliteDatabase

PAGE = 4_096


@pytest.fixture
def engine() -> str:
    return "sqlite"


async def write(db: Database, number: int) -> None:
    """Twenty rows, some seventy pages of the log."""

    async def rows(tx: Transaction) -> None:
        await tx.insert("things", [{"id": f"{number}-{place}", "words": "x" * 10_000} for place in range(20)])

    await db.write(rows)


async def test_the_log_does_not_grow_while_there_is_no_pause_in_writing(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(db, SqliteDatabase)
    monkeypatch.setattr(checkpoints, "CHANGES", 200)
    await db.write(lambda tx: tx.run("create table things (id text primary key, words text)"))
    for number in range(400):
        await write(db, number)
    pages = Path(f"{db.path}-wal").stat().st_size // PAGE
    assert pages < 10_000, "24,000 have been written since, and the writer itself would not have written any back before 32,000"
    row = await db.read(lambda tx: tx.one("select count(*) as n, sum(length(words)) as size from things"))
    assert row is not None
    assert (row["n"], row["size"]) == (8_000, 80_000_000)


async def test_what_was_written_is_there_when_the_database_is_closed_in_the_middle_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "CHANGES", 20)
    path = str(tmp_path / "things.db")
    first = await SqliteDatabase.open(path)
    await first.write(lambda tx: tx.run("create table things (id text primary key, words text)"))
    await asyncio.gather(*(write(first, number) for number in range(50)))
    await first.close()
    again = await SqliteDatabase.open(path)
    try:
        row = await again.read(lambda tx: tx.one("select count(*) as n from things"))
        assert row is not None
        assert row["n"] == 1_000
    finally:
        await again.close()
