"""Takes the pictures of the README and of the guides from the demo's data: `make pictures`.

Runs the real demo in a temporary folder and looks at it with Chromium: light and a little dark, 1280 x 800, at one and a half times the
resolution. A font with emoji must be there (Debian: fonts-noto-color-emoji).
"""

import asyncio
import shutil

from anas_day import take_agents
from mias_day import take_managers
from playwright.async_api import async_playwright
from stage import demo, sign_in


async def look(address: str) -> None:
    async with async_playwright() as playwright:
        chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        mia = await sign_in(browser, address, "mia")
        await take_agents(browser, address, mia)
        await take_managers(browser, address, mia)
        await browser.close()


if __name__ == "__main__":
    with demo() as address:
        asyncio.run(look(address))
