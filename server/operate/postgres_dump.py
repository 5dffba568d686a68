"""A PostgreSQL database as SQL text, by PostgreSQL's own programs: `pg_dump` writes it and `psql` reads it."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from server.operate.archive import OperatorError

DEBIAN = Path("/usr/lib/postgresql")

EMPTY = """set lock_timeout = '10s';
do $$ declare each record; begin
    for each in select c.oid::regclass::text as name from pg_class c
        where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and not exists (
            select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e') loop
        execute 'drop table if exists ' || each.name || ' cascade';
    end loop;
    for each in select p.oid::regprocedure::text as name from pg_proc p where p.pronamespace = 'public'::regnamespace
        and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e') loop
        execute 'drop routine if exists ' || each.name || ' cascade';
    end loop;
end $$;
"""
"""Everything goes that is in the way of a dump, also tables of which it does not know."""


async def dump(url: str, snapshot: str, target: Path) -> None:
    """As `snapshot` sees it; another transaction must hold that open. Raises `OperatorError`."""
    words = ["--no-owner", "--no-privileges", "--no-comments", "--format=plain", f"--snapshot={snapshot}", f"--file={target}"]
    target.touch(mode=0o600)
    await _run("pg_dump", url, words)


async def load(url: str, scripts: Sequence[Path]) -> None:
    """All in one transaction: everything or nothing. Raises `OperatorError`."""
    words = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    await _run("psql", url, [*words, *(f"--file={script}" for script in scripts)])


def program(name: str) -> str | None:
    """Its path: the newest of those that Debian keeps off PATH, else what PATH has."""
    folders = sorted(DEBIAN.glob("*/bin"), key=lambda folder: float(folder.parent.name) if folder.parent.name.isdigit() else 0)
    for folder in reversed(folders):
        if (folder / name).exists():
            return str(folder / name)
    return shutil.which(name)


async def _run(name: str, url: str, words: Sequence[str]) -> None:
    """The password goes by the environment: a command line can be read by everybody on the machine."""
    path = program(name)
    if path is None:
        raise OperatorError(f"{name} is not on this machine. Install PostgreSQL's client programs (apt-get install postgresql-client).")
    address, password = _apart(url)
    environment = dict(os.environ) | ({"PGPASSWORD": password} if password else {})
    process = await asyncio.create_subprocess_exec(
        path,
        f"--dbname={address}",
        *words,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, says = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise OperatorError(f"{name} failed: {_harmless(says.decode(errors='replace'))}")


def _apart(url: str) -> tuple[str, str]:
    """The URL without its password, and that: before the host, else among the options, as asyncpg takes it."""
    parts = urlsplit(url)
    login, _, place = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    options = "&".join(option for option in parts.query.split("&") if not option.startswith("password="))
    address = f"{parts.scheme}://{user}{'@' if user else ''}{place}{parts.path}{'?' if options else ''}{options}"
    return address, unquote(password) or parse_qs(parts.query).get("password", [""])[-1]


def _harmless(says: str) -> str:
    """Its first line: further ones repeat rows, and a row may be a text."""
    return next((line.strip() for line in says.splitlines() if line.strip()), "it said nothing")[:300]
