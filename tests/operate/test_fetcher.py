"""The fetcher as the sender role runs it: woken by a text, patient with its store, and silent about addresses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import httpx2
import pytest

from server import fetcher
from server.carriers.carrier import Connection, InboundText, MediaRef
from server.desk import inbox, lines
from server.desk.lines import NewCarrier
from server.desk.media_fetch import PAUSES_US
from server.desk.receive import receive_texts
from server.fetcher import OpenClient
from server.parts import Parts, open_parts
from server.public_http import open_public_client
from server.settings import Settings
from server.store.database import Transaction
from tests.fixtures.carrier_api import CarrierApi, answers
from tests.fixtures.carrier_media import redirects
from tests.fixtures.logged import Logged
from tests.fixtures.office import MARIA, SUPPORT, Office, build_office
from tests.fixtures.pictures import picture
from tests.fixtures.waiting import until

AT = 1_700_000_000_000_000
SECRET = "planted-in-the-address"


@dataclass
class Process:
    parts: Parts
    office: Office
    connection: Connection
    host: str

    async def mms(self, name: str) -> None:
        text = InboundText(name, MARIA, SUPPORT, "", (MediaRef(f"{self.host}/{SECRET}/{name}", "image/png"),))
        await receive_texts(self.parts.desk, self.connection, [text], AT)

    async def states(self) -> list[str]:
        page = await inbox.message_list(self.parts.desk, self.office.ana, await self.office.conversation())
        return [media.state for message in page.items for media in message.media]

    async def put_off(self, tries: int) -> bool:
        """Whether that many tries are over and the next has its time."""

        async def read(tx: Transaction) -> bool:
            row = await tx.one("select attempt, next_at from media")
            assert row is not None
            left = (row["next_at"] or 0) - tx.now - PAUSES_US[tries - 1]
            return bool(row["attempt"] == tries and abs(left) < 10_000_000)

        return await self.parts.db.read(read)

    async def becomes(self, *states: str) -> None:
        async def same() -> bool:
            return await self.states() == [*states]

        await until(same)

    @asynccontextmanager
    async def running(self, open_client: OpenClient = open_public_client) -> AsyncIterator[None]:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fetcher.run(self.parts, stop, open_client))
            yield
            stop.set()


@pytest.fixture
async def process(settings: Settings, database_url: str, carrier_api: CarrierApi) -> AsyncIterator[Process]:
    """A process with a gateway whose attachments are at `carrier_api`."""
    settings = settings.model_copy(update={"database_url": database_url, "inside_addresses": (urlsplit(carrier_api.url).netloc,)})
    async with open_parts(settings) as parts:
        office = await build_office(parts.db, settings)
        office.desk = parts.desk
        new = NewCarrier(kind="generic", name="Gateway", credentials={"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
        made = await lines.add_carrier(parts.desk, office.mia, new)
        assert isinstance(made, lines.CarrierShape)
        connection = await parts.connections.get(made.id)
        assert connection is not None
        yield Process(parts, office, connection, carrier_api.url)


async def test_a_text_wakes_it_and_no_log_has_an_address(process: Process, carrier_api: CarrierApi, logged: Logged) -> None:
    carrier_api.answer = answers(200, picture())
    async with process.running():
        await process.mms("photo")
        await process.becomes("ready")
        carrier_api.answer = redirects(f"http://169.254.169.254/{SECRET}")
        await process.mms("inside")
        await process.becomes("ready", "blocked")
        carrier_api.answer = answers(404, SECRET.encode())
        await process.mms("gone")
        await until(lambda: logged.of("media.not_fetched"))
    assert [line["reason"] for line in logged.of("media.blocked")] == ["not https"]
    assert [line["reason"] for line in logged.of("media.not_fetched")] == ["HTTP 404"]
    assert SECRET not in logged.text
    assert "169.254" not in logged.text


async def test_what_cannot_be_kept_now_is_fetched_again_later(process: Process, carrier_api: CarrierApi) -> None:
    carrier_api.answer = answers(200, picture())
    in_the_way = Path(urlsplit(process.parts.settings.media_url).path)
    in_the_way.write_text("a file where the folder is to be")
    async with process.running():
        await process.mms("photo")
        await until(partial(process.put_off, 1))
        assert await process.states() == ["pending"]
        in_the_way.unlink()
        process.office.later(seconds=PAUSES_US[0] / 1_000_000 + 1)
        await process.becomes("ready")
    assert len(carrier_api.seen) == 2


async def test_what_belongs_to_no_carrier_any_more_is_lost_in_the_end(process: Process, logged: Logged) -> None:
    await process.mms("photo")
    await process.parts.db.write(lambda tx: tx.run("update media set carrier = null"))
    async with process.running():
        for tried, pause in enumerate(PAUSES_US, 1):
            await until(partial(process.put_off, tried))
            process.office.later(seconds=pause / 1_000_000 + 1)
        await process.becomes("failed")
    assert {line["reason"] for line in logged.of("media.not_fetched")} == {"its carrier is not there"}


async def test_what_was_away_when_it_started_is_fetched(process: Process, carrier_api: CarrierApi) -> None:
    carrier_api.answer = answers(200, picture())
    await process.mms("one")
    await process.mms("two")
    async with process.running():
        await process.becomes("ready", "ready")


async def test_attachments_that_are_fetched_at_once_share_one_client_which_is_closed_in_the_end(
    process: Process, carrier_api: CarrierApi
) -> None:
    class Hesitates(httpx2.AsyncClient):
        """Lets others have their turn while it opens, as a client may."""

        async def __aenter__(self) -> Self:
            await asyncio.sleep(0)
            return await super().__aenter__()

    opened: list[httpx2.AsyncClient] = []

    def open_client(inside: frozenset[str]) -> httpx2.AsyncClient:
        assert urlsplit(carrier_api.url).netloc in inside
        opened.append(Hesitates(transport=httpx2.AsyncHTTPTransport(), trust_env=False))
        return opened[-1]

    carrier_api.answer = answers(200, picture())
    await process.mms("one")
    await process.mms("two")
    async with process.running(open_client):
        await process.becomes("ready", "ready")
    assert [client.is_closed for client in opened] == [True]
