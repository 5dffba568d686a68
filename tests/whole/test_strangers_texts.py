"""SECURITY's rows of what comes in by carriers: what was not signed so changes nothing, and what was is characters and nothing more."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.fixtures.centre import ANAS_OWN, MARIA, SUPPORT, Centre, new_sid
from tests.fixtures.tab import Ledger, open_tab
from tests.fixtures.waiting import until


@pytest.fixture
def engine() -> str:
    return "sqlite"


async def test_rows_30_to_37_what_is_not_exactly_what_the_carrier_signed_changes_nothing(centre: Centre) -> None:
    """SECURITY 30, 31, 32, 33, 35, 36, 37."""
    await centre.open(webs=2)
    hook, status = centre.carriers["twilio"]["hook_url"], centre.carriers["twilio"]["status_url"]
    fields = {"MessageSid": new_sid(), "From": MARIA, "To": SUPPORT, "Body": "Hi", "NumMedia": "0"}
    right = centre.sign(hook, fields)
    forged = [
        await centre.twilio(hook, fields, signature=""),
        await centre.twilio(hook, fields, signature=right[:-4]),
        await centre.twilio(hook, fields, signature=centre.sign(status, fields)),
        await centre.twilio(hook, {**fields, "Body": "Hi!"}, signature=right),
        await centre.twilio(hook, {**fields, "From": "+12025550199"}, signature=right),
        await centre.twilio(status, {"MessageSid": fields["MessageSid"], "MessageStatus": "delivered"}, signature=right),
    ]
    said = {"type": "message.received", "id": "g-1", "from": MARIA, "to": SUPPORT, "body": "Hi"}
    forged += [await centre.gateway(said, at=datetime.now(UTC) + timedelta(seconds=seconds)) for seconds in (-310, 310)]
    assert {(answer.status_code, answer.content) for answer in forged} == {(403, b"")}
    assert (await centre.manage("GET", "conversations?view=all"))["items"] == []
    assert await centre.rows("select * from inbox") == []

    async with open_tab(centre, "mia") as mia:
        answers = await asyncio.gather(*(centre.twilio(hook, fields, web=number % 2) for number in range(300)))
        assert {answer.status_code for answer in answers} == {200}
        await mia.until_current()
        id = await centre.conversation(MARIA)
        assert len((await centre.manage("GET", f"conversations/{id}/messages"))["items"]) == 1
        head = await centre.head()
        stranger = await centre.text(MARIA, "To nobody", to="+12025550999")
        receipt = await centre.twilio(status, {"MessageSid": new_sid(), "MessageStatus": "delivered"})
        assert (stranger.status_code, receipt.status_code) == (200, 200)
        assert await centre.head() == head, "kept, and shown to nobody"
        assert await mia.ledger() == Ledger()

    guesses = [await centre.twilio(hook.replace(hook[-26:], f"{number:026}"), fields) for number in range(61)]
    assert [(answer.status_code, answer.content) for answer in guesses[:60]] == [(404, b"")] * 60
    assert guesses[60].status_code == 429
    assert (await centre.text(MARIA, "A right one still goes through")).status_code == 200


BODIES = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "{{7*7}}",
    '"><svg/onload=alert(1)>',
    "\u2028 and \u2029",
    "\u202edesrever",
    "😀" * 700,
)


async def test_row_39_any_body_is_the_same_characters_everywhere_and_inert_in_a_page(centre: Centre) -> None:
    """SECURITY 39, as far as no browser is needed: webhook, socket, API, and the page with its data."""
    await centre.open(webs=1, agents="ana")
    await centre.did(ANAS_OWN, "twilio", user=centre.people["ana"].id)
    browser = await centre.browser("ana")
    async with open_tab(centre, "ana") as ana:
        for body in BODIES:
            assert (await centre.text(MARIA, body, to=ANAS_OWN)).status_code == 200
        assert (await centre.text(MARIA, "nul\x00led", to=ANAS_OWN)).status_code == 200
        expected = [*BODIES, "nulled"]
        await until(lambda: len(ana.of("message.received")) == len(expected))
        assert [event["data"]["message"]["body"] for event in ana.of("message.received")] == expected
        id = await centre.conversation(MARIA)
        messages = (await centre.call("ana", "GET", f"conversations/{id}/messages")).json()["items"]
        assert [message["body"] for message in messages] == expected
    name = "</script><script>alert(1)</script>"
    await centre.manage("PATCH", f"users/{centre.people['ana'].id}", name=name)
    for path in ("/sms", f"/sms/{id}", "/pool"):
        page = (await browser.get(path)).text
        assert "&lt;/script&gt;" in page, "the name is there, as characters"
        assert "\\u003c/script\\u003e" in page, "and in the page's data"
        for body in BODIES[:4]:
            assert body not in page, "neither as markup nor as the end of a script"
