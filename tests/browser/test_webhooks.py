"""Settings > Webhooks: a secret once, what was posted with its signed headers, one again, a receiver that is gone."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect
from standardwebhooks.webhooks import Webhook

from tests.browser.test_access import violations
from tests.fixtures.browser import Team, Window
from tests.fixtures.carrier_api import CarrierApi, answers
from tests.fixtures.carrier_media import another_host
from tests.fixtures.forks import Forks
from tests.fixtures.house import House, open_house
from tests.fixtures.waiting import until

MARIA = "+12025550143"
PHONE: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"}
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


@pytest_asyncio.fixture(loop_scope="session")
async def receiver() -> AsyncIterator[CarrierApi]:
    async with another_host() as api:
        api.answer = answers(204, b"")
        yield api


@pytest.fixture
def own_house(tmp_path: Path, forks: Forks, receiver: CarrierApi) -> Iterator[House]:
    """One that posts to the receiver, on this machine as it is."""
    yield from open_house(tmp_path / "house", forks, INSIDE_ADDRESSES=urlsplit(receiver.url).netloc)


async def add(mia: Window, receiver: CarrierApi, *types: str) -> str:
    """By the form; the secret as it is shown."""
    await mia.page.get_by_role("button", name="Add webhook").click()
    dialog = mia.page.get_by_role("dialog", name="Add webhook")
    await dialog.get_by_label("Address").fill("https://10.0.0.1/in")
    await dialog.get_by_role("button", name="Add webhook").click()
    await expect(dialog.get_by_label("Address")).to_have_accessible_description(re.compile("not public"))
    await expect(dialog.get_by_label("Address")).to_be_focused()
    await dialog.get_by_label("Address").fill(f"{receiver.url}/in")
    await dialog.get_by_label("Description").fill("Warehouse")
    if types:
        await dialog.get_by_label("Only some").check()
        for type in types:
            await dialog.get_by_label(type).check()
    await dialog.get_by_role("button", name="Add webhook").click()
    shown = mia.page.get_by_role("dialog", name="Secret of Warehouse")
    secret = await shown.locator("code").inner_text()
    await shown.get_by_role("button", name="Done").click()
    return secret


def deliveries(mia: Window) -> Locator:
    return mia.page.get_by_role("table", name="Deliveries").locator("tbody tr")


async def act(mia: Window, name: str) -> None:
    await mia.page.get_by_role("button", name="Actions for Warehouse").click()
    await mia.page.get_by_role("menuitem", name=name).click()


async def test_deliveries_show_their_signed_headers_and_replay_sends_the_same_id_again(own_team: Team, receiver: CarrierApi) -> None:
    """UX 89."""
    mia = await own_team.window("mia", "/settings/webhooks")
    secret = await add(mia, receiver, "message.received")
    assert secret not in await mia.page.content()
    await mia.page.get_by_role("button", name="Deliveries of Warehouse").click()
    await own_team.text(MARIA, "Is it open?")
    rows = deliveries(mia)
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text("Delivered")
    await expect(rows.first).to_contain_text(re.compile(r"204 in \d+ ms"))
    [seen] = receiver.seen
    payload = Webhook(secret).verify(seen.body, seen.headers)
    assert payload["data"]["data"]["message"]["body"] == "Is it open?"
    shown = dict(
        zip(await rows.first.locator("dt").all_inner_texts(), await rows.first.locator("dd code").all_text_contents(), strict=True)
    )
    assert shown == {name: seen.headers[name] for name in HEADERS}
    await rows.first.get_by_role("button", name="Replay").click()
    await until(lambda: len(receiver.seen) == 2)
    assert [each.headers["webhook-id"] for each in receiver.seen] == [shown["webhook-id"]] * 2
    assert Webhook(secret).verify(receiver.seen[1].body, receiver.seen[1].headers) == payload
    await expect(rows).to_have_count(1)
    await rows.first.get_by_role("button", name="Details").click()
    dialog = mia.page.get_by_role("dialog", name="message.received")
    await expect(dialog.get_by_label("Event")).to_contain_text('"body": "Is it open?"')
    assert await violations(mia.page) == []
    await mia.page.keyboard.press("Escape")
    phone = await own_team.window("mia", urlsplit(mia.page.url).path + "?" + urlsplit(mia.page.url).query, **PHONE)
    await expect(deliveries(phone)).to_have_count(1)
    assert await violations(phone.page) == []
    wide, inner = await phone.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= inner
    await phone.page.get_by_role("button", name="Add webhook").click()
    await phone.page.get_by_label("Only some").check()
    assert await violations(phone.page) == []
    await mia.page.reload()
    await expect(deliveries(mia)).to_have_count(1)
    listed = await mia.context.request.get("/api/v1/webhooks")
    assert secret not in await mia.page.content() + await listed.text()


async def test_a_receiver_that_is_gone_is_said_to_managers_and_gets_what_it_missed_when_it_is_back(
    own_team: Team, receiver: CarrierApi
) -> None:
    receiver.answer = answers(410, b"We moved.")
    mia = await own_team.window("mia", "/settings/webhooks")
    live = await own_team.window("mia", "/feed")
    trail = await own_team.window("mia", "/settings/audit", **PHONE)
    await add(mia, receiver)
    await mia.page.get_by_role("button", name="Deliveries of Warehouse").click()
    await mia.page.get_by_role("button", name="Send test event").click()
    await until(mia.toast_says("The webhook Warehouse was switched off: its receiver answered 410 Gone."))
    await expect(mia.page.get_by_role("note")).to_contain_text("Warehouse was switched off")
    await expect(deliveries(mia).first).to_contain_text("Failed")
    await expect(mia.page.get_by_role("button", name="Send test event")).to_be_disabled()
    later = await own_team.window("mia", "/sms")
    await later.page.get_by_role("button", name=re.compile("Notices")).click()
    await expect(later.page.locator(".notices-list")).to_contain_text("The webhook Warehouse was switched off")
    await own_team.text(MARIA, "Missed")
    receiver.answer = answers(204, b"")
    receiver.seen.clear()
    await mia.page.get_by_role("button", name="Switch on Warehouse").click()
    await until(lambda: any(b"Missed" in seen.body for seen in receiver.seen))
    await expect(mia.page.get_by_role("note")).to_have_count(0)
    line = live.page.locator(".feed-line").filter(has_text="Warehouse")
    await expect(line).to_contain_text("switched off: its receiver answered 410 Gone")
    await live.page.get_by_role("button", name="webhooks").click()
    await expect(line).to_have_count(1)
    assert await violations(live.page) == []
    off = trail.page.get_by_role("row").filter(has_text="Webhook switched off")
    await expect(off).to_contain_text("Partyline")
    await expect(off).to_contain_text("its receiver answered 410 Gone")
    await trail.page.reload()
    await expect(trail.page.get_by_role("row").filter(has_text="Webhook changed").first).to_contain_text("switched on no yes")
    row = mia.page.get_by_role("table", name="Webhooks", exact=True).locator("tbody tr")
    await expect(row).to_contain_text("On")


async def test_a_webhook_is_edited_paused_given_a_new_secret_and_removed(own_team: Team, receiver: CarrierApi) -> None:
    mia = await own_team.window("mia", "/settings/webhooks")
    old = await add(mia, receiver)
    row = mia.page.get_by_role("table", name="Webhooks", exact=True).locator("tbody tr")
    await expect(row).to_contain_text("All events")
    await act(mia, "Edit…")
    dialog = mia.page.get_by_role("dialog")
    await dialog.get_by_label("Only some").check()
    await expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    await dialog.get_by_label("note.added").check()
    await expect(dialog.get_by_label("All events one after another")).to_be_checked()
    await dialog.get_by_label("Each contact's one after another").check()
    await dialog.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("1 type")
    await act(mia, "Edit…")
    await expect(dialog.get_by_label("Each contact's one after another")).to_be_checked()
    assert await violations(mia.page) == []
    await dialog.get_by_role("button", name="Cancel").click()
    await act(mia, "Pause")
    await expect(row).to_contain_text("Paused")
    await act(mia, "Switch on")
    await expect(row).to_contain_text("On")
    await act(mia, "New secret…")
    await mia.page.get_by_role("dialog").get_by_role("button", name="Make secret").click()
    shown = mia.page.get_by_role("dialog", name="Secret of Warehouse")
    new = await shown.locator("code").inner_text()
    await shown.get_by_role("button", name="Done").click()
    assert new != old
    await mia.page.get_by_role("button", name="Deliveries of Warehouse").click()
    await mia.page.get_by_role("button", name="Send test event").click()
    await until(lambda: len(receiver.seen) == 1)
    [seen] = receiver.seen
    assert Webhook(old).verify(seen.body, seen.headers) == Webhook(new).verify(seen.body, seen.headers)
    await act(mia, "Remove…")
    await mia.page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(row).to_have_count(0)
    await expect(mia.page.get_by_role("heading", name="Deliveries")).to_have_count(0)
