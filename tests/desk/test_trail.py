"""The audit trail's order is the order of the changes, however they meet."""

import asyncio
from typing import Any

from server.desk.audit import audit_trail
from server.desk.settings import Changes, change_settings
from tests.fixtures.office import Office


async def chain(office: Office) -> list[tuple[Any, Any]]:
    """(before, after) of the public minutes, oldest first."""
    found = (await audit_trail(office.desk, office.mia, user=None, what="settings.changed", before=None, limit=100)).items
    return [(one.before["sms_public_minutes"], one.after["sms_public_minutes"]) for one in reversed(found) if one.before and one.after]


def assert_chained(entries: list[tuple[Any, Any]], count: int) -> None:
    assert len(entries) == count
    assert [before for before, _ in entries[1:]] == [after for _, after in entries[:-1]]


async def test_changes_of_one_batch_stand_in_their_order(office: Office) -> None:
    await asyncio.gather(*(change_settings(office.desk, office.mia, Changes(sms_public_minutes=minutes)) for minutes in range(30, 42)))
    assert_chained(await chain(office), 12)


async def test_a_change_that_began_earlier_and_waited_stands_behind_the_one_it_waited_for(office: Office) -> None:
    for minutes in range(30, 36):
        await change_settings(office.desk, office.mia, Changes(sms_public_minutes=minutes))
        office.later(seconds=-60)
    assert_chained(await chain(office), 6)
