"""Kannel really running, through the whole product: a text in reaches a tab, an answer goes out to a phone, a receipt comes back.

Its `fake` connection gives receipts as a centre does: 8 when the phone's side took the text, then 1; 16 where no connection takes it.
"""

import itertools
import json
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from server.store.engines import open_database
from tests.fixtures.browser import Team
from tests.fixtures.forks import Forks
from tests.fixtures.house import House, open_house
from tests.fixtures.kannel import DENIED, HOOK_TOKEN, PASSWORD, USERNAME, Arrived, Kannel, free_ports
from tests.fixtures.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

OURS = "+12025550100"
_phones = itertools.count(143)


@pytest.fixture
def phone() -> str:
    """Of a person that no other test here knows."""
    return f"+12025550{next(_phones)}"


class Line:
    """An account whose number hangs on a Kannel. `address` is where Kannel calls us, without its token."""

    def __init__(self, team: Team, kannel: Kannel, address: str) -> None:
        self.team, self.kannel, self.address = team, kannel, address

    async def call(self, path: str = "", /, **query: str) -> httpx2.Response:
        """As Kannel calls, by somebody else."""
        async with httpx2.AsyncClient(trust_env=False) as client:
            return await client.get(f"{self.address}{path}?{urlencode(query)}")

    async def bodies(self, phone: str, count: int, *, within: float = 20) -> list[str]:
        """What this phone has said, once it is `count` texts."""
        found: list[str] = []

        async def there() -> bool:
            items = (await self.team.call("mia", "GET", "conversations?view=all&limit=200"))["items"]
            ids = [item["id"] for item in items if item["contact"]["phone"] == phone]
            shown = await self.team.messages(ids[0]) if ids else []
            found[:] = [message["body"] for message in shown if message["direction"] == "inbound"]
            return len(found) >= count

        await until(there, within=within)
        return found

    async def arrived(self, phone: str, count: int, *, after: int = 0) -> list[Arrived]:
        """What has come to this phone since `after` parts, once it is `count` parts; fakesmsc looks every second."""
        await until(lambda: len(self.kannel.arrived(phone)) >= after + count, within=10)
        return self.kannel.arrived(phone)[after:]

    async def answer(self, phone: str, body: str) -> str:
        """Ana answers by the API; the message's id."""
        sent = await self.team.send("ana", await self.team.conversation(phone), body)
        return str(sent["id"])

    async def until_state(self, phone: str, message: str, state: str) -> dict[str, Any]:
        conversation = await self.team.conversation(phone)
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            found[:] = [each for each in await self.team.messages(conversation) if each["id"] == message and each["state"] == state]
            return bool(found)

        await until(there, within=15)
        return found[0]


@pytest.fixture(scope="module")
def kannel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kannel]:
    """Known, not started: it wants to know our address first."""
    kannel = Kannel(tmp_path_factory.mktemp("kannel"))
    try:
        yield kannel
    finally:
        kannel.stop()


@pytest.fixture(scope="module")
def kannels_house(tmp_path_factory: pytest.TempPathFactory, kannel: Kannel, forks: Forks) -> Iterator[House]:
    settings = {"PORT": str(free_ports(1)[0]), "CARRIER_KANNEL_URL": kannel.sendsms}
    yield from open_house(tmp_path_factory.mktemp("house"), forks, **settings)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def line(kannels_house: House, kannel: Kannel, browser: Browser) -> AsyncIterator[Line]:
    database = await open_database(kannels_house.database_url)
    team = Team(kannels_house, browser, database, 1)
    try:
        await team.open()
        credentials = {"username": USERNAME, "password": PASSWORD, "hook_token": HOOK_TOKEN}
        carrier = await team.call("mia", "POST", "carriers", kind="kannel", name="Kannel", credentials=credentials)
        await team.call("mia", "POST", "dids", number=OURS, carrier=carrier["id"], capabilities=["sms"], label="Kannel")
        kannel.start(carrier["hook_url"])
        yield Line(team, kannel, carrier["hook_url"])
    finally:
        await team.close()
        await database.close()
    assert team.faults == []


async def test_a_text_reaches_a_tab_and_the_answer_a_phone_whose_receipt_the_tab_shows(line: Line, phone: str) -> None:
    ana = await line.team.window("ana")
    await ana.view("Unanswered")
    line.kannel.text(phone, OURS, "Hi, is it ready?")
    await ana.page.get_by_role("region", name="Conversations").get_by_text("Hi, is it ready?").click(timeout=15_000)
    await expect(ana.page.locator(".message.inbound .words")).to_have_text("Hi, is it ready?")
    await ana.write("Yes, come by any time.")
    await expect(ana.outbound.last).to_contain_text("Delivered", timeout=15_000)
    [arrived] = await line.arrived(phone, 1)
    assert (arrived.sender, arrived.content.decode()) == (OURS, "Yes, come by any time. Reply STOP to unsubscribe.")


async def test_every_letter_comes_in_as_it_was_typed(line: Line, phone: str) -> None:
    """GSM, UCS-2 with emoji, eight bits, nothing at all; spaces at both ends."""
    line.kannel.text(phone, OURS, "  Größe & 50 % = {€} + \\ ?a=b#c  ")
    assert await line.bodies(phone, 1) == ["  Größe & 50 % = {€} + \\ ?a=b#c  "]
    line.kannel.wide_text(phone, OURS, "Всё – 😀\nзавтра ")
    line.kannel.octets(phone, OURS, "Grüße\nfrom a modem".encode("latin-1"))
    line.kannel.text(phone, OURS, "")
    bodies = await line.bodies(phone, 4)
    assert sorted(bodies[1:]) == sorted(["Всё – 😀\nзавтра ", "Grüße\nfrom a modem", ""])


async def test_a_long_text_comes_in_as_one_whatever_the_order_of_its_parts(line: Line, phone: str) -> None:
    parts = [f"{number}:{'long text ' * 14}" for number in (1, 2, 3)]
    for number in (3, 1, 2):
        line.kannel.part(phone, OURS, parts[number - 1], number=number, of=3, ref=7)
    [body] = await line.bodies(phone, 1)
    assert body == "".join(parts)


async def test_emoji_and_long_texts_arrive_whole(line: Line, phone: str) -> None:
    line.kannel.text(phone, OURS, "Tell me more")
    await line.bodies(phone, 1)
    wide, long = "😀 Всё – завтра " * 30, "{ten} segments? " * 84
    for body, coding in ((wide, "utf-16-be"), (long.strip(), "utf-8")):
        before = len(line.kannel.arrived(phone))
        message = await line.answer(phone, body)
        shown = await line.until_state(phone, message, "delivered")
        parts = sorted(await line.arrived(phone, int(shown["segments"]), after=before), key=lambda arrived: arrived.part)
        assert b"".join(part.content for part in parts).decode(coding) == shown["body"]
        assert len(parts) == shown["segments"] > 5


async def test_whoever_writes_is_taken_and_a_name_cannot_be_answered(line: Line) -> None:
    for sender in ("Café", "72345", "004915112345678"):
        line.kannel.text(sender, OURS, f"From {sender}")
    assert await line.bodies("Café", 1) == ["From Café"]
    assert await line.bodies("72345", 1) == ["From 72345"]
    assert await line.bodies("+4915112345678", 1) == ["From 004915112345678"]
    seq = (await line.team.call("ana", "GET", f"conversations/{await line.team.conversation('Café')}"))["seq"]
    path = f"/api/v1/conversations/{await line.team.conversation('Café')}/messages"
    refused = await line.team.client("ana").post(path, json={"body": "Hi", "client_id": "c", "seen_seq": seq})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_repliable")


async def test_what_kannel_cannot_route_is_failed_with_a_word_on_what_to_do(line: Line) -> None:
    line.kannel.text(f"{DENIED}1", OURS, "Can you answer?")
    await line.bodies(f"{DENIED}1", 1)
    failed = await line.until_state(f"{DENIED}1", await line.answer(f"{DENIED}1", "No"), "failed")
    assert "Ask your manager" in failed["error"]["says"]
    assert line.kannel.arrived(f"{DENIED}1") == []


async def test_stop_is_confirmed_once_by_us_since_kannel_does_not(line: Line, phone: str) -> None:
    for _ in range(2):
        line.kannel.text(phone, OURS, "STOP")
    await line.bodies(phone, 2)
    [confirmation] = await line.arrived(phone, 1)
    assert b"START" in confirmation.content
    id = await line.team.conversation(phone)
    assert (await line.team.call("ana", "GET", f"conversations/{id}"))["opted_out"]
    assert line.kannel.arrived(phone) == [confirmation]


async def test_texts_that_come_while_we_are_killed_are_neither_lost_nor_doubled(line: Line, phone: str) -> None:
    """Twice: by somebody, and by ourselves between the commit of a text and the answer that Kannel waits for."""
    house = line.team.house
    line.kannel.text(phone, OURS, "Number 0")
    await line.bodies(phone, 1)
    ana = await line.team.window("ana", f"/sms/{await line.team.conversation(phone)}")
    await until(ana.spoken)
    _number(line, phone, range(1, 9))
    house.kill_web()
    _number(line, phone, range(9, 17))
    dying = house.partyline.begin("web", PORT=house.address.rpartition(":")[2], FAILPOINTS="writer.committed:2")
    await until(lambda: dying.ended == -signal.SIGKILL, within=20)
    _number(line, phone, range(17, 25))
    await house.start_web()
    expected = sorted(f"Number {number}" for number in range(25))
    assert sorted(await line.bodies(phone, 25, within=30)) == expected

    async def all_shown() -> bool:
        return sorted(await ana.bubbles()) == expected

    await until(all_shown, within=20)
    line.kannel.text(phone, OURS, "The last one")
    assert sorted(await line.bodies(phone, 26)) == sorted([*expected, "The last one"]), "nothing comes twice"


def _number(line: Line, phone: str, numbers: range) -> None:
    for number in numbers:
        line.kannel.text(phone, OURS, f"Number {number}")


async def test_an_answer_waits_for_a_gateway_that_is_down(line: Line, phone: str) -> None:
    line.kannel.text(phone, OURS, "Still there?")
    await line.bodies(phone, 1)
    line.kannel.stop_smsbox()
    message = await line.answer(phone, "Yes")
    await line.until_state(phone, message, "sending")
    line.kannel.start_smsbox()
    await line.until_state(phone, message, "delivered")
    assert len(await line.arrived(phone, 1)) == 1


async def test_a_wrong_token_is_403_and_stores_nothing(line: Line, phone: str) -> None:
    fields = {"id": "1", "from": phone, "to": OURS, "text": "planted", "charset": "UTF-8"}
    for token in ({}, {"token": ""}, {"token": HOOK_TOKEN[:-1]}, {"token": HOOK_TOKEN.upper()}):
        answer = await line.call(**token, **fields)
        assert (answer.status_code, answer.content) == (403, b"")
        receipt = await line.call("/status", **token, message="x", state="1", reason="")
        assert (receipt.status_code, receipt.content) == (403, b"")
    unknown = await line.call("/status", token=HOOK_TOKEN, message="guessed", state="1", reason="")
    assert unknown.status_code == 403, "a message's token that we never gave"
    good = await line.call(token=HOOK_TOKEN, **fields | {"text": "not planted"})
    assert (good.status_code, good.content) == (200, b"")
    assert await line.bodies(phone, 1) == ["not planted"]


async def test_no_log_of_ours_holds_a_secret_or_a_text(line: Line, phone: str) -> None:
    line.kannel.text(phone, OURS, "Do not write this down")
    await line.bodies(phone, 1)
    await line.until_state(phone, await line.answer(phone, "Nor this"), "delivered")
    await line.call(token="wr0ng-s3cret", id="1", text="planted")
    logs = json.dumps([each.log() for each in line.team.house.partyline.running])
    assert "webhook.refused" in logs
    assert [
        said
        for said in (HOOK_TOKEN, quote(HOOK_TOKEN, safe=""), PASSWORD, "wr0ng-s3cret", "planted", "write this down", "Nor this")
        if said in logs
    ] == []
