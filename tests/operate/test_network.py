"""The sandbox's network: what becomes of a text once the carrier took it, and phones that answer by themselves."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from server import sender
from server.desk import lines
from server.desk.send import Draft, send
from server.network import Network
from server.parts import Parts
from server.store.database import Transaction
from tests.fixtures.office import MARIA, SUPPORT, Office
from tests.fixtures.waiting import until


@pytest.fixture
def parts(parts: Parts) -> Parts:
    parts.network.dials.delay = (0.01, 0.02)
    return parts


@pytest.fixture
async def centre(parts: Parts, centre: Office) -> AsyncIterator[Office]:
    """An office whose texts leave; its contact has just asked something."""
    made = await lines.add_carrier(parts.desk, centre.mia, lines.NewCarrier(kind="sandbox", name="Sealed", credentials={}))
    carrier = str(made.id)  # type: ignore[union-attr]

    async def move(tx: Transaction) -> None:
        await tx.run("update dids set carrier = :carrier", carrier=carrier)

    await parts.db.write(move)
    connection = await parts.connections.get(carrier)
    assert connection is not None
    centre.connection = connection
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sender.run(parts, stop))
        await centre.text("Are you open?")
        yield centre
        stop.set()


async def answer(centre: Office, client_id: str = "one") -> str:
    sent = await send(centre.desk, centre.ana, await centre.conversation(), Draft("We are.", client_id))
    return str(sent.id)  # type: ignore[union-attr]


async def state(centre: Office, message: str) -> str:
    row = await centre.one("select state from messages where id = :id", id=message)
    assert row is not None
    return str(row["state"])


async def inbound(centre: Office) -> list[str]:
    return [row["body"] for row in await centre.all("select body from messages where direction = 'inbound' order by seq")]


async def arrives(centre: Office, message: str, wanted: str) -> None:
    async def there() -> bool:
        return await state(centre, message) == wanted

    await until(there)


async def test_a_text_arrives_and_nobody_answers_unless_told_to(parts: Parts, centre: Office) -> None:
    parts.network.dials.lines = {MARIA: ("Thanks",)}
    await arrives(centre, await answer(centre), "delivered")
    await asyncio.sleep(0.1)
    assert await inbound(centre) == ["Are you open?"]


async def test_a_phone_with_lines_answers_a_person_one_line_after_another(parts: Parts, centre: Office) -> None:
    parts.network.dials.replies = True
    parts.network.dials.lines = {MARIA: ("Thanks", "Bye")}
    for turn, wanted in enumerate((["Thanks"], ["Thanks", "Bye"], ["Thanks", "Bye", "Thanks"])):
        await answer(centre, f"text {turn}")

        async def answered(wanted: list[str] = wanted) -> bool:
            return await inbound(centre) == ["Are you open?", *wanted]

        await until(answered)


async def test_an_automatic_text_is_not_answered(parts: Parts, centre: Office) -> None:
    parts.network.dials.replies = True
    parts.network.dials.lines = {MARIA: ("Thanks",)}
    await centre.text("HELP")

    async def helped() -> bool:
        return await centre.one("select id from messages where direction = 'outbound' and state = 'delivered'") is not None

    await until(helped)
    await asyncio.sleep(0.1)
    assert await inbound(centre) == ["Are you open?", "HELP"]


@pytest.mark.parametrize("how", ["phone away", "number refused", "all fail"])
async def test_what_cannot_arrive_is_undelivered_with_a_reason(parts: Parts, centre: Office, how: str) -> None:
    dials = parts.network.dials
    if how == "phone away":
        dials.away.add(MARIA)
    elif how == "number refused":
        dials.refused.add(SUPPORT)
    else:
        dials.delivery = "fail"
    message = await answer(centre)
    await arrives(centre, message, "undelivered")
    row = await centre.one("select error_code, error_says from messages where id = :id", id=message)
    assert row is not None
    assert row["error_code"]
    assert row["error_says"].endswith(".")


async def test_a_lost_receipt_leaves_the_text_sent(parts: Parts, centre: Office) -> None:
    parts.network.dials.delivery = "lost"
    message = await answer(centre)
    await arrives(centre, message, "sent")
    await asyncio.sleep(1.3)
    assert await state(centre, message) == "sent"


def test_every_text_arrives_and_nobody_answers_where_no_dial_was_turned() -> None:
    dials = Network().dials
    assert (dials.replies, dials.delivery, dials.away, dials.refused) == (False, "ok", set(), set())
