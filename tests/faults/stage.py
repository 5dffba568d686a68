"""Where a row takes place: real processes of Partyline on free ports in a folder of their own, with a wire to Redis that can be broken.

Everything ends with the stage. Each process is ended by its own id.
"""

import asyncio
import itertools
import random
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx2

from server.store.database import Transaction
from tests.faults.ledger import Fact, fact_of
from tests.faults.writers import Writers
from tests.fixtures.carrier_api import CarrierApi, answers
from tests.fixtures.centre import GATEWAY_SECRET, HOST, Centre, Person
from tests.fixtures.databases import PostgresCluster
from tests.fixtures.forks import Forks
from tests.fixtures.processes import Partyline
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.wire import SlowWire, slow_wire

Engine = Literal["sqlite", "postgresql"]
ELSEWHERE = 5
"""Conversations of the account behind the wall."""


@dataclass(frozen=True)
class Size:
    """How large a run is. `acts` are writes a second, each of which makes about two events; `fault_at` and `seconds` count from the
    first write. `page_tabs` run the page's own modules in node, the others speak the contract; pages read again every `refresh` seconds
    what does not come to them: a browser's do every 15."""

    webs: int = 3
    timers: int = 1
    senders: int = 1
    agents: int = 45
    managers: int = 5
    tabs: int = 500
    page_tabs: int = 50
    conversations: int = 200
    acts: float = 64.0
    seconds: float = 60.0
    fault_at: float = 20.0
    settle: float = 10.0
    refresh: float = 15.0
    short: bool = False


LONG = Size()
SHORT = Size(agents=6, managers=2, tabs=60, conversations=30, acts=15.0, seconds=4.0, fault_at=1.0, settle=0.5, refresh=5.0, short=True)


@dataclass
class Crew:
    """One account: who works there, and where texts to it go. `lines` are numbers with their owner's name, None for everybody's."""

    account: str
    people: dict[str, Person]
    hook: str
    lines: dict[str, str | None] = field(default_factory=dict)


@dataclass
class Stage:
    """`wire` is between every process and Redis; `crews` are the account under load and a small one behind the wall."""

    engine: Engine
    size: Size
    seed: int
    folder: Path
    centre: Centre
    redis: RedisServer
    wire: SlowWire
    stack: AsyncExitStack
    crews: list[Crew] = field(default_factory=list)
    fronts: list[int] = field(default_factory=list)
    """Ports in front of the web processes', for tabs and writers, where there are any."""
    since: dict[str, int] = field(default_factory=dict)
    """By account, the position up to which its events have been judged and are no facts any more."""
    runs: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def crew(self) -> Crew:
        return self.crews[0]

    def chance(self, name: str) -> random.Random:
        """Random numbers of this run's seed; each name has its own row of them."""
        return random.Random(f"{self.seed} {name}")

    async def restart(self, **settings: str) -> None:
        """All processes anew, the web processes each on its port, with these settings besides."""
        centre = self.centre
        roles = {"web": centre.webs, "timer": centre.timers, "sender": centre.senders}
        for role, kept in roles.items():
            ports = [{"PORT": str(running.port)} if role == "web" else {} for running in kept]
            for running in kept:
                running.kill()
            kept[:] = [centre.partyline.begin(role, **port, **settings) for port in ports]
        await asyncio.gather(*(asyncio.to_thread(running.wait_until_ready) for kept in roles.values() for running in kept))

    async def facts(self) -> dict[str, list[Fact]]:
        """Each account's events, in order. What other rows opened besides is nobody's here."""
        found: dict[str, list[Fact]] = {crew.account: [] for crew in self.crews}
        for account, facts in found.items():
            rows = await self.centre.rows(
                """select position, conversation, seq, type, at, reach, pool, audience from events
                   where account = :account and position > :since order by position""",
                account=account,
                since=self.since.get(account, 0),
            )
            facts += [fact_of(row) for row in rows]
        return found

    async def heads(self) -> dict[str, int]:
        rows = await self.centre.rows("select id, position from accounts")
        return {row["id"]: row["position"] for row in rows}

    async def plan(self, crew: Crew) -> dict[str, Any]:
        """What those who write for this account have to know."""
        main = crew is self.crew
        return {
            "account": crew.account,
            "hook": crew.hook,
            "secret": GATEWAY_SECRET,
            "lines": crew.lines,
            "people": {name: asdict(person) for name, person in crew.people.items()},
            "parts": await self.parts(crew.account),
            "phones": self.size.conversations if main else ELSEWHERE,
            "acts": self.size.acts * (1 if main else 0.1),
        }

    async def parts(self, account: str) -> dict[str, dict[str, int]]:
        """By user, the conversations that the user takes part in, each with its last number."""
        rows = await self.centre.rows(
            "select p.user_id, c.id, c.seq from participants p join conversations c on c.id = p.conversation where c.account = :account",
            account=account,
        )
        found: dict[str, dict[str, int]] = {}
        for row in rows:
            found.setdefault(row["user_id"], {})[row["id"]] = row["seq"]
        return found

    async def database_says(self, sql: str, **parameters: Any) -> Any:
        """The first column of the first row."""
        return next(iter((await self.centre.rows(sql, **parameters))[0].values()))

    async def write(self, sql: str, **parameters: Any) -> None:
        """Behind the product's back, to set a scene."""

        async def run(tx: Transaction) -> None:
            await tx.run(sql, **parameters)

        await (await self.centre.database()).write(run)


@asynccontextmanager
async def open_stage(engine: Engine, size: Size, seed: int) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="partyline-faults-")))
        redis = RedisServer()
        stack.callback(redis.remove)
        await asyncio.to_thread(redis.start)
        wire = await stack.enter_async_context(slow_wire(redis.socket))
        url = f"sqlite:///{folder / 'partyline.db'}"
        if engine == "postgresql":
            cluster = PostgresCluster()
            stack.callback(cluster.stop)
            await asyncio.to_thread(cluster.start)
            url = cluster.url(cluster.create())
        carrier = CarrierApi()
        carrier.answer = _takes_texts(carrier)
        await carrier.start()
        stack.push_async_callback(carrier.stop)
        forks = Forks() if size.short else None
        if forks:
            stack.callback(forks.close)
        partyline = Partyline(folder / "processes", forks, REDIS_URL=f"redis://127.0.0.1:{wire.port}")
        partyline.folder.mkdir()
        stack.callback(_end, partyline)
        centre = Centre(partyline, carrier, url)
        stack.push_async_callback(centre.close)
        stage = Stage(engine, size, seed, folder, centre, redis, wire, stack)
        await _people_it(stage)
        yield stage


def _end(partyline: Partyline) -> None:
    for running in partyline.running:
        running.kill()


def _takes_texts(carrier: CarrierApi) -> Any:
    """A gateway that accepts each text under a number of its own."""
    numbers = itertools.count(1)

    async def answer(writer: asyncio.StreamWriter) -> None:
        carrier.seen.clear()
        await answers(200, b'{"id":"ref-%d"}' % next(numbers))(writer)

    return answer


async def _people_it(stage: Stage) -> None:
    """The account under load as its manager sets it up, and another one of which nothing may ever show."""
    centre, size = stage.centre, stage.size
    agents = [f"a{number}" for number in range(size.agents)]
    await centre.open(webs=size.webs, timers=size.timers, senders=size.senders, agents="")
    async with asyncio.TaskGroup() as group:
        for name in agents:
            group.create_task(centre.add_agent(name))
        for number in range(1, size.managers):
            group.create_task(centre.add_agent(f"m{number}", "manager"))
    crew = Crew(centre.account, dict(centre.people), centre.carriers["generic"]["hook_url"])
    for number, name in enumerate(agents):
        crew.lines[line := f"+1202555{1000 + number}"] = name
        await centre.did(line, "generic", user=centre.people[name].id)
    crew.lines[desk := "+12025552000"] = None
    await centre.did(desk, "generic", label="Desk")
    stage.crews = [crew, await _another_account(stage)]
    for each in stage.crews:
        await _converse(stage, each)


async def _another_account(stage: Stage) -> Crew:
    centre = stage.centre
    made = centre.init("Elsewhere", "eve")
    eve = Person(made["user"], "eve", "manager", made["token"], "eve@example.com")
    headers = {"authorization": f"Bearer {eve.token}", "host": HOST}
    async with httpx2.AsyncClient(base_url=centre.webs[0].address, headers=headers, trust_env=False) as client:

        async def post(path: str, **body: Any) -> Any:
            answer = await client.post(f"/api/v1/{path}", json=body)
            assert answer.status_code < 300, answer.text
            return answer.json()

        carrier = await post("carriers", kind="generic", name="Gateway", credentials={"secret": GATEWAY_SECRET})
        line = "+12025553000"
        await post("dids", number=line, carrier=carrier["id"], capabilities=["sms"], user=eve.id)
    return Crew(made["account"], {"eve": eve}, carrier["hook_url"], {line: "eve"})


async def _converse(stage: Stage, crew: Crew) -> None:
    """Everybody has texted; each conversation that is somebody's has a subscriber, too."""
    plan = await stage.plan(crew)
    ports = [running.port for running in stage.centre.webs]
    writers = Writers(plan, ports, HOST, stage.chance(crew.account), phones=plan["phones"], run=f"first-{crew.account}")
    await writers.fill()
    await writers.follow(await stage.parts(crew.account))
    writers.close()
