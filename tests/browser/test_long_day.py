"""A tab is open all day: what it costs while nothing happens, and what has grown after hours of it.

Hours pass by the page's own clock, which is turned on while the server's stays; so the tab is told that pings come as rarely as its
clock makes them look.
"""

import asyncio
import logging
import time

from tests.fixtures.browser import Team, Window
from tests.fixtures.processor import processor
from tests.fixtures.waiting import until

MARIA = "+12025550143"
HOURS = 4
STEPS = 240
FASTER = 480
IDLE_SHARE = 0.01
IDLE_SECONDS = 15.0
SLOWER_PINGS = f"""
const Native = window.WebSocket;
window.sockets = [];
window.WebSocket = class extends Native {{
  constructor(...given) {{ super(...given); window.sockets.push(this); }}
  set onmessage(hear) {{
    super.onmessage = hear && ((event) => {{
      const frame = JSON.parse(event.data);
      if (frame.op === "hello") frame.ping_seconds *= {FASTER};
      hear(new MessageEvent("message", {{ data: JSON.stringify(frame) }}));
    }});
  }}
  get onmessage() {{ return super.onmessage; }}
}};
"""

log = logging.getLogger(__name__)


async def test_after_four_idle_hours_there_is_one_socket_and_nothing_has_grown(team: Team) -> None:
    """Check 105."""
    conversation = await team.talk("Maria Garcia", MARIA)
    ben = await team.window("ben", None)
    await ben.page.add_init_script(SLOWER_PINGS)
    await ben.page.clock.install()
    await ben.go(f"/sms/{conversation}")
    await until(ben.spoken)
    await _hours(ben, 0.5)
    before = await _metrics(ben)
    await _hours(ben, HOURS)
    after = await _metrics(ben)
    for name in ("Nodes", "JSEventListeners", "JSHeapUsedSize"):
        log.info("%s: %d, then %d", name, before[name], after[name])
    assert await ben.page.evaluate("window.sockets.map((socket) => socket.readyState)") == [1]
    assert after["JSEventListeners"] <= before["JSEventListeners"]
    assert after["Nodes"] <= before["Nodes"] * 1.1
    assert after["JSHeapUsedSize"] - before["JSHeapUsedSize"] <= 1_000_000
    await team.text(MARIA, "Still there?")
    await until(lambda: _says(ben, "Still there?"))


async def test_a_tab_in_which_nothing_happens_takes_next_to_nothing_of_the_processor(team: Team) -> None:
    """Check 103, idle; the storm is in test_speed.py."""
    conversation = await team.talk("Maria Garcia", MARIA)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    shares = []
    async with processor(ben) as busy:
        for _ in range(2):
            began, at = await busy(), time.monotonic()
            await asyncio.sleep(IDLE_SECONDS)
            shares.append((await busy() - began) / (time.monotonic() - at))
            if shares[-1] <= IDLE_SHARE:
                break
    log.info("idle, of a core: %s", shares)
    assert 0 < min(shares) <= IDLE_SHARE


async def _hours(window: Window, hours: float) -> None:
    """They pass in steps, no faster than a server whose clock does not run with them bears: it counts frames a second."""
    loop, steps = asyncio.get_running_loop(), round(STEPS * hours / HOURS)
    step = hours * 3600 / steps
    for _ in range(steps):
        end = loop.time() + step / FASTER
        await window.page.clock.run_for(round(step * 1000))
        await asyncio.sleep(end - loop.time())


async def _says(window: Window, words: str) -> bool:
    return words in await window.bubbles()


async def _metrics(window: Window) -> dict[str, float]:
    """After a collection."""
    session = await window.context.new_cdp_session(window.page)
    await session.send("Performance.enable")
    await session.send("HeapProfiler.collectGarbage")
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    await session.detach()
    return {each["name"]: each["value"] for each in metrics}
