"""The schema: forward only, under a lock, each migration once and unchanged, the same on both engines."""

import asyncio
import re

import pytest

from server.store.database import Database, Transaction, Unavailable
from server.store.engines import open_database
from server.store.migrate import known, migrate
from tests.house.tree import ROOT

COLUMNS = {
    "sqlite": """select m.name as "table", c.name as "column" from pragma_table_list m, pragma_table_info(m.name) c
        where m.schema = 'main' and m.type = 'table' and m.name not like 'sqlite%'""",
    "postgresql": """select table_name as "table", column_name as "column" from information_schema.columns
        where table_schema = 'public'""",
}
INDEXES = {
    "sqlite": "select name from sqlite_schema where type = 'index' and sql is not null",
    "postgresql": """select indexname as name from pg_indexes where schemaname = 'public'
        and indexname not in (select conname from pg_constraint)""",
}


async def shape(db: Database) -> tuple[set[tuple[str, str]], set[str]]:
    async def read(tx: Transaction) -> tuple[set[tuple[str, str]], set[str]]:
        columns = {(row["table"], row["column"]) for row in await tx.all(COLUMNS[db.engine])}
        return columns, {row["name"] for row in await tx.all(INDEXES[db.engine])}

    return await db.read(read)


async def test_many_processes_that_migrate_at_once_apply_each_migration_once(empty_database_url: str) -> None:
    dbs = [await open_database(empty_database_url) for _ in range(4)]
    try:
        applied = await asyncio.gather(*(migrate(db) for db in dbs))
        assert sorted(applied, key=len)[:-1] == [[], [], []]
        assert [m.name for m in known(dbs[0].engine)] in applied
    finally:
        for db in dbs:
            await db.close()


async def test_data_of_a_newer_version_is_refused(db: Database) -> None:
    await db.write(lambda tx: tx.run("insert into migrations (number, name, checksum, at) values (9999, 'future', 'x', 0)"))
    with pytest.raises(Unavailable, match="9999"):
        await migrate(db)


async def test_a_migration_that_was_edited_is_refused(db: Database) -> None:
    await db.write(lambda tx: tx.run("update migrations set checksum = 'other'"))
    with pytest.raises(Unavailable, match="not the one"):
        await migrate(db)


async def test_an_epoch_is_made_once(db: Database) -> None:
    async def read(tx: Transaction) -> list[str]:
        return [row["value"] for row in await tx.all("select value from epoch")]

    before = await db.read(read)
    await migrate(db)
    assert len(before) == 1
    assert await db.read(read) == before


async def test_both_engines_have_the_tables_columns_and_indexes_that_the_files_say(db: Database) -> None:
    columns, indexes = await shape(db)
    sql = "\n".join(migration.sql for migration in known(db.engine))
    tables = dict[str, str]()
    for table, body, dropped in re.findall(
        r"create table (\w+) \((.*?)\n\)(?: without rowid)?;|^drop table (\w+)", sql, re.DOTALL | re.MULTILINE
    ):
        if dropped:
            tables.pop(dropped, None)
        else:
            tables[table] = body
    said = {
        (table, line.split()[0])
        for table, body in tables.items()
        for line in body.strip().splitlines()
        if line.split()[0] not in ("primary", "unique", "foreign", "check")
    }
    said |= set(re.findall(r"alter table (\w+)\s+add column (\w+)", sql))
    said -= set(re.findall(r"alter table (\w+)\s+drop column (\w+)", sql))
    migrations = {("migrations", column) for column in ("number", "name", "checksum", "at")}
    assert columns == said | migrations
    there = set[str]()
    for verb, name in re.findall(r"^(create|drop) (?:unique )?index (\w+)", sql, re.MULTILINE):
        there = there | {name} if verb == "create" else there - {name}
    assert indexes == there


def test_the_numbers_of_the_migrations_are_unique_and_have_no_gap() -> None:
    files = sorted((ROOT / "server/store/migrations").glob("*.sql"))
    numbers = [int(file.name[:4]) for file in files]
    assert sorted(set(numbers)) == list(range(1, len(set(numbers)) + 1))
    assert all(file.name.count(".") == 2 for file in files if numbers.count(int(file.name[:4])) > 1)
