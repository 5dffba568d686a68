"""Tabs that stand still as a laptop does when its lid is closed: their kernel keeps the connections, and nobody reads (FAULTS 29, 30)."""

import asyncio
import signal
import time
from dataclasses import replace
from pathlib import Path

from tests.faults.load_run import under_load
from tests.faults.row import Result, Row
from tests.faults.stage import Stage
from tests.fixtures.raw_tab import still_open

ASLEEP_SECONDS, A_MOMENT_SECONDS = 60.0, 2.0
FREED_SECONDS = 45.0
CURRENT_SECONDS = 10.0
"""After they wake: the page's own wait before it comes back is a part of it."""


async def asleep(stage: Stage) -> Result:
    """The process of the tabs that run the page's modules is stopped; the others and the writers go on. In the short form it wakes before
    anybody misses it. In the long form its connections are given up meanwhile, and everything is there soon after it wakes."""
    size, short = stage.size, stage.size.short
    seconds = A_MOMENT_SECONDS if short else ASLEEP_SECONDS
    if not short:
        stage.size = replace(size, fault_at=10.0, seconds=20.0 + ASLEEP_SECONDS)
    try:
        async with under_load(stage) as run:
            await run.fault_time()
            pages = run.clients[1].process
            pages.send_signal(signal.SIGSTOP)
            began = time.time()
            try:
                ports = client_ports(pages.pid)
                freed = await _freed(stage, ports, seconds)
            finally:
                pages.send_signal(signal.SIGCONT)
            woke = time.time()
            current = await run.current(woke)
            result = await run.end()
    finally:
        stage.size = size
    result.clean()
    result.show("tabs_asleep", len(ports))
    result.show("asleep_s", woke - began)
    if len(ports) < size.page_tabs:
        result.broken.append(f"only {len(ports)} connections of {size.page_tabs} tabs slept")
    if not short:
        result.most("freed_s", ASLEEP_SECONDS + 1 if freed is None else freed, FREED_SECONDS)
    result.most("current_after_s", CURRENT_SECONDS + 1 if current is None else current, CURRENT_SECONDS)
    return result


async def _freed(stage: Stage, ports: set[int], seconds: float) -> float | None:
    """Seconds until the server had given up all of these connections, looked at for so long; None if it had not."""
    began, freed = time.monotonic(), None
    while (now := time.monotonic() - began) < seconds:
        if freed is None and not any(still_open(web.port, ports) for web in stage.centre.webs):
            freed = now
        await asyncio.sleep(0.1)
    return freed


def client_ports(pid: int) -> set[int]:
    """The local ports of this process's TCP connections, from the kernel. Those of its calls over HTTP are among them."""
    links = (path.readlink().name for path in Path(f"/proc/{pid}/fd").iterdir())
    inodes = {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:[")}
    lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {int(line[1].rpartition(":")[2], 16) for line in lines if line[9] in inodes}


ROWS = [Row("29", "tabs that sleep", asleep)]
