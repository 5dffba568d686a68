"""Carriers' texts in a second that are acknowledged when they are durable: signed as Twilio signs, over 64 connections that stay open.

    python -m bench.inbound [--engine sqlite,postgresql] [--only Partyline,verified] [--seconds 3] [--rounds 3] [--connections 64]

The server that is measured has the first core for itself; the generator, Redis and PostgreSQL (its defaults, with fsync) share the
second. All requests are made and signed beforehand, by 2,000 phones that have texted before, to one number of everybody's. Each figure
is the median of so many rounds, in an order that turns; each round has a process and a database of its own. A round counts if everything
was answered with 2xx, and the database has as many texts as that.
"""

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import SecretStr

from bench.goals import BUSY, Goals
from bench.machine import HERE, SERVERS_CORE, Failed, Server, about_this_machine, compiled, free_port, redis, settle
from bench.posts import Posts, Round
from bench.twilio_texts import ACCOUNT_SID, AUTH_TOKEN, BASE_URL, NUMBER, PHONES, phone, write_requests
from server.carriers.carrier import Connection, Credentials, InboundText
from server.desk.dids import NewDid, add_did
from server.desk.lines import NewCarrier, add_carrier
from server.desk.receive import receive_texts
from server.domain.user import Role, User
from server.parts import open_parts
from server.settings import Settings, prepare_var
from server.store.engines import open_database
from tests.fixtures.databases import PostgresCluster
from tests.fixtures.processes import Partyline

AT_ONCE = 200
REQUESTS = 40_000
WARM_UP = 1.0
OURS, VERIFIED, NOTHING, ALONE, DJANGO, EXPRESS = "Partyline", "verified", "nothing", "alone", "Django", "express"
STORING = (OURS, ALONE, DJANGO, EXPRESS)
SAYS = {
    NOTHING: "the same server, a handler that does nothing",
    VERIFIED: "the same handler: parses, verifies, stores nothing",
    ALONE: "the same, each request in a transaction of its own",
    DJANGO: "Django and its ORM",
    EXPRESS: "express and better-sqlite3",
}
YARDSTICKS = HERE / "yardsticks"
PYTHON = YARDSTICKS / ".venv/bin/python"
NEEDS = {DJANGO: PYTHON, EXPRESS: YARDSTICKS / "node_modules/better-sqlite3/build/Release/better_sqlite3.node"}
"""What `make bench` installs. Both keep their texts in SQLite."""


class Figures:
    """The medians of one server's rounds."""

    def __init__(self, rounds: Sequence[Round]) -> None:
        self.rate = median(each.texts / each.seconds for each in rounds)
        self.per_cpu_second = median(each.texts / each.seconds / max(each.server_busy, 0.001) for each in rounds)
        self.p50, self.p99 = median(each.p50 for each in rounds), median(each.p99 for each in rounds)
        self.server_busy, self.others = median(each.server_busy for each in rounds), median(each.others for each in rounds)
        self.generator_busy = median(each.generator_busy for each in rounds)


@dataclass(frozen=True, slots=True)
class Ground:
    """What all rounds on one engine share. `database` has the phones' conversations; each round begins with a copy."""

    engine: str
    folder: Path
    redis_url: str
    posts: Path
    requests: Path
    address: str
    cluster: PostgresCluster | None
    asked: argparse.Namespace


async def people(settings: Settings, account: str, manager: str) -> str:
    """A number of everybody's, and PHONES that have texted to it; the address of its webhook."""
    async with open_parts(settings) as parts:
        mia = User(manager, account, "mia", Role.MANAGER)
        keys = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN}
        line: Any = await add_carrier(parts.desk, mia, NewCarrier("twilio", "Main", keys))
        await add_did(parts.desk, mia, NewDid(NUMBER, line.id, ["sms"]))
        twilio = Connection(line.id, account, "twilio", "Main", Credentials({}))
        for first in range(0, PHONES, AT_ONCE):
            some = [InboundText(f"SM{secrets.token_hex(16)}", phone(n), NUMBER, "Hi") for n in range(first, first + AT_ONCE)]
            await receive_texts(parts.desk, twilio, some, time.time_ns() // 1000)
        return f"{BASE_URL}/hooks/twilio/{line.id}"


@contextlib.contextmanager
def ground(engine: str, folder: Path, redis_url: str, asked: argparse.Namespace) -> Iterator[Ground]:
    with contextlib.ExitStack() as ends:
        cluster = None
        url = f"sqlite:///{folder / 'first.db'}"
        if engine == "postgresql":
            cluster = PostgresCluster(durable=True)
            ends.callback(cluster.stop)
            cluster.start()
            url = cluster.url(cluster.create(name="first"))
        partyline = Partyline(folder, VAR=str(folder / "var"), DATABASE_URL=url, REDIS_URL=redis_url, LOG_LEVEL="warning")
        made = partyline.call("init", "--account", "Acme", "--email", "m@example.com", "--password", "correct horse battery", "--json")
        who = json.loads(made.stdout)
        mine = {"database_url": url, "redis_url": redis_url, "var": folder / "var", "secret_key": SecretStr(""), "base_url": BASE_URL}
        settings = prepare_var(Settings(_env_file=None).model_copy(update=mine))
        address = asyncio.run(people(settings, who["account"], who["user"]))
        requests = folder / "requests"
        write_requests(requests, address, asked.requests)
        yield Ground(engine, folder, redis_url, compiled(HERE / "posts.c", folder), requests, address, cluster, asked)


@contextlib.contextmanager
def served(here: Ground, name: str, round_folder: Path) -> Iterator[tuple[Server, str]]:
    """A server with a database of its own, and the database's address."""
    port = free_port()
    if name in (DJANGO, EXPRESS):
        database = round_folder / "texts.db"
        environment = {"DATABASE": str(database), "TOKEN": AUTH_TOKEN, "ADDRESS": here.address}
        words: list[str | Path] = ["node", YARDSTICKS / "express.mjs", str(port)]
        if name == DJANGO:
            subprocess.run([PYTHON, YARDSTICKS / "django_texts.py", "migrate"], check=True, env={**os.environ, **environment})
            options = ["--workers=1", "--threads=8", "--keep-alive=60", "--log-level=error", f"--bind=127.0.0.1:{port}"]
            words = [PYTHON, "-m", "gunicorn", "--chdir", YARDSTICKS, *options, "django_texts:application"]
        server = Server(words, port, SERVERS_CORE, environment)
        url = f"sqlite:///{database}"
    else:
        url = f"sqlite:///{round_folder / 'partyline.db'}"
        if here.cluster:
            url = here.cluster.url(here.cluster.create(template="first"))
        else:
            shutil.copy(here.folder / "first.db", round_folder / "partyline.db")
        settings = {"VAR": here.folder / "var", "DATABASE_URL": url, "REDIS_URL": here.redis_url, "PORT": port}
        settings |= {"BASE_URL": BASE_URL, "LOG_LEVEL": "warning"}
        module = ["server", "web"] if name == OURS else ["bench.ways", name]
        server = Server([sys.executable, "-m", *module], port, SERVERS_CORE, {f"PARTYLINE_{n}": str(v) for n, v in settings.items()})
    try:
        yield server, url
    finally:
        server.stop()


def measure(here: Ground, name: str) -> Round:
    """Raises `Failed` where not all was acknowledged, or the database has not what was."""
    with tempfile.TemporaryDirectory(dir=here.folder) as folder, served(here, name, Path(folder)) as (server, url):
        before = count(url, name)
        posts = Posts(here.posts, server, here.asked.connections, here.requests, again=name not in STORING)
        try:
            posts.run(WARM_UP)
            found = posts.run(here.asked.seconds)
        finally:
            posts.stop()
        kept = count(url, name) - before
        if kept != (posts.acknowledged if name in STORING else 0):
            raise Failed(f"{posts.acknowledged} were acknowledged, {kept} are in the database")
        return found


def count(url: str, name: str) -> int:
    """Texts that are kept."""
    if name in (DJANGO, EXPRESS):
        table = "texts_message" if name == DJANGO else "messages"
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return int(connection.execute(f"select count(*) from {table}").fetchone()[0])
    return asyncio.run(_count(url))


async def _count(url: str) -> int:
    db = await open_database(url)
    try:
        row = await db.read(lambda tx: tx.one("select count(*) as n from inbox join messages on messages.id = inbox.message"))
        return int(row["n"]) if row else 0
    finally:
        await db.close()


def compare(here: Ground, goals: Goals) -> None:
    plain = [] if here.cluster else [name for name, needs in NEEDS.items() if needs.exists()]
    names = [name for name in (NOTHING, VERIFIED, OURS, ALONE, *plain) if name in (here.asked.only or SAYS) or name == OURS]
    rounds: dict[str, list[Round]] = {name: [] for name in names}
    for number in range(here.asked.rounds):
        turn = number * 2 % len(names)
        for name in names[turn:] + names[:turn]:
            try:
                rounds[name].append(measure(here, name))
            except Failed as failed:
                goals.failed.append(f"texts, {here.engine}, {name}: {failed}")
    found = {name: Figures(some) for name, some in rounds.items() if some}
    ours = found.get(OURS)
    say(f"\n**texts acknowledged on {here.engine}, {here.asked.connections} connections**\n")
    columns = "server | a second | by CPU second | Partyline has, by the clock | by CPU second | p50 ms | p99 ms"
    say(f"| {columns} | server busy | generator | others |")
    say("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for name, one in found.items():
        times = f"{ours.rate / one.rate:.2f} | {ours.per_cpu_second / one.per_cpu_second:.2f}" if ours else " | "
        shares = " | ".join(f"{share:.0%}" for share in (one.server_busy, one.generator_busy, one.others))
        what = f"{name}: {SAYS[name]}" if name in SAYS else f"**{name}**"
        say(f"| {what} | {one.rate:,.0f} | {one.per_cpu_second:,.0f} | {times} | {one.p50:.1f} | {one.p99:.1f} | {shares} |")
    if ours:
        judge(goals, here.engine, ours, found)


def judge(goals: Goals, engine: str, ours: Figures, found: dict[str, Figures]) -> None:
    """By the clock; on a crowded machine by the second of processor time, but where the other waits for the disk and not for its core."""
    what = f"texts on {engine}"

    def times(other: Figures) -> float:
        crowded = max(ours.others, other.others) > 1 - BUSY
        return ours.per_cpu_second / other.per_cpu_second if crowded else ours.rate / other.rate

    if VERIFIED in found:
        least = 0.25 if engine == "postgresql" else 0.3
        goals.at_least(f"{what}, of a handler that stores nothing", times(found[VERIFIED]), least)
    if ALONE in found:
        goals.at_least(f"{what}, of a transaction a request", times(found[ALONE]), 3)
    if plain := [found[name].rate for name in (DJANGO, EXPRESS) if name in found]:
        goals.at_least(f"{what}, of the best of Django and express", ours.rate / max(plain), 5)
    goals.at_most(f"{what}, p99 ms", ours.p99, 50)


def say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures the way in.")
    parser.add_argument("--engine", type=lambda words: words.split(","), default=["sqlite", "postgresql"])
    parser.add_argument("--only", type=lambda words: words.split(","), default=[])
    parser.add_argument("--seconds", type=float, default=3.0)
    for name, default in (("rounds", 3), ("connections", 64), ("requests", REQUESTS)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    settle()
    say(f"{about_this_machine()}; load {os.getloadavg()[0]:.2f} at the start")
    for name in (name for name, needs in NEEDS.items() if not needs.exists()):
        say(f"{name} is not here.")
    goals = Goals()
    with tempfile.TemporaryDirectory(prefix="partyline-bench-") as folder, redis(Path(folder)) as its_redis:
        for engine in asked.engine:
            place = Path(folder) / engine
            place.mkdir()
            with ground(engine, place, f"redis://127.0.0.1:{its_redis.port}/0", asked) as here:
                compare(here, goals)
    goals.show()
    return 1 if goals.failed else 0


if __name__ == "__main__":
    sys.exit(main())
