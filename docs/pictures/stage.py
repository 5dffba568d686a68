"""The demo as the pictures show it: who looks, in which window, and what was done before."""

import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.async_api import Browser, Locator, Page, expect

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
"""Where the pictures go: beside this, or where the command says."""
SUPPORT = "+12025550100"
MARIA, WEI = "+12025550110", "+12025550111"
SCALE = 1.5
COLOURS = 256
PATIENCE_MS = 60_000
WIDE, HIGH = 1280, 800
NOTHING = (750, 26)
"""Between the pages and the search, in the bar."""

CALL = """async ([method, path, body]) => {
    const csrf = document.querySelector("meta[name=csrf-token]").getAttribute("content");
    const headers = {"content-type": "application/json", "x-csrf-token": csrf, "idempotency-key": crypto.randomUUID()};
    const answer = await fetch(path, method === "GET" ? {} : {method, headers, body: JSON.stringify(body)});
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : await answer.json();
}"""


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo of its own, in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"PARTYLINE_VAR": folder, "PARTYLINE_PORT": "0", "PYTHONUNBUFFERED": "1"}
        words = [sys.executable, "-m", "server", "demo"]
        process = subprocess.Popen(words, cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout
            printed = (re.search(r"(http://[\d.]+:\d+)/demo/in/ana", line) for line in process.stdout)
            yield next(found[1] for found in printed if found)
        finally:
            process.terminate()
            process.wait()


async def sign_in(browser: Browser, address: str, name: str, theme: Literal["light", "dark"] = "light") -> Page:
    context = await browser.new_context(
        base_url=address,
        viewport={"width": WIDE, "height": HIGH},
        device_scale_factor=SCALE,
        color_scheme=theme,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.add_init_script("localStorage.setItem('partyline.tour', 'hidden')")
    await page.goto(f"/demo/in/{name}")
    await live(page)
    return page


async def visit(page: Page, path: str) -> None:
    await page.goto(path)
    await live(page)


async def live(page: Page) -> None:
    """Waits for the line, and touches the page where nothing is, so that it may sound."""
    await expect(page.locator(".connection-words")).to_have_text("Live", timeout=PATIENCE_MS)
    await page.mouse.click(*NOTHING)
    await expect(page.locator(".bell")).to_have_attribute("title", "Notices")


async def call(page: Page, method: str, path: str, body: object = None) -> Any:
    return await page.evaluate(CALL, [method, path, body])


async def text_in(page: Page, phone: str, body: str, did: str = SUPPORT) -> None:
    """A contact texts."""
    await call(page, "POST", "/sandbox/texts", {"phone": phone, "did": did, "body": body, "media": []})


async def conversation(page: Page, name: str) -> str:
    found = await call(page, "GET", f"/api/v1/conversations?view=all&q={name}")
    id: str = found["items"][0]["id"]
    return id


async def answer(page: Page, id: str, body: str) -> None:
    """Sends a text as whoever is signed in, having seen all that was said."""
    row = await call(page, "GET", f"/api/v1/conversations/{id}")
    sent = {"body": body, "client_id": body, "seen_seq": row["seq"]}
    await call(page, "POST", f"/api/v1/conversations/{id}/messages", sent)


async def sized(page: Page, wide: int = WIDE, high: int = HIGH) -> None:
    await page.set_viewport_size({"width": wide, "height": high})


async def picture(page: Page, name: str, of: Locator | None = None, *, above: int = 0, high: int | None = None) -> None:
    """Of the window, of its upper `high` pixels, or of a part of it and what is `above`. Few colours, so that the file is small."""
    for notice in await page.get_by_role("button", name="Close this notice").all():
        if of is None and await notice.is_visible():
            await notice.click()
    await page.evaluate("document.fonts.ready")
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    if of:
        box = await of.bounding_box()
        assert box
        top = max(0, box["y"] - above)
        taken = await page.screenshot(clip={**box, "y": top, "height": box["y"] + box["height"] - top})
    else:
        size = page.viewport_size
        assert size
        taken = await page.screenshot(clip={"x": 0, "y": 0, "width": size["width"], "height": high or size["height"]})
    with Image.open(io.BytesIO(taken)) as whole:
        few = whole.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(FOLDER / f"{name}.png", optimize=True)
