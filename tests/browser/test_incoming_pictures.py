"""Pictures that a carrier has to hand over first: a place is kept for each, and becomes what it is while one looks."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import expect
from standardwebhooks.webhooks import Webhook

from server.store.database import Transaction
from tests.browser.test_access import violations
from tests.fixtures.attaching import pictures_of
from tests.fixtures.browser import Team, Window
from tests.fixtures.carrier_api import CarrierApi, answers
from tests.fixtures.carrier_media import another_host, endless
from tests.fixtures.forks import Forks
from tests.fixtures.house import House, open_house
from tests.fixtures.pictures import HTML, picture

MARIA, GATEWAY = "+12025550143", "+12025550102"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
COMING = "Picture on its way from the carrier…"
FROM_THE_END = (
    "document.querySelector('.log').scrollHeight - document.querySelector('.log').scrollTop - document.querySelector('.log').clientHeight"
)


class Shelf:
    """The carrier's host of attachments. What is asked for waits until `open` is set."""

    def __init__(self, api: CarrierApi) -> None:
        self.api, self.open = api, asyncio.Event()
        self.answers = {
            "photo": answers(200, picture("JPEG", 800, 600)),
            "page": answers(200, HTML),
            "video": endless(),
            "gone": answers(404, b""),
        }
        api.answer = self.answer

    async def answer(self, writer: asyncio.StreamWriter) -> None:
        name = self.api.seen[-1].target.strip("/")
        await self.open.wait()
        await self.answers[name](writer)


@pytest_asyncio.fixture(loop_scope="session")
async def shelf() -> AsyncIterator[Shelf]:
    async with another_host() as api:
        shelf = Shelf(api)
        yield shelf
        shelf.open.set()


@pytest.fixture
def own_house(tmp_path: Path, forks: Forks, shelf: Shelf) -> Iterator[House]:
    """One that fetches from the shelf, on this machine as it is."""
    yield from open_house(tmp_path / "house", forks, INSIDE_ADDRESSES=urlsplit(shelf.api.url).netloc)


class Gateway:
    """The team's generic carrier: what its phones send comes by its signed webhook."""

    def __init__(self, team: Team, path: str) -> None:
        self.team, self.path = team, path

    async def text(self, body: str, *media: tuple[str, str]) -> None:
        id, at = secrets.token_hex(8), datetime.now(UTC)
        said: dict[str, Any] = {"type": "message.received", "id": id, "from": MARIA, "to": GATEWAY, "body": body, "at": at.isoformat()}
        content = json.dumps(said | {"media": [{"url": url, "content_type": type} for url, type in media]})
        headers = {"webhook-id": id, "webhook-timestamp": str(int(at.timestamp())), "content-type": "application/json"}
        signature = Webhook(SECRET).sign(id, at, content)
        answer = await self.team.client("mia").post(self.path, content=content, headers=headers | {"webhook-signature": signature})
        assert answer.status_code == 200, answer.text


async def gateway(team: Team) -> Gateway:
    carrier = await team.call("mia", "POST", "carriers", kind="generic", name="Gateway", credentials={"secret": SECRET})
    new = {"number": GATEWAY, "carrier": carrier["id"], "capabilities": ["sms", "mms"], "user": team.people["ana"].id}
    await team.call("mia", "POST", "dids", **new)
    await team.contact("Maria Garcia", MARIA)
    return Gateway(team, urlsplit(carrier["hook_url"]).path)


async def open_maria(team: Team, **options: Any) -> tuple[Gateway, Window]:
    gate = await gateway(team)
    await gate.text("Hello")
    window = await team.window("ana", f"/sms/{await team.conversation(MARIA)}", **options)
    await expect(window.page.locator(".message .words")).to_have_text("Hello")
    return gate, window


async def test_a_place_is_kept_for_a_picture_until_it_is_there(own_team: Team, shelf: Shelf) -> None:
    """Issue 4.3. The log stays at its end, nothing is unread anew, and who loads the page afresh sees the same."""
    gate, ana = await open_maria(own_team)
    for number in range(12):
        await gate.text(f"Line {number}")
    await gate.text("Look", (f"{shelf.api.url}/photo", "image/jpeg"))
    note = ana.page.locator(".picture-note")
    await expect(note).to_have_text(COMING)
    await expect(ana.row("Maria Garcia")).to_contain_text("Look")
    assert await ana.page.locator(".picture").count() == 0
    shelf.open.set()
    [alt] = await pictures_of(ana.page)
    assert alt.startswith("Picture from Maria Garcia, ")
    await expect(note).to_have_count(0)
    assert abs(await ana.page.evaluate(FROM_THE_END)) < 4, "the newest text is still whole on screen"
    seen = await ana.page.locator(".log li").all_inner_texts()
    await ana.page.reload()
    await ana.live()
    assert await pictures_of(ana.page) == [alt]
    assert await ana.page.locator(".log li").all_inner_texts() == seen
    await ana.page.locator(".picture").click()
    await expect(ana.page.get_by_role("dialog")).to_contain_text("attachment.jpg · 800 × 600")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_is_not_let_in_is_said_in_the_bubble(own_team: Team, shelf: Shelf, scheme: Any) -> None:
    """SECURITY 42, 45, 46: an address inside, a page that says it is a picture, one without an end, one that never comes."""
    gate, ana = await open_maria(own_team, color_scheme=scheme, viewport={"width": 320, "height": 720})
    names = (("page", "image/png"), ("video", "video/mp4"), ("gone", "image/png"), ("photo", "image/jpeg"))
    await gate.text(
        "Four things", ("http://169.254.169.254/latest", "image/png"), *((f"{shelf.api.url}/{name}", type) for name, type in names)
    )
    notes = ana.page.locator(".picture-note")
    refused, coming = "Attachment refused: it is of a kind, or from an address, that is not let in.", "Video on its way from the carrier…"
    await expect(notes).to_have_text([refused, COMING, coming, COMING, COMING])
    found = {"coming": await violations(ana.page)}
    shelf.open.set()
    await pictures_of(ana.page)
    await expect(notes).to_have_text([refused, refused, "Video too large to be shown.", COMING])
    await own_team.database.write(last_try)
    await expect(notes).to_have_text([refused, refused, "Video too large to be shown.", "Picture lost: the carrier did not hand it over."])
    found["settled"] = await violations(ana.page)
    assert {place: said for place, said in found.items() if said} == {}
    assert await ana.page.evaluate("document.querySelector('.log').scrollWidth <= document.querySelector('.log').clientWidth")


async def last_try(tx: Transaction) -> int:
    """Half an hour and more has passed."""
    return await tx.run("update media set next_at = :now, attempt = 3 where next_at is not null", now=tx.now)
