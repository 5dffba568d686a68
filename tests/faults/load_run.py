"""One run of the load client on a stage: `async with under_load(stage) as run`, break something, `await run.end()`."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from tests.faults.enough import NO_WORSE, not_once, too_little, unexpected
from tests.faults.ledger import Book, Fact, judge
from tests.faults.row import Result
from tests.faults.stage import Stage
from tests.faults.writers import body_of
from tests.fixtures.centre import HOST
from tests.fixtures.processes import ROOT

LONGEST_CATCH_UP = 30.0
LINE_BYTES = 2**26


@dataclass
class Client:
    """One process of tabs, which is spoken with by lines of JSON."""

    process: Process
    out: Path

    async def ask(self, **what: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        return await self.hear()

    async def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        assert line, "the load client has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass
class LoadRun:
    """`began` and `heads` are the instant (s since 1970) and the accounts' positions of the first write. `refusals`: statuses that a row
    makes writers get. `ends` are the positions when all had settled, up to which every tab was told everything."""

    stage: Stage
    clients: list[Client]
    result: Result = field(default_factory=Result)
    began: float = 0.0
    heads: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    tallies: list[dict[str, Any]] = field(default_factory=list)
    books: list[Book] = field(default_factory=list)
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    refusals: frozenset[int] = frozenset()

    async def fault_time(self) -> None:
        """Returns when it is time to break something."""
        await self.at(self.stage.size.fault_at)

    async def at(self, seconds: float) -> None:
        """So many seconds after the first write."""
        await asyncio.sleep(max(0.0, self.began + seconds - time.time()))

    @property
    def left(self) -> float:
        """Seconds for which is still written."""
        return max(0.0, self.began + self.stage.size.seconds - time.time())

    async def stop(self) -> float:
        """Ends the writing when its time is over; the instant of the last answer."""
        await self.at(self.stage.size.seconds)
        answer = await self.clients[0].ask(do="stop")
        self.tallies = answer["tallies"]
        return float(answer["stopped"])

    async def current(self, since: float, within: float = LONGEST_CATCH_UP) -> float | None:
        """Seconds from `since` until every tab was told of what is in the database now; None if that took too long."""
        return await self._told(await self.stage.heads(), since, within)

    async def _told(self, heads: dict[str, int], since: float, within: float) -> float | None:
        answers = await asyncio.gather(*(client.ask(do="current", heads=heads, within=within) for client in self.clients))
        instants = [answer["current"] for answer in answers]
        return None if None in instants else max(0.0, max(instants) - since)

    async def cutting(self, port: int | None = None) -> int:
        """The tabs at this port, or all, are about to lose their connection and are current only when they are back; how many."""
        return sum([(await client.ask(do="cut", port=port))["cut"] for client in self.clients])

    async def end(self, *, repairs: bool = True) -> Result:
        """The writers stop, everything settles, and the ledger is judged. Without `repairs` nobody is waited for."""
        result = self.result
        stopped = await self.stop()
        result.current = await self.current(stopped, LONGEST_CATCH_UP if repairs else 2.0)
        await asyncio.sleep(self.stage.size.settle)
        self.ends = await self.stage.heads()
        if repairs and await self._told(self.ends, time.time(), LONGEST_CATCH_UP) is None:
            result.broken.append(f"not every tab was told of what was written last within {LONGEST_CATCH_UP:g} s")
        for client in self.clients:
            await client.ask(do="finish")
            self.books += msgspec.json.decode(client.out.read_bytes(), type=list[Book])
        self.facts = await self.stage.facts()
        result.verdict = judge(self.books, self.facts, self.ends)
        if repairs and result.current is None:
            result.broken.append(f"not every tab is current {LONGEST_CATCH_UP:g} s after the last write")
        await self._accepted(result)
        if repairs:
            await self._enough(result)
        return result

    async def _accepted(self, result: Result) -> None:
        """What was acknowledged is there, once."""
        webhooks = await self._counts("select carrier_ref as id, count(*) as n from inbox group by carrier_ref")
        bodies = await self._counts("select body as id, count(*) as n from messages where direction = 'inbound' group by body")
        sent = await self._counts("select client_id as id, count(*) as n from messages where client_id is not null group by client_id")
        for tally in self.tallies:
            result.broken += not_once(tally["acknowledged"], webhooks, "webhooks")
            result.broken += not_once(map(body_of, tally["acknowledged"]), bodies, "texts")
            result.broken += not_once(tally["sent"], sent, "answers")

    async def _counts(self, sql: str) -> dict[str, int]:
        return {row["id"]: row["n"] for row in await self.stage.centre.rows(sql)}

    async def _enough(self, result: Result) -> None:
        """That something was written, delivered and compared."""
        verdict = result.verdict
        assert verdict is not None
        shown = {book.view for book in self.books if book.view}
        pool = "select count(*) from conversations where account = :account and public_since is not null"
        if not await self.stage.database_says(pool, account=self.stage.crew.account):
            shown.discard("pool")
        result.broken += too_little(verdict, self.stage.size, self.tallies, shown)
        result.broken += unexpected(self.tallies, NO_WORSE | self.refusals)
        for name in ("resets", "recounted", "covered", "overtaken"):
            if count := getattr(verdict, name):
                result.show(name, count)
        for name, count in (("repeated", len(self.repeats())), ("refused", sum(sum(tally["refused"].values()) for tally in self.tallies))):
            if count:
                result.show(name, count)
        result.show("compared", sum(verdict.compared.values()))

    def http_seconds(self, since: float = 0.0, until: float = 2.0**40) -> list[float]:
        """How long calls took that were first tried between two instants, sorted."""
        return sorted(took for tally in self.tallies for began, took in tally["seconds"] if since <= began <= until)

    def repeats(self, since: float = 0.0, until: float = 2.0**40) -> list[str]:
        """Why calls were tried again between two instants."""
        return [why for tally in self.tallies for at, why in tally["repeats"] if since <= at <= until]


@asynccontextmanager
async def under_load(stage: Stage, *, resumes: bool = True, write: bool = True) -> AsyncIterator[LoadRun]:
    """Tabs that are current, and writers that have just begun."""
    number = next(stage.runs)
    clients: list[Client] = []
    plan = await make_plan(stage, number, resumes=resumes)
    try:
        for name, words in _clients():
            path, out = stage.folder / f"{name}-{number}.json", stage.folder / f"{name}-{number}.ledger"
            path.write_text(json.dumps(plan | {"out": str(out), "tabs": plan[f"{name}_tabs"]}))
            process = await asyncio.create_subprocess_exec(*words, str(path), stdin=PIPE, stdout=PIPE, cwd=ROOT, limit=LINE_BYTES)
            clients.append(Client(process, out))
        for client in clients:
            await client.hear()
        run = LoadRun(stage, clients, heads=await stage.heads())
        run.began = time.time()
        if write:
            await clients[0].ask(do="write")
        yield run
    finally:
        for client in clients:
            if client.process.returncode is None:
                client.process.kill()
            await client.process.wait()


async def make_plan(stage: Stage, number: int, *, resumes: bool = True) -> dict[str, Any]:
    size = stage.size
    crews = [await stage.plan(crew) for crew in stage.crews]
    tabs = _tabs(stage, crews)
    return {
        "seed": f"{stage.seed} {number}",
        "run": f"r{number}",
        "host": HOST,
        "ports": stage.fronts or [running.port for running in stage.centre.webs],
        "resumes": resumes,
        "refresh_ms": round(1000 * size.refresh),
        "crews": crews,
        "load_tabs": tabs[size.page_tabs :],
        "page_tabs": tabs[: size.page_tabs],
    }


def _tabs(stage: Stage, crews: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many as the size says, each person's in turn; one in ten is a manager's where that can be, who watches the feed. Some of the
    others watch a conversation or the pool. Two more are behind the wall, one of them with the feed."""
    chance, crew = stage.chance("tabs"), crews[0]
    people = list(crew["people"].values())
    agents, managers = ([each for each in people if each["role"] == role] for role in ("agent", "manager"))
    conversations = {id: seq for parts in crew["parts"].values() for id, seq in parts.items()}
    made = []
    for number in range(stage.size.tabs):
        person = managers[number // 10 % len(managers)] if number % 10 == 9 else agents[number % len(agents)]
        topics: list[str] = ["feed"] if person["role"] == "manager" else ["pool"] if number % 4 == 1 else []
        watched = {}
        if number % 4 == 2 and conversations:
            id = chance.choice(sorted(conversations))
            watched[id] = conversations[id]
        made.append(_tab(f"{person['name']} {number}", crew, person, topics, watched))
    other = crews[1]
    eve = next(iter(other["people"].values()))
    return [*made, _tab("eve feed", other, eve, ["feed"], {}), _tab("eve", other, eve, [], {})]


def _tab(name: str, crew: dict[str, Any], person: dict[str, Any], topics: list[str], watched: dict[str, int]) -> dict[str, Any]:
    return {
        "tab": name,
        "account": crew["account"],
        "user": person["id"],
        "name": person["name"],
        "token": person["token"],
        "manager": person["role"] == "manager",
        "parts": crew["parts"].get(person["id"], {}),
        "topics": topics,
        "watched": watched,
    }


def _clients() -> list[tuple[str, list[str]]]:
    """The first one writes, too."""
    return [("load", [sys.executable, "-m", "tests.faults.load"]), ("page", ["node", str(Path(__file__).with_name("tabs.mjs"))])]
