"""The load client, a process of its own: `python -m tests.faults.load PLAN`. It ends when its input does.

Takes one JSON object a line: `{"do": "write"}` begins to write, `stop` ends that and says what was acknowledged, `current` with `heads`
waits until every tab has been told of them, `cut` says that the tabs at a `port`, or all, must come back before they are current, `finish`
writes the ledger and ends. Each is answered with one line.
"""

import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from tests.faults.load_tab import LoadTab, Spec
from tests.faults.writers import Writers
from tests.fixtures.waiting import until

JOINED_SECONDS = 60.0
OPENING = 250
"""Tabs that open in a second at the start."""


class Load:
    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        chance = random.Random(plan["seed"])
        host, ports = plan["host"], plan["ports"]
        specs = msgspec.convert(plan["tabs"], list[Spec])
        self.tabs = [
            LoadTab(spec, ports, host, random.Random(f"{plan['seed']} {spec.tab}"), resumes=plan.get("resumes", True)) for spec in specs
        ]
        self.writers = [
            Writers(crew, ports, host, chance, phones=crew["phones"], run=f"{plan['run']}-{number}")
            for number, crew in enumerate(plan["crews"])
        ]
        self._stop = asyncio.Event()

    async def serve(self) -> None:
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(self._open(tab, number / OPENING)) for number, tab in enumerate(self.tabs)]
            await until(lambda: all(tab.book.began >= 0 for tab in self.tabs), within=JOINED_SECONDS)
            _say(joined=len(self.tabs))
            writing: asyncio.Task[None] | None = None
            while line := await reader.readline():
                asked = json.loads(line)
                if asked["do"] == "write":
                    writing = group.create_task(self._write())
                    _say(writing=time.time())
                elif asked["do"] == "stop" and writing is not None:
                    self._stop.set()
                    await writing
                    _say(stopped=time.time(), tallies=[msgspec.to_builtins(writers.tally) for writers in self.writers])
                elif asked["do"] == "current":
                    _say(current=await self._current(asked["heads"], asked["within"]))
                elif asked["do"] == "cut":
                    for tab in self.tabs:
                        tab.mark(asked["port"])
                    _say(cut=sum(tab.must_come_back > tab.book.connections for tab in self.tabs))
                elif asked["do"] == "finish":
                    Path(self._plan["out"]).write_bytes(msgspec.json.encode([tab.book for tab in self.tabs]))
                    _say(finished=True)
                    break
            self._stop.set()
            for task in running:
                task.cancel()
        for writers in self.writers:
            writers.close()

    async def _open(self, tab: LoadTab, after: float) -> None:
        await asyncio.sleep(after)
        await tab.run()

    async def _write(self) -> None:
        async with asyncio.TaskGroup() as group:
            for crew, writers in zip(self._plan["crews"], self.writers, strict=True):
                group.create_task(writers.run(crew["acts"], self._stop))

    async def _current(self, heads: dict[str, int], within: float) -> float | None:
        """When the last tab that comes back was told of its account's head; None if that took too long."""
        tabs = [tab for tab in self.tabs if not tab.over]
        try:
            await until(lambda: all(tab.current(heads[tab.book.account]) for tab in tabs), within=within)
        except AssertionError:
            return None
        return time.time()


def _say(**answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(Load(json.loads(Path(sys.argv[1]).read_text())).serve())
