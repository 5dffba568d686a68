"""Ten thousand texts while their senders are killed two hundred times: what a recording carrier got, against what the database says.

    python -m bench.sending [--texts 10000] [--kills 200] [--senders 2] [--engine postgresql] [--read-back 150]

Everything runs on loopback, in a folder of its own. Each sender is armed to end itself, as by `kill -9`, at one of six places of a
text's way out, after a random number of passages; another takes its place. Nothing is moved by hand: leases end when their time is
over. Lost is a text that the carrier never got and that nobody is shown as doubtful or failed; stuck is one that is neither out nor
shown at the end.
"""

import argparse
import asyncio
import contextlib
import json
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from server.desk.desk import Desk
from server.desk.dids import NewDid, add_did
from server.desk.lines import NewCarrier, add_carrier
from server.desk.send import Draft, start
from server.domain.user import Role, User
from server.parts import open_parts
from server.settings import Settings, prepare_var
from server.store.database import Transaction
from tests.fixtures.carrier_api import CarrierApi
from tests.fixtures.centre import ACCOUNT_SID, AUTH_TOKEN
from tests.fixtures.databases import PostgresCluster
from tests.fixtures.processes import Partyline, Running
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.twilio_api import TwilioApi

PLACES = ("lease.taken", "lease.committed", "send.before", "exchange.written", "send.answered", "send.recorded")
PASSAGES = 25
NUMBERS, RATE = 4, 25
"""Numbers of ours, and segments that each may send in a second."""
EACH = 4
"""Texts to each phone: they must leave in order."""
LONGEST_SECONDS = 3000


async def write_texts(desk: Desk, account: str, user: str, texts: int) -> list[str]:
    """Numbers with a rate and queued texts from them; the bodies."""
    mia = User(user, account, "mia", Role.MANAGER)
    line: Any = await add_carrier(desk, mia, NewCarrier("twilio", "Main", {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN}))
    dids: list[Any] = [await add_did(desk, mia, NewDid(f"+120255501{number:02}", line.id, ["sms"], rate=RATE)) for number in range(NUMBERS)]
    bodies: list[str] = []

    async def to(phone: int) -> None:
        for turn in range(EACH):
            bodies.append(f"Text {phone:05} {turn}")
            draft = Draft(bodies[-1], bodies[-1], did=dids[phone % NUMBERS].id)
            await start(desk, mia, draft, to=f"+1{phone % 4 + 415}{5550000 + phone:07}")

    for first in range(0, texts // EACH, 100):
        await asyncio.gather(*map(to, range(first, min(first + 100, texts // EACH))))
    return bodies


class Senders:
    """Keeps `count` of them running; as long as `kills` are left each is armed, with the next place in turn."""

    def __init__(self, partyline: Partyline, count: int, kills: int, chance: random.Random) -> None:
        self.killed: Counter[str] = Counter()
        self._partyline, self._count, self._kills, self._chance = partyline, count, kills, chance
        self._running: list[tuple[str, Running]] = []
        self._armed = 0

    def look(self) -> None:
        for place, sender in list(self._running):
            if sender.ended is not None:
                assert sender.ended == -signal.SIGKILL, sender.log()[-3:]
                self.killed[place] += 1
                self._running.remove((place, sender))
        while len(self._running) < self._count:
            place, armed = "", {}
            if self._armed < self._kills:
                place = PLACES[self._armed % len(PLACES)]
                armed = {"FAILPOINTS": f"{place}:{self._chance.randint(1, 3 if place == 'lease.taken' else PASSAGES)}"}
                self._armed += 1
            self._running.append((place, self._partyline.begin("sender", **armed)))

    def stop(self) -> None:
        for _, sender in self._running:
            sender.kill()


@contextlib.contextmanager
def database(engine: str, folder: str) -> Iterator[str]:
    """An empty one's address. PostgreSQL is the tests' own, without fsync: nobody pulls its plug here."""
    if engine == "sqlite":
        yield f"sqlite:///{folder}/partyline.db"
        return
    cluster = PostgresCluster()
    try:
        cluster.start()
        yield cluster.url(cluster.create())
    finally:
        cluster.stop()


async def main(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="partyline-sending-") as folder, database(options.engine, folder) as url:
        redis, api = RedisServer(), CarrierApi()
        redis.start()
        await api.start()
        twilio = TwilioApi(api)
        twilio.slowness = 0.05
        partyline = Partyline(Path(folder), REDIS_URL=redis.url, CARRIER_TWILIO_URL=api.url, LOG_LEVEL="warning")
        partyline.settings |= {"DATABASE_URL": url, "BASE_URL": "http://localhost:4000"}
        made = partyline.call("init", "--account", "Acme", "--email", "m@example.com", "--password", "correct horse battery", "--json")
        who = json.loads(made.stdout)
        mine = {
            "database_url": partyline.settings["DATABASE_URL"],
            "redis_url": redis.url,
            "var": partyline.var,
            "secret_key": SecretStr(""),
        }
        settings = prepare_var(Settings().model_copy(update=mine))
        async with open_parts(settings) as parts:
            began = time.monotonic()
            bodies = await write_texts(parts.desk, who["account"], who["user"], options.texts)
            print(f"{len(bodies)} texts queued in {time.monotonic() - began:.0f} s", flush=True)
            senders = Senders(partyline, options.senders, options.kills, random.Random(options.seed))
            began = time.monotonic()
            try:
                await until_over(parts.desk, senders, began)
                print(f"over after {time.monotonic() - began:.0f} s, {senders.killed.total()} kills: {dict(senders.killed)}")
                judge(bodies, await states(parts.desk), twilio)
                if options.read_back:
                    await asyncio.sleep(options.read_back)
                    print(f"and {options.read_back} s later, when the carrier's list was read again:")
                    judge(bodies, await states(parts.desk), twilio)
            finally:
                senders.stop()
        redis.remove()
        await api.stop()


async def states(desk: Desk) -> dict[str, str]:
    """By what was written."""
    rows = await desk.read(lambda tx: tx.all("select body_asked, state from messages where direction = 'outbound'"))
    return {row["body_asked"]: row["state"] for row in rows}


async def until_over(desk: Desk, senders: Senders, began: float) -> None:
    async def left(tx: Transaction) -> int:
        row = await tx.one("select count(*) as n from messages where state in ('queued', 'sending')")
        return int(row["n"]) if row else 0

    said = 0.0
    while (open_texts := await desk.read(left)) and time.monotonic() - began < LONGEST_SECONDS:
        senders.look()
        await asyncio.sleep(0.1)
        if time.monotonic() - said > 20:
            said = time.monotonic()
            print(f"{said - began:5.0f} s: {open_texts} to go, {senders.killed.total()} kills", flush=True)


def judge(bodies: Sequence[str], states: dict[str, str], twilio: TwilioApi) -> None:
    order = [text.body.removesuffix(" Reply STOP to unsubscribe.") for text in twilio.taken]
    got = Counter(order)
    shown = {body for body in bodies if states.get(body) in ("unconfirmed", "failed")}
    by_phone: dict[str, list[str]] = {}
    for body in order:
        by_phone.setdefault(body.rsplit(" ", 1)[0], []).append(body)
    seconds = Counter((text.sender, int(text.at.timestamp())) for text in twilio.taken)
    doubtful = [body for body in bodies if states.get(body) == "unconfirmed"]
    print(f"states: {dict(Counter(states.values()))}; at the carrier {len(order)}")
    print(f"sent twice {sum(times - 1 for times in got.values())}")
    print(f"stuck {sum(states.get(body) in ('queued', 'sending') for body in bodies)}")
    print(f"lost {sum(body not in got and body not in shown for body in bodies)}")
    print(f"said to be sent and was not {sum(states.get(body) == 'sent' and body not in got for body in bodies)}")
    print(f"out of order {sum(mine != sorted(mine) for mine in by_phone.values())} of {len(by_phone)} conversations")
    print(f"unconfirmed {len(doubtful)}, of which at the carrier {sum(body in got for body in doubtful)}")
    print(f"most over one number in one second: {max(seconds.values(), default=0)} (rate {RATE}, with its burst {RATE + RATE // 5 + 1})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--senders", type=int, default=2)
    parser.add_argument("--seed", type=int, default=41)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--read-back", type=int, default=0, help="seconds to wait at the end for the carrier's list to be read")
    asyncio.run(main(parser.parse_args()))
