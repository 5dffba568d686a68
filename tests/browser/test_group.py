"""A text that somebody sent to several people at once: whoever answers knows who reads along, and who does not."""

import json
from base64 import b64encode
from typing import Any

from playwright.async_api import expect

from tests.browser.test_access import violations
from tests.fixtures.browser import Team

SENDER, OURS = "+12025550147", "+12025550188"
NARROW: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"}
KEYS = {"account_id": "1", "username": "u", "password": "p", "application_id": "a", "hook_username": "hook", "hook_password": "h00k"}


async def test_a_text_to_a_group_says_with_whose_numbers_and_that_an_answer_goes_to_the_sender(own_team: Team) -> None:
    line = await own_team.call("mia", "POST", "carriers", kind="bandwidth", name="Bandwidth", credentials=KEYS)
    await own_team.call("mia", "POST", "dids", number=OURS, carrier=line["id"], capabilities=["sms"])
    message = {
        "id": "group-1",
        "owner": OURS,
        "to": [OURS, "+12025550145", "+12025550146"],
        "from": SENDER,
        "text": "Lunch?",
        "direction": "in",
    }
    answer = await own_team.client("mia").post(
        f"/hooks/bandwidth/{line['id']}",
        content=json.dumps([{"type": "message-received", "message": message}]),
        headers={"authorization": f"Basic {b64encode(b'hook:h00k').decode()}", "content-type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    path = f"/sms/{await own_team.conversation(SENDER)}"
    said = "Sent to you and 2 others: +1 (202) 555-0145, +1 (202) 555-0146. An answer goes to the sender alone."
    for options in ({}, NARROW):
        window = await own_team.window("ana", path, **options)
        await expect(window.page.locator(".message")).to_contain_text(said)
        assert await violations(window.page) == []
        wide, inner = await window.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= inner
