"""Two processes on one PostgreSQL that change the same texts: each may wait for the other, and never both for each other."""

from collections.abc import Iterator

import pytest

from server.desk.desk import Desk
from server.desk.dids import remove_did
from server.desk.outcome import News, apply
from server.desk.quiet_hours import hold, look_again
from server.desk.send import Draft, send
from server.desk.settings import Changes, change_settings
from server.desk.settings_shape import QuietHoursShape
from server.desk.shapes import MessageShape, instant
from server.desk.work import Work
from server.domain.events import EventType
from server.domain.message import MessageState
from server.domain.user import SYSTEM
from server.store import messages, outbox
from server.store.database import Transaction
from tests.fixtures.databases import PostgresCluster
from tests.fixtures.meanwhile import meanwhile
from tests.fixtures.office import MINUTE_US, SALES, Office

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def _no_deadlock(postgres: PostgresCluster) -> Iterator[None]:
    """PostgreSQL itself tells of each that it had to break; whoever was in one is tried again a second later."""

    def deadlocks() -> int:
        return (postgres.folder / "postgres.log").read_text().count("deadlock detected")

    before = deadlocks()
    yield
    assert deadlocks() == before


async def now(office: Office) -> int:
    async def read(tx: Transaction) -> int:
        return tx.now

    return await office.desk.read(read)


async def quiet(office: Office, desk: Desk, ends: int) -> None:
    """From an hour ago to so many minutes from now."""
    at = await now(office)
    start, end = (instant(at + minutes * MINUTE_US)[11:16] for minutes in (-60, ends))
    await change_settings(desk, office.mia, Changes(quiet_hours=QuietHoursShape(start, end, 0)))


async def held_text(office: Office) -> str:
    """One that quiet hours hold and that waits to be looked at; its id."""
    await office.text("Hi", to=SALES)
    await office.desk.db.write(lambda tx: tx.run("update contacts set timezone = 'UTC'"))
    await quiet(office, office.desk, 60)
    later = Draft("Later", "later", 10_000, send_at=await now(office) + 30 * MINUTE_US)
    text = await send(office.desk, office.ben, await office.conversation(), later)
    assert isinstance(text, MessageShape)
    await quiet(office, office.desk, 61)
    return text.id


async def test_settings_change_while_another_process_writes_a_text_that_quiet_hours_hold(office: Office, second_desk: Desk) -> None:
    id = await held_text(office)

    async def held_anew(work: Work) -> None:
        text = await work.message(id)
        assert text is not None
        hold(work, text, work.now + 90 * MINUTE_US)
        await messages.update(work.tx, list(work.staged.messages.values()))

    await meanwhile(second_desk, held_anew, lambda: quiet(office, office.desk, 62))
    assert await look_again(office.desk)
    row = await office.one("select send_at from messages where id = :id", id=id)
    assert row is not None
    assert 60 * MINUTE_US < row["send_at"] - await now(office) <= 62 * MINUTE_US, "it is looked at by the new hours"


async def test_a_held_text_is_cancelled_while_the_timer_looks_at_it(office: Office, second_desk: Desk) -> None:
    id = await held_text(office)

    async def cancelled(work: Work) -> None:
        text = await work.message(id)
        assert text is not None
        await apply(work, text, News(MessageState.CANCELLED, "by_hand", "It was cancelled."))

    await meanwhile(second_desk, cancelled, lambda: look_again(office.desk))
    assert await office.one("select state, asked_at from messages where id = :id", id=id) == {"state": "cancelled", "asked_at": None}


async def test_a_number_is_removed_while_texts_leave_over_it(office: Office, second_desk: Desk) -> None:
    await office.text("Hi", to=SALES)
    await change_settings(office.desk, office.mia, Changes(default_did=office.support))

    async def paced(work: Work) -> None:
        await outbox.hold_paces(work.tx, [office.support])
        work.tell(office.account, EventType.SETTINGS_CHANGED, SYSTEM, data={})

    await meanwhile(second_desk, paced, lambda: remove_did(office.desk, office.mia, office.support))
    assert await office.one("select default_did from accounts") == {"default_did": None}
