"""What quiet hours hold is looked at again by what is so by then, and never once it is cancelled."""

from functools import partial

import pytest

from server.desk.desk import Desk
from server.desk.dispatch import lease
from server.desk.quiet_hours import look_again
from server.desk.scheduled import cancel, leave_due
from server.desk.send import Draft, send
from server.desk.settings import Changes, change_settings
from server.desk.settings_shape import QuietHoursShape
from server.desk.shapes import MessageShape, instant
from server.desk.work import Work
from server.store import held
from server.store.database import Transaction
from tests.fixtures.meanwhile import meanwhile
from tests.fixtures.office import MARIA, MINUTE_US, SALES, WEI, Office


async def maria(office: Office) -> str:
    """Her conversation with Ben, and that she lives by UTC."""
    await office.text("Hi", to=SALES)
    await office.desk.db.write(lambda tx: tx.run("update contacts set timezone = 'UTC'"))
    return await office.conversation()


async def now(office: Office) -> int:
    async def read(tx: Transaction) -> int:
        return tx.now

    return await office.desk.read(read)


async def quiet(office: Office, begins: int, ends: int) -> int:
    """Quiet hours from `begins` to `ends` minutes from now, by the clock of UTC; the instant (µs) at which they end."""
    at = await now(office)
    start, end = (instant(at + minutes * MINUTE_US)[11:16] for minutes in (begins, ends))
    await change_settings(office.desk, office.mia, Changes(quiet_hours=QuietHoursShape(start, end, 0, False)))
    return (at + ends * MINUTE_US) // MINUTE_US * MINUTE_US


async def held_texts(office: Office, id: str) -> tuple[str, str]:
    """Two texts that quiet hours hold, one that was queued and one that is planned; their ids."""
    queued = await send(office.desk, office.ben, id, Draft("Now", "now", 10_000))
    await quiet(office, -60, 60)
    assert await lease(office.desk) == []
    planned = await send(office.desk, office.ben, id, Draft("Later", "later", 10_000, send_at=await now(office) + 30 * MINUTE_US))
    assert isinstance(queued, MessageShape)
    assert isinstance(planned, MessageShape)
    assert await asked(office) == 2
    return queued.id, planned.id


async def mark(office: Office, phone: str, tx: Transaction) -> None:
    row = await tx.one("select contact from conversations where phone = :phone", phone=phone)
    assert row is not None
    await held.look_again(tx, office.account, [row["contact"]])


async def taken(office: Office, limit: int) -> list[tuple[str, int]]:
    found = await office.desk.db.write(lambda tx: held.take_to_look_at(tx, limit))
    assert found is not None, "there is a mark"
    return found


async def asked(office: Office) -> int:
    return len(await office.all("select id from messages where asked_at is not null"))


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_a_zone_that_changes_while_the_timer_looks_is_the_one_that_counts(office: Office, second_desk: Desk) -> None:
    """Another process has changed the zone and marked the text, and has not committed yet when the timer comes to it."""
    queued, _ = await held_texts(office, await maria(office))
    await office.desk.db.write(lambda tx: held.look_again(tx, office.account))

    async def move(work: Work) -> None:
        await work.tx.run("update contacts set timezone = 'Etc/GMT-12'")
        await held.look_again(work.tx, office.account)

    await meanwhile(second_desk, move, lambda: look_again(office.desk))
    while await look_again(office.desk):
        pass
    assert [leased.message for leased in await lease(office.desk)] == [queued], "it is noon twelve hours on"


async def test_each_mark_is_looked_at_once_and_the_longest_waiting_first(office: Office) -> None:
    marias = await maria(office)
    await held_texts(office, marias)
    await office.text("Hi", sender=WEI, to=SALES)
    await office.desk.db.write(lambda tx: tx.run("update contacts set timezone = 'UTC'"))
    weis = await office.conversation(WEI)
    await office.desk.db.write(lambda tx: held.take_to_look_at(tx, 10))
    await send(office.desk, office.ben, weis, Draft("Later", "wei", 10_000, send_at=await now(office) + 30 * MINUTE_US))
    for contact in (WEI, MARIA):
        office.later(seconds=1)
        await office.desk.db.write(partial(mark, office, contact))
    assert [id for id, _ in await taken(office, 1)] == [weis]
    assert [id for id, _ in await taken(office, 10)] == [marias] * 2
    assert await office.desk.db.write(lambda tx: held.take_to_look_at(tx, 10)) is None


async def test_of_many_texts_few_are_looked_at_at_a_time_each_once_and_what_changes_meanwhile_counts_for_all(office: Office) -> None:
    """Texts with their numbers: two of Maria's and five of Wei's, marked in this order."""
    marias = await maria(office)
    await held_texts(office, marias)
    await office.text("Hi", sender=WEI, to=SALES)
    await office.desk.db.write(lambda tx: tx.run("update contacts set timezone = 'UTC'"))
    weis = await office.conversation(WEI)
    for number in range(5):
        later = Draft(f"Text {number}", f"wei {number}", 10_000, send_at=await now(office) + (30 + number) * MINUTE_US)
        await send(office.desk, office.ben, weis, later)
    seqs = {
        id: [row["seq"] for row in await office.all("select seq from messages where conversation = :id and asked_at is not null", id=id)]
        for id in (marias, weis)
    }
    await office.desk.db.write(lambda tx: tx.run("delete from held_looks"))
    for contact in (MARIA, WEI):
        office.later(seconds=1)
        await office.desk.db.write(partial(mark, office, contact))
    assert await taken(office, 3) == [*((marias, seq) for seq in seqs[marias]), (weis, seqs[weis][0])]
    assert await taken(office, 3) == [(weis, seq) for seq in seqs[weis][1:4]]
    office.later(seconds=1)
    await office.desk.db.write(partial(mark, office, WEI))
    assert await taken(office, 3) == [(weis, seq) for seq in seqs[weis][:3]]
    assert await taken(office, 3) == [(weis, seq) for seq in seqs[weis][3:]]
    assert await office.desk.db.write(lambda tx: held.take_to_look_at(tx, 3)) is None


async def test_what_an_opt_out_cancels_is_held_no_longer(office: Office) -> None:
    await held_texts(office, await maria(office))
    await office.text("STOP", to=SALES)
    assert [row["state"] for row in await office.all("select state from messages where client_id is not null")] == ["cancelled"] * 2
    assert await asked(office) == 0


async def test_what_its_author_takes_back_is_held_no_longer(office: Office) -> None:
    _, planned = await held_texts(office, await maria(office))
    await cancel(office.desk, office.ben, planned)
    assert await asked(office) == 1


async def test_what_leaves_not_since_its_author_is_disabled_is_held_no_longer(office: Office) -> None:
    await held_texts(office, await maria(office))
    await office.desk.db.write(lambda tx: tx.run("update users set disabled_at = :now where id = :id", now=tx.now, id=office.ben.id))
    office.later(minutes=61)
    assert await leave_due(office.desk) == 1
    assert await asked(office) == 1


async def test_only_what_may_still_leave_is_looked_at_again(office: Office) -> None:
    """A text that was cancelled in former times may still say until when it was held."""
    _, planned = await held_texts(office, await maria(office))
    await office.desk.db.write(lambda tx: tx.run("update messages set state = 'cancelled' where id = :id", id=planned))
    await office.desk.db.write(lambda tx: held.look_again(tx, office.account))
    assert len(await taken(office, 10)) == 1
