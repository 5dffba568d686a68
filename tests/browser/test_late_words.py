"""A text that came back without its words, and the webhook that brings them, as somebody sees it who has the conversation open."""

import json
import time

from playwright.async_api import expect

from server.carriers.signature import read_secret, sign
from server.store.database import Transaction
from tests.browser.test_access import violations
from tests.fixtures.browser import Team

MARIA = "+12025550143"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SAYS = "Its words are not in the carrier's list: look it up at the carrier, or ask."


async def test_words_that_come_later_take_their_place_on_screen_and_the_strip_goes(team: Team) -> None:
    """The list of a `generic` carrier is never read: what a reading leaves is put into the database by hand."""
    made = await team.call("mia", "POST", "carriers", kind="generic", name="Gateway", credentials={"secret": SECRET})
    front = f"+1917{6550000 + team.number}"
    await team.call("mia", "POST", "dids", number=front, carrier=made["id"], capabilities=["sms"], user=team.people["ben"].id)

    async def webhook(body: str) -> None:
        text = json.dumps({"type": "message.received", "id": "r1", "from": MARIA, "to": front, "body": body, "media": []}).encode()
        signed = sign(read_secret(SECRET), f"msg-{body}", time.time_ns() // 1000, text)
        answer = await team.client("mia").post(
            f"/hooks/generic/{made['id']}", content=text, headers=signed | {"content-type": "application/json"}
        )
        assert answer.status_code == 200, answer.text

    async def lose(tx: Transaction) -> None:
        lost = "update messages set body = '', error_code = 'no_words', error_says = :says where carrier_ref = 'r1' and account = :account"
        await tx.run(lost, says=SAYS, account=team.account)

    await webhook("wrong number")
    await team.database.write(lose)
    id = await team.conversation(MARIA)
    ben = await team.window("ben", f"/sms/{id}", viewport={"width": 390, "height": 760})
    strip, log = ben.page.get_by_role("group", name="Opt-out?"), ben.page.get_by_role("log")
    await expect(strip).to_contain_text("without its words")
    await expect(log).to_contain_text(SAYS)
    await webhook("On my way")
    await expect(log.get_by_text("On my way", exact=True)).to_be_visible()
    await expect(log).to_contain_text("It is no opt-out: its words came.")
    await expect(log).not_to_contain_text(SAYS)
    await expect(strip).to_have_count(0)
    assert await violations(ben.page) == []
