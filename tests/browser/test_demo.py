"""The first five minutes: the demo as `make run` starts it, two windows and the phones."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.fixtures.processes import Partyline, Running
from tests.fixtures.waiting import until

MARIA, OMAR = "Maria Garcia", "Omar Silva"
LISTENING = "0A"


@dataclass
class Demo:
    running: Running
    links: dict[str, str]
    contexts: list[BrowserContext]
    browser: Browser

    async def window(self, name: str, path: str = "/sms") -> Page:
        """This person's window, signed in by the printed link."""
        context = await self.browser.new_context(base_url=self.running.address, viewport={"width": 1280, "height": 800})
        context.set_default_timeout(8000)
        self.contexts.append(context)
        page = await context.new_page()
        await page.goto(self.links[name])
        await page.goto(path)
        return page


@pytest_asyncio.fixture(loop_scope="session")
async def demo(browser: Browser, tmp_path: Path) -> AsyncIterator[Demo]:
    partyline = Partyline(tmp_path)
    running = await asyncio.to_thread(partyline.start, "demo", LOG_LEVEL="info")
    await until(lambda: "Ctrl-C" in running.output(), within=10)
    links = {found[1]: found[0] for found in re.finditer(r"http://\S+/demo/in/(\w+)", running.output())}
    made = Demo(running, links, [], browser)
    try:
        yield made
    finally:
        for context in made.contexts:
            await context.close()
        for each in partyline.running:
            each.kill()


async def ticked(page: Page) -> set[str | None]:
    return {await step.get_attribute("data-step") for step in await page.locator("#tour-steps .done").all()}


@pytest.mark.alone
async def test_the_links_and_the_phones_answer_and_nothing_listens_beyond_this_machine(demo: Demo) -> None:
    async with httpx2.AsyncClient(base_url=demo.running.address, trust_env=False, follow_redirects=True) as client:
        assert len(demo.links) == 6
        for link in demo.links.values():
            began = time.monotonic()
            assert (await client.get(link)).status_code == 200
            assert time.monotonic() - began < 3
        assert (await client.get("/sandbox")).status_code == 200
    local = {line.split()[1].partition(":")[0] for line in _listening(demo.running.pid)}
    assert local <= {"0100007F"}


def _listening(pid: int) -> list[str]:
    """The process's own listening sockets, as /proc has them."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
        except FileNotFoundError:
            continue
        if found:
            inodes.add(found[1])
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:] + Path(f"/proc/{pid}/net/tcp6").read_text().splitlines()[1:]
    return [line for line in lines if line.split()[3] == LISTENING and line.split()[9] in inodes]


@pytest.mark.alone
async def test_a_phone_texts_and_answers_and_every_step_of_the_checklist_ticks_itself(demo: Demo) -> None:
    ana, phones = await demo.window("ana"), await demo.window("ben", "/sandbox")
    assert await ticked(ana) == set()
    await ana.get_by_role("region", name="Conversations").get_by_role("link", name=MARIA).click()
    maria = phones.get_by_role("region", name=f"Phone of {MARIA}")
    await maria.get_by_label("Text message").fill("Is Thursday still fine?")
    began = time.monotonic()
    await maria.get_by_role("button", name="Text in").click()
    await expect(ana.locator(".message").get_by_text("Is Thursday still fine?")).to_be_visible()
    assert time.monotonic() - began < 1.5, "a second on a quiet machine"
    await ana.get_by_role("switch", name=re.compile("^Ready.*off$")).click()
    await expect(ana.get_by_role("switch", name=re.compile("^Ready.*on$"))).to_be_visible()
    await ana.get_by_label("Message", exact=True).fill("It is. See you then.")
    await ana.get_by_label("Message", exact=True).press("Enter")
    await expect(maria.get_by_text("It is. See you then.")).to_be_visible()
    arrived = time.monotonic()
    await expect(ana.locator(".message.inbound").last).not_to_contain_text("Is Thursday still fine?", timeout=12_000)
    assert 1.5 <= time.monotonic() - arrived <= 10, "two to eight seconds, and the ways between"
    await phones.get_by_role("region", name=f"Phone of {OMAR}").get_by_role("button", name="STOP").click()
    ben = await demo.window("ben", "/pool")
    await ben.get_by_role("button", name=re.compile("^Claim")).first.click()
    await until(lambda: _all_ticked(ana, {"send", "ready", "stop", "claim"}), within=10)


async def _all_ticked(page: Page, wanted: set[str]) -> bool:
    return wanted <= await ticked(page)


async def test_every_page_says_that_this_is_a_demo_and_the_checklist_stays_hidden(demo: Demo) -> None:
    mia = await demo.window("mia")
    await mia.get_by_role("button", name="Hide", exact=True).click()
    for path in ("/sms", "/pool", "/contacts", "/feed", "/reports/sms-conversations", "/settings/messaging", "/sandbox", "/nothing"):
        await mia.goto(path)
        await expect(mia.get_by_role("button", name=re.compile("^Demo"))).to_be_visible()
        await expect(mia.get_by_role("complementary", name="Things to try")).to_be_hidden()
    await mia.context.clear_cookies()
    await mia.goto("/login")
    assert "demo" in (await mia.locator("body").get_attribute("class") or "")
