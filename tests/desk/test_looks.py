"""The looks of the roles that find nothing due: twice a second, and never as a writer."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from server.carriers.carrier import Receipt
from server.chores import IMPORTERS
from server.desk.desk import Desk
from server.desk.dispatch import give_up_leases, lease
from server.desk.importing import import_next
from server.desk.quiet_hours import look_again
from server.desk.receipts import apply_parked, apply_receipts
from server.desk.scheduled import leave_due
from server.desk.send import Draft, send
from server.domain.message import MessageState
from tests.fixtures.office import MINUTE_US, SALES, Office


async def no_rest(_: float) -> None:
    await asyncio.sleep(0)


async def take_import(desk: Desk) -> bool:
    return await import_next(desk, "me", no_rest, IMPORTERS)


@pytest.mark.parametrize("look", [give_up_leases, apply_parked, look_again, leave_due, take_import])
async def test_a_look_that_finds_nothing_due_keeps_nobody_from_writing(office: Office, look: Callable[[Desk], Awaitable[int]]) -> None:
    """There is a text in a sender's hands, one that is planned, and a receipt for another system's text."""
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    await send(office.desk, office.ben, id, Draft("Now", "now", 10_000))
    [leased] = await lease(office.desk)
    assert leased.conversation == id
    rows = await office.all("select max(at) as at from events")
    await send(office.desk, office.ben, id, Draft("Later", "later", 10_000, send_at=rows[0]["at"] + 30 * MINUTE_US))
    await apply_receipts(office.desk, office.connection, [Receipt("another system's", None, MessageState.DELIVERED)])
    before = office.desk.writer.batches
    assert not await look(office.desk)
    assert office.desk.writer.batches == before
