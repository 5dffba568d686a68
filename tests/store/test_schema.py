"""The files that say what all migrations together make: each is what its engine has, and makes the same when it is run."""

import difflib
import sqlite3

import asyncpg

from tests.store.schema import COMMAND, file_of, schema_of


async def test_the_file_of_each_engine_is_what_the_migrations_make(engine: str, database_url: str) -> None:
    file = file_of(engine)
    written = file.read_text("utf-8") if file.exists() else ""
    made = await schema_of(database_url)
    differ = "\n".join(difflib.unified_diff(written.splitlines(), made.splitlines(), file.name, "the migrations", n=0, lineterm=""))
    assert not differ, f"`{COMMAND}` writes both files anew.\n{differ}"


async def test_the_file_of_each_engine_makes_the_schema_that_it_tells(engine: str, empty_database_url: str) -> None:
    written = file_of(engine).read_text("utf-8")
    if engine == "sqlite":
        made = sqlite3.connect(empty_database_url.removeprefix("sqlite:///"))
        made.executescript(written)
        made.close()
    else:
        connection = await asyncpg.connect(empty_database_url)
        await connection.execute(written)
        await connection.close()
    assert await schema_of(empty_database_url) == written
