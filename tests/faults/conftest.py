"""What breaks the product: a carrier that goes on whatever happens, and the figures of a ledger."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import httpx2
import pytest

from tests.fixtures.centre import ANAS_OWN, Centre, new_sid
from tests.fixtures.figures import Figures, percentiles
from tests.fixtures.tab import Ledger, Tab


@pytest.fixture
def engine() -> str:
    """SQLite, unless a test says otherwise: what breaks here is not the database."""
    return "sqlite"


@dataclass
class Carrier:
    """Texts to Ana's number, over and over, from a few phones; what is not acknowledged is repeated with the same id, as Twilio does."""

    centre: Centre
    phones: int = 6
    sent: int = 0
    repeated: int = 0
    ids: list[str] = field(default_factory=list)

    async def send(self, count: int, *, every: float, webs: Sequence[int] = (0,)) -> None:
        """`count` texts, one each `every` seconds, to these web processes in turn; returns when all are acknowledged."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                await asyncio.sleep(max(0.0, began + number * every - loop.time()))
                group.create_task(self.deliver(webs[number % len(webs)]))

    async def deliver(self, web: int) -> None:
        self.sent += 1
        number, sid = self.sent, new_sid()
        self.ids.append(sid)
        while True:
            try:
                phone = f"+1202556{number % self.phones:04}"
                answer = await self.centre.text(phone, f"Text {number}", sid=sid, to=ANAS_OWN, web=web)
                if answer.status_code == 200:
                    return
                assert answer.status_code == 503, answer.text
            except httpx2.HTTPError:
                pass
            self.repeated += 1
            await asyncio.sleep(0.05)


@pytest.fixture
def carrier(centre: Centre) -> Carrier:
    return Carrier(centre)


async def settle(centre: Centre, carrier: Carrier, tabs: Iterable[Tab], figures: Figures) -> None:
    """Every text is there once, and every tab has every event once, in order, without a reload by hand."""
    texts = (await centre.rows("select count(*) as n from messages where direction = 'inbound'"))[0]["n"]
    assert texts == carrier.sent
    assert (await centre.rows("select count(*) as n from inbox"))[0]["n"] == carrier.sent
    instants = {row["position"]: row["at"] for row in await centre.rows("select position, at from events")}
    for tab in tabs:
        await tab.until_current()
        ledger = await tab.ledger()
        delays = tab.delays(instants)
        figures(
            f"{tab.person.name} on web {tab.web}: events {len(tab.events)}, texts {carrier.sent} ({carrier.repeated} repeated), "
            f"lost {len(ledger.lost)}, doubled {len(ledger.doubled)}, reordered {len(ledger.reordered)}, leaked {len(ledger.leaked)}, "
            f"connections {len(tab.given)}, gaps {tab.gaps}, {percentiles(delays)}"
        )
        assert ledger == Ledger()
        assert tab.resets == []
        await tab.assert_equals_fresh_load()


async def open_with_ana(centre: Centre, *, webs: int, **processes: int) -> None:
    """Ana has a number of her own: whoever texts it is hers at once."""
    await centre.open(webs=webs, agents="ana ben", **processes)
    await centre.did(ANAS_OWN, "twilio", user=centre.people["ana"].id)
