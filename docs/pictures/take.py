"""Takes the pictures of the README from the demo's data: `make pictures`.

Runs the real demo in a temporary folder and looks at it with Chromium: light, 1280 x 800, at twice the resolution. A font with
emoji must be there (Debian: fonts-noto-color-emoji).
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = {"PARTYLINE_VAR": folder, "PARTYLINE_PORT": "0", "PYTHONUNBUFFERED": "1"}
        words = [sys.executable, "-m", "server", "demo"]
        demo = subprocess.Popen(words, cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True)
        try:
            assert demo.stdout
            printed = (re.search(r"(http://[\d.]+:\d+)/demo/in/ana", line) for line in demo.stdout)
            asyncio.run(look(next(found[1] for found in printed if found)))
        finally:
            demo.terminate()
            demo.wait()


async def look(address: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        await take(browser, address)
        await browser.close()


async def take(browser: Browser, address: str) -> None:
    ana = await sign_in(browser, address, "ana")
    await pool(ana, address)
    await inbox(ana)
    await phones(await sign_in(browser, address, "mia"), address)


async def sign_in(browser: Browser, address: str, name: str) -> Page:
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, device_scale_factor=2, color_scheme="light", reduced_motion="reduce"
    )
    page = await context.new_page()
    await page.goto(f"{address}/demo/in/{name}")
    await expect(page.locator(".connection-words")).to_have_text("Live")
    return page


async def pool(page: Page, address: str) -> None:
    await page.goto(f"{address}/pool")
    await expect(page.locator(".pool-row").nth(2)).to_be_visible()
    await expect(page.locator(".connection-words")).to_have_text("Live")
    await picture(page, "pool")


async def inbox(page: Page) -> None:
    """Ana's conversations, with one in which a draft is being written."""
    await page.locator("[data-page=sms]").click()
    await page.get_by_role("region", name="Conversations").get_by_role("link", name="Maria Garcia").click()
    await expect(page.locator(".message").nth(2)).to_be_visible()
    await page.get_by_label("Message", exact=True).fill("You are booked for Thursday at 3 pm. See you then!")
    await page.mouse.move(640, 400)
    for notice in await page.get_by_role("button", name="Close this notice").all():
        await notice.click()
    await page.get_by_label("Message", exact=True).focus()
    await picture(page, "inbox")


async def phones(page: Page, address: str) -> None:
    """Maria's, whose number is the first of the demo's."""
    await page.goto(f"{address}/sandbox")
    await page.get_by_label("Phone number").fill("+12025550110")
    await expect(page.locator(".message").nth(2)).to_be_visible()
    await picture(page, "phones")


async def picture(page: Page, name: str) -> None:
    await page.evaluate("document.fonts.ready")
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    await page.screenshot(path=HERE / f"{name}.png")


if __name__ == "__main__":
    main()
