"""Numbered SQL files, forward only, applied under a lock, each in its transaction and remembered with its checksum."""

import hashlib
import secrets
from dataclasses import dataclass
from importlib.resources import files

from server.store.database import Database, Transaction, Unavailable

_LOCK = {"sqlite": "select 1 as held", "postgresql": "select pg_advisory_xact_lock(7236) as held"}
_THERE = {
    "sqlite": "select name from sqlite_schema where name = 'accounts'",
    "postgresql": "select to_regclass('accounts')::text as name",
}
_TABLE = "create table if not exists migrations (number bigint primary key, name text not null, checksum text not null, at bigint not null)"


@dataclass(frozen=True, slots=True)
class Migration:
    """`0001_spine.sql` is for both engines, `0002_search.sqlite.sql` for one."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def known(engine: str) -> list[Migration]:
    """The migrations that ship with this code for `engine`, in order."""
    found = []
    for file in files("server.store").joinpath("migrations").iterdir():
        parts = file.name.split(".")
        if parts[-1] == "sql" and (len(parts) == 2 or parts[1] == engine):
            found.append(Migration(int(parts[0][:4]), parts[0][5:], file.read_text("utf-8")))
    return sorted(found, key=lambda m: m.number)


async def hold(tx: Transaction, engine: str) -> None:
    """Nobody else migrates until this transaction ends."""
    await tx.lasting(_LOCK[engine])


async def first_pending(db: Database) -> int | None:
    """The number of the first migration that data is still to get; None where there is no data, or it has them all."""

    async def read(tx: Transaction) -> int | None:
        table = await tx.one(_THERE[db.engine])
        if table is None or table["name"] is None or await tx.one("select 1 as one from accounts limit 1") is None:
            return None
        done = {row["number"] for row in await tx.all("select number from migrations")}
        return min((m.number for m in known(db.engine) if m.number not in done), default=None)

    return await db.read(read)


async def migrate(db: Database) -> list[str]:
    """Brings the schema up to this code's; returns the names applied. Raises `Unavailable` when the data is newer or was edited."""
    mine = known(db.engine)

    async def apply(tx: Transaction) -> list[str]:
        await hold(tx, db.engine)
        await tx.run(_TABLE)
        done = {row["number"]: row for row in await tx.all("select number, name, checksum from migrations")}
        for number, row in done.items():
            match = next((m for m in mine if m.number == number), None)
            if match is None:
                raise Unavailable(f"The data has migration {number} ({row['name']}), which this version does not know.")
            if match.checksum != row["checksum"]:
                raise Unavailable(f"Migration {number} ({match.name}) is not the one that was applied.")
        applied = []
        for migration in mine:
            if migration.number in done:
                continue
            for statement in migration.sql.split(";\n"):
                if statement.strip():
                    await tx.lasting(statement)
            await tx.run(
                "insert into migrations (number, name, checksum, at) values (:number, :name, :checksum, :at)",
                number=migration.number,
                name=migration.name,
                checksum=migration.checksum,
                at=tx.now,
            )
            applied.append(migration.name)
        if await tx.one("select value from epoch") is None:
            await tx.run("insert into epoch (value) values (:value)", value=secrets.token_hex(8))
        return applied

    return await db.write(apply)
