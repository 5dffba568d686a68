"""A text in a sender's hands whose database goes away before the call begins: it did not leave, and nobody is told that it may have."""

from pathlib import Path

from server.carriers.exchange import open_client
from server.clock import SystemClock
from server.desk.desk import Desk
from server.desk.dispatch import give_up_leases, lease
from server.desk.hear import Connections
from server.desk.send import Draft, send
from server.desk.writer import Writer
from server.sender import hand_over
from server.store.engines import open_database
from tests.fixtures.office import Office


async def without_a_database(office: Office, folder: Path, late: float) -> tuple[str, str | None, str | None]:
    """What becomes of a text whose carrier cannot be looked up, because nothing is in that database; `late` seconds after it was leased."""
    await office.text("Hi")
    await send(office.desk, office.ana, await office.conversation(), Draft("Hello", "c1", 10_000))
    [leased] = await lease(office.desk)
    office.later(seconds=late)
    await give_up_leases(office.desk)
    away = await open_database(f"sqlite:///{folder}/away.db")
    nowhere = Connections(Desk(away, Writer(away, office.published), office.desk.carriers, office.desk.settings), SystemClock())
    async with open_client() as http:
        await hand_over(office.desk, nowhere, leased, http)
    await away.close()
    row = await office.one("select state, error_code, error_says from messages where id = :id", id=leased.message)
    assert row is not None
    return row["state"], row["error_code"], row["error_says"]


async def test_a_text_whose_lease_was_over_before_its_call_began_failed_and_says_that_it_did_not_leave(
    office: Office, tmp_path: Path
) -> None:
    says = "It did not leave: the database was away. Send it again."
    assert await without_a_database(office, tmp_path, 21) == ("failed", "not_begun", says)
    assert (await office.one("select waiting_since from conversations") or {})["waiting_since"] is not None


async def test_a_text_whose_lease_still_holds_is_tried_again_by_itself(office: Office, tmp_path: Path) -> None:
    assert await without_a_database(office, tmp_path, 1) == ("sending", None, None)
    office.later(minutes=1)
    assert len(await lease(office.desk)) == 1
