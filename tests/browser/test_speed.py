"""Speed that people feel: ten thousand conversations of one agent, two hundred texts a second, and fifty thousand in all.

What is measured is the product in a real browser beside everything else that this machine does, so each promise is held by what is
stable there: a 95th percentile of many samples, the best of up to three runs (a busy neighbour only ever makes a run worse), and the heap
after a collection. `pytest tests/browser/test_speed.py --log-cli-level=info` tells the figures.
"""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from server.settings import Settings
from tests.fixtures.browser import Team, Window
from tests.fixtures.crowd import Crowd, crowd_of
from tests.fixtures.processor import processor
from tests.fixtures.waiting import until

PEOPLE = 10_000
RUNS = 3
SECONDS = 8
PER_SECOND = 200
NEXT_PAINT_MS = LATE_MS = 100.0
BUSY_SHARE = 0.25
FLOOD = 50_000
WARM = 10_000
HEAP_BYTES = 2_000_000

log = logging.getLogger(__name__)

PROBE = """
window.probe = { came: new Map(), late: [], interactions: new Map(), acts: 0, shifts: 0 };
const Native = window.WebSocket;
window.WebSocket = class extends Native {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => {
      for (const [, number] of data.matchAll(/"body":"storm (\\d+)"/g)) probe.came.set(number, performance.now());
    });
  }
};
new MutationObserver((changes) => {
  const fresh = new Set();
  for (const { target, addedNodes } of changes) {
    for (const node of addedNodes.length ? addedNodes : [target]) {
      for (const [, number] of (node.textContent ?? "").matchAll(/storm (\\d+)/g)) if (probe.came.has(number)) fresh.add(number);
    }
  }
  if (fresh.size === 0) return;
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      for (const number of fresh) {
        const came = probe.came.get(number);
        probe.came.delete(number);
        if (came !== undefined) probe.late.push(performance.now() - came);
      }
    };
    port2.postMessage(0);
  });
}).observe(document, { subtree: true, childList: true, characterData: true });
new PerformanceObserver((list) => {
  for (const { interactionId: id, duration } of list.getEntries()) {
    if (id) probe.interactions.set(id, Math.max(duration, probe.interactions.get(id) ?? 0));
  }
}).observe({ type: "event", durationThreshold: 16 });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) probe.shifts += entry.value;
}).observe({ type: "layout-shift" });
"""


@dataclass
class Figures:
    """Milliseconds but for `shifts`, the sum of layout shifts, and `busy`, the page's share of a core. `seen` counts the texts
    that were drawn, `acts` the keys."""

    next_paint: float
    late: float
    latest: float
    seen: int
    acts: int
    shifts: float
    busy: float


@dataclass
class Rushed:
    ben: Window
    crowd: Crowd


@pytest_asyncio.fixture(loop_scope="session")
async def rushed(team: Team, settings: Settings) -> AsyncIterator[Rushed]:
    """Ben's inbox with everybody in it, the first one open."""
    async with crowd_of(team, settings, PEOPLE) as crowd:
        ben = await team.window("ben", None)
        await ben.page.add_init_script(PROBE)
        await ben.go("/sms")
        await until(lambda: _load_on(ben), within=60)
        await ben.page.locator(".rows").evaluate("box => { box.scrollTop = 0; }")
        await ben.page.locator(".rows a").first.click()
        await ben.page.mouse.move(900, 20)
        await until(ben.spoken)
        yield Rushed(ben, crowd)


@pytest.mark.timeout(600)
async def test_two_hundred_texts_a_second_into_ten_thousand_conversations_stay_smooth(rushed: Rushed) -> None:
    runs: list[Figures] = []
    while len(runs) < RUNS and not (runs and _quick(runs)):
        runs.append(await _run(rushed))
        log.info("%s", runs[-1])
    assert all(figures.seen >= 50 and figures.acts >= 60 for figures in runs)
    assert min(figures.next_paint for figures in runs) <= NEXT_PAINT_MS, "a key is answered by the next paint"
    assert min(figures.late for figures in runs) <= LATE_MS, "a text is on screen soon after its frame"
    assert min(figures.busy for figures in runs) <= BUSY_SHARE, "the page leaves the processor to others"
    assert max(figures.shifts for figures in runs) <= 0.02, "nothing jumps"


@pytest.mark.timeout(600)
async def test_fifty_thousand_texts_leave_nothing_behind(rushed: Rushed) -> None:
    crowd = rushed.crowd
    await crowd.flood(WARM)
    before = await _memory_of_everybody(rushed)
    await crowd.flood(FLOOD - WARM)
    after = await _memory_of_everybody(rushed)
    for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners"):
        log.info("%s: %d, then %d", name, before[name], after[name])
    assert after["JSHeapUsedSize"] - before["JSHeapUsedSize"] <= HEAP_BYTES
    assert after["Nodes"] <= before["Nodes"] * 1.1
    assert after["JSEventListeners"] <= before["JSEventListeners"] * 1.1


def _quick(runs: Sequence[Figures]) -> bool:
    """The best of them keep every promise: another run could make none of these worse."""
    best = (min(getattr(figures, name) for figures in runs) for name in ("next_paint", "late", "busy"))
    return all(figure <= most for figure, most in zip(best, (NEXT_PAINT_MS, LATE_MS, BUSY_SHARE), strict=True))


async def _load_on(ben: Window) -> bool:
    """Scrolls to the end of what is there; whether that was everybody."""
    size = await ben.page.evaluate(
        """() => {
          const box = document.querySelector(".rows");
          if (box) box.scrollTop = box.scrollHeight;
          return Number(document.querySelector(".rows .row")?.getAttribute("aria-setsize") ?? 0);
        }"""
    )
    return bool(size >= PEOPLE)


async def _run(rushed: Rushed) -> Figures:
    """A storm that Ben looks at, then one in which he goes up and down the list and writes: that holds the order of its rows."""
    ben = rushed.ben
    await ben.page.evaluate("document.activeElement?.blur(); probe.came.clear(); probe.late.length = 0; probe.shifts = 0")
    async with processor(ben) as busy:
        began, at = await busy(), time.monotonic()
        await rushed.crowd.rage(PER_SECOND, SECONDS / 2)
        share = (await busy() - began) / (time.monotonic() - at)
    await _caught_up(rushed)
    late = sorted(await ben.page.evaluate("[...probe.late]"))
    await ben.page.evaluate("probe.interactions.clear()")
    acts, _ = await asyncio.gather(_act(ben.page.keyboard.press, SECONDS - 1), rushed.crowd.rage(PER_SECOND, SECONDS))
    await _caught_up(rushed)
    probe: dict[str, Any] = await ben.page.evaluate("({ interactions: [...probe.interactions.values()], shifts: probe.shifts })")
    # What was faster than the browser reports is in the count all the same.
    quick = [0.0] * max(0, acts - len(probe["interactions"]))
    paints = sorted([*quick, *probe["interactions"]])
    return Figures(_at(paints, 0.95), _at(late, 0.95), late[-1], len(late), acts, probe["shifts"], share)


async def _act(press: Callable[[str], Awaitable[None]], seconds: float) -> int:
    loop = asyncio.get_running_loop()
    end, acts = loop.time() + seconds, 0
    while loop.time() < end:
        for key in ("j", "j", "k", "r", "x", "Backspace", "Escape"):
            await press(key)
            acts += 1
            await asyncio.sleep(0.04)
    return acts


async def _caught_up(rushed: Rushed) -> None:
    """The last text is known to the tab."""
    page = rushed.ben.page
    where = page.locator(".rows").get_by_text(f"storm {rushed.crowd.texts}", exact=True)
    await page.evaluate("document.activeElement?.blur(); document.querySelector('.rows').scrollTop = 0")

    async def there() -> bool:
        return await where.count() > 0

    await until(there, within=60)


async def _memory_of_everybody(rushed: Rushed) -> dict[str, float]:
    """Also when the tab fell so far behind that it began its list anew."""
    await _caught_up(rushed)
    await until(lambda: _load_on(rushed.ben), within=60)
    await _caught_up(rushed)
    return await _memory(rushed.ben)


async def _memory(ben: Window) -> dict[str, float]:
    """After a collection, without what the probe itself has kept."""
    await ben.page.evaluate("probe.came.clear(); probe.late.length = 0")
    session = await ben.context.new_cdp_session(ben.page)
    await session.send("Performance.enable")
    for _ in range(3):
        await session.send("HeapProfiler.collectGarbage")
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    await session.detach()
    return {each["name"]: each["value"] for each in metrics}


def _at(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of sorted values."""
    return values[math.ceil(share * len(values)) - 1]
