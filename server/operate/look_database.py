"""The database as it is: its version and schema, how durable its commits are, its clock, what waits in it, and what is sealed in it."""

import datetime
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

from server.operate import postgres_dump, sqlite_file
from server.operate.backup import is_sqlite, opened
from server.operate.finding import Finding, failed, ok, warning
from server.settings import Settings
from server.store import queues
from server.store.database import Transaction, Unavailable
from server.store.migrate import known
from server.store.sqlite_loss import find_loss, losses
from server.store.vault import Unreadable, Vault

SECOND_US = 1_000_000
OLD_POSTGRES = 13
SKEW_SECONDS = (1.0, 30.0)
WAL_BYTES = 1024**3
LATE_SECONDS = 5.0
OLDEST_SECONDS = {"outbox": 60.0, "scheduled": 60.0, "webhooks": 600.0, "attachments": 600.0}
ENDED = {
    "outbox": "Is a sender running, and does the carrier take texts? Look at its log.",
    "scheduled": "Is a timer running? Look at its log.",
    "webhooks": "Is a sender running? See Settings > Webhooks for what the receivers answer.",
    "attachments": "Is a sender running? Look at its log for what the carrier answers.",
}
GONE = "commits that had been acknowledged are gone: the log was damaged or taken away, or an older file was put in its place"
GO_ON = (
    "Put the right files back while nothing runs. If there are none, start Partyline: it goes on without them, as after a restored backup."
)
LOOK_FOR = (
    "Texts that are missing are at the carriers; a sender reads the lists of those that have one. Then remove {note} and the log beside it."
)
MINE = "(cast(:account as text) is null or account = :account)"

_MIGRATIONS = {
    "sqlite": "select name from sqlite_schema where name = 'migrations'",
    "postgresql": "select to_regclass('migrations')::text as name",
}


@dataclass
class Database:
    """What else needs to know it. `manager` is a user by whom a tab can be opened; `hooks` are the carriers' (kind, id).
    `oldest` is when the database was made, `now` its clock, µs UTC."""

    findings: list[Finding] = field(default_factory=list)
    reached: bool = False
    epoch: str = ""
    manager: str | None = None
    oldest: int | None = None
    now: int = 0
    hooks: list[tuple[str, str]] = field(default_factory=list)


async def look_database(settings: Settings, account: str | None = None) -> Database:
    """Of one account, or of all."""
    found = Database(now=time.time_ns() // 1_000)
    path = sqlite_file.path_of(settings.database_url) if is_sqlite(settings) else None
    if path and not path.exists():
        found.findings.append(failed("database", f"there is none at {path}", "Run `partyline init`, or `partyline restore` with a backup."))
        return found
    try:
        async with opened(settings.database_url) as db:
            found.reached = True
            if await find_loss(db):
                found.findings.append(failed("log", GONE, GO_ON))
                return found
            before = time.time_ns() // 1_000
            await db.read(lambda tx: _look(tx, db.engine, settings, account, found))
            found.findings.append(_skew(found.now - (before + time.time_ns() // 1_000) // 2, db.engine))
    except Unavailable as error:
        do = "Look at the server and at DATABASE_URL." if path is None else "Restore a backup, if it stays so."
        found.findings.append(failed("database", str(error), do))
    if path:
        found.findings += _lost(path)
    if path and (wal := Path(f"{path}-wal")).exists() and wal.stat().st_size > WAL_BYTES:
        says = f"its WAL has {wal.stat().st_size / 1024**3:.1f} GiB"
        found.findings.append(warning("WAL", says, "Something reads for hours: end it, and the next writes take the WAL in."))
    return found


def _lost(path: Path) -> list[Finding]:
    """What an earlier start went on without."""
    found = []
    for note, loss in losses(path):
        at = datetime.datetime.fromtimestamp(loss.found_at / SECOND_US, datetime.UTC).isoformat(timespec="minutes")
        says = f"at {at} the last {loss.commits} commits (at the most) were gone, though they had been acknowledged"
        found.append(warning("log", says, LOOK_FOR.format(note=note)))
    return found


async def _look(tx: Transaction, engine: str, settings: Settings, account: str | None, found: Database) -> None:
    found.findings.append(await (_sqlite(tx) if engine == "sqlite" else _postgres(tx)))
    found.now = tx.now
    row = await tx.one(_MIGRATIONS[engine])
    if row is None or row["name"] is None:
        found.findings.append(failed("schema", "the database is empty", "Run `partyline init`, or `partyline restore` with a backup."))
        return
    applied = {row["number"] for row in await tx.all("select number from migrations")}
    mine = {migration.number for migration in known(engine)}
    if applied - mine:
        says = f"the data has migration {max(applied)}, and this version knows {max(mine)}"
        found.findings.append(failed("schema", says, "Install the version that the data is of: no process of this one starts."))
        return
    if mine - applied:
        says = f"{len(mine - applied)} migrations are still to be applied"
        found.findings.append(warning("schema", says, "`partyline migrate`, or the next process that starts, applies them."))
        return
    found.findings.append(ok("schema", f"up to date (migration {max(mine)})"))
    await _look_inside(tx, settings, account, found)


async def _look_inside(tx: Transaction, settings: Settings, account: str | None, found: Database) -> None:
    epoch, oldest = await tx.one("select value from epoch"), await tx.one("select min(at) as at from migrations")
    manager = await tx.one(
        f"select id from users where role = 'manager' and disabled_at is null and {MINE} order by id limit 1", account=account
    )
    found.epoch = epoch["value"] if epoch else ""
    found.oldest = oldest["at"] if oldest else None
    found.manager = manager["id"] if manager else None
    if manager is None:
        found.findings.append(warning("people", "nobody can sign in as a manager", "Run `partyline init`."))
    found.findings.append(await _sealed(tx, settings, account, found))
    late = await queues.timer_late(tx) / SECOND_US
    if late > LATE_SECONDS:
        says = f"a conversation should have gone public {late:.0f} s ago"
        found.findings.append(failed("timer", says, "Start `partyline timer` (or `serve`), or look at its log."))
    else:
        found.findings.append(ok("timer", "no conversation is overdue"))
    slow = [queue for queue in await queues.queues(tx) if queue.oldest / SECOND_US > OLDEST_SECONDS.get(queue.name, float("inf"))]
    for queue in slow:
        says = f"{queue.waiting} wait, the first for {queue.oldest / SECOND_US:.0f} s"
        found.findings.append(failed(f"queue {queue.name}", says, ENDED[queue.name]))
    if not slow:
        found.findings.append(ok("queues", "nothing waits for longer than it should"))


async def _sealed(tx: Transaction, settings: Settings, account: str | None, found: Database) -> Finding:
    """Whether SECRET_KEY is the one with which carriers' credentials were written."""
    vault = Vault(settings.secret_key.get_secret_value())
    lost = []
    for row in await tx.all(f"select id, kind, name, credentials from carriers where {MINE} order by id", account=account):
        found.hooks.append((row["kind"], row["id"]))
        try:
            if row["credentials"]:
                vault.open(row["credentials"], row["id"])
        except Unreadable:
            lost.append(row["name"])
    if lost:
        says = f"the credentials of {', '.join(lost)} cannot be read with this SECRET_KEY"
        return failed("carriers", says, "Put the right VAR/secret_key back, or enter them anew in Settings > Carriers.")
    return ok("carriers", f"{len(found.hooks)} connected, and their credentials can be read")


async def _sqlite(tx: Transaction) -> Finding:
    row = await tx.one("pragma quick_check(1)") if await _small(tx) else None
    if row is not None and row["quick_check"] != "ok":
        return failed("database", f"SQLite says: {row['quick_check']}", "Stop every process, keep the file, and restore a backup.")
    journal = await tx.one("pragma journal_mode")
    synchronous = await tx.one("pragma synchronous")
    assert journal is not None
    assert synchronous is not None
    if journal["journal_mode"] != "wal" or synchronous["synchronous"] != 2:
        says = f"journal_mode is {journal['journal_mode']}, synchronous {synchronous['synchronous']}"
        return failed("database", says, "Is the file on a network's disk? SQLite needs one of this machine.")
    return ok("database", "SQLite, a file with WAL; every commit is on the disk before it is answered")


async def _small(tx: Transaction) -> bool:
    """Looking through a large file takes minutes."""
    pages, size = await tx.one("pragma page_count"), await tx.one("pragma page_size")
    return pages is not None and size is not None and pages["page_count"] * size["page_size"] < 256 * 1024**2


async def _postgres(tx: Transaction) -> Finding:
    shown = {}
    for name in ("server_version_num", "server_version", "fsync", "synchronous_commit", "full_page_writes", "server_encoding"):
        row = await tx.one(f"select current_setting('{name}') as value")
        shown[name] = row["value"] if row else ""
    says = f"PostgreSQL {shown['server_version'].split()[0]}"
    if int(shown["server_version_num"]) < OLD_POSTGRES * 10_000:
        return failed("database", f"{says} is too old", f"Install {OLD_POSTGRES} or newer.")
    row = await tx.one("select pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean as only")
    if row and row["only"]:
        return failed("database", f"{says}, and it can only be read", "Let DATABASE_URL name the server that takes writes.")
    if shown["server_encoding"] != "UTF8":
        return failed(
            "database", f"{says}, and the database is {shown['server_encoding']}", "Make one with ENCODING 'UTF8' and move there."
        )
    loose = [name for name in ("fsync", "synchronous_commit", "full_page_writes") if shown[name] == "off"]
    if loose:
        do = "Turn it on: what a carrier was told is kept may be lost with the machine's power."
        return warning("database", f"{says}, and {', '.join(loose)} is off", do)
    if postgres_dump.program("pg_dump") is None or shutil.which("psql") is None:
        return warning("database", f"{says}; pg_dump and psql are not on this machine", "apt-get install postgresql-client, for backups.")
    return ok("database", f"{says}; every commit is on the disk before it is answered")


def _skew(us: int, engine: str) -> Finding:
    seconds = abs(us) / SECOND_US
    if engine == "sqlite" or seconds < SKEW_SECONDS[0]:
        return ok("clock", "this machine and the database have the same time")
    says = f"this machine's clock and the database's are {seconds:.1f} s apart"
    do = "Let both take their time from the network (timedatectl set-ntp true)."
    return failed("clock", says, do) if seconds > SKEW_SECONDS[1] else warning("clock", says, do)
