"""Where an account keeps the states' own hours, a text to Texas waits on a Sunday morning, and says for what."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.desk.dispatch import lease
from server.desk.quiet_hours import OpenShape, look_again, quiet_now
from server.desk.send import Draft, send, start
from server.desk.settings import Changes, change_settings
from server.desk.settings_shape import QuietHoursShape
from server.desk.shapes import instant
from server.domain.errors import InQuietHours, Invalid
from server.store.database import Transaction
from tests.fixtures.office import SALES, Office

HOUR_US = 3_600_000_000
TEXAS, OHIO = "+12145550143", "+16145550143"
HOURS = "Texas: 09:00–21:00, Sunday 12:00–21:00"


async def now(tx: Transaction) -> int:
    return tx.now


async def sunday_at_ten(office: Office) -> int:
    """The next one in Chicago, µs; the clocks are moved there."""
    at = await office.desk.read(now)
    there = datetime.fromtimestamp(at / 1_000_000, ZoneInfo("America/Chicago"))
    sunday = (there + timedelta(days=7 - there.isoweekday() or 7)).replace(hour=10, minute=0, second=0, microsecond=0)
    office.later(seconds=(sunday.astimezone(UTC) - there.astimezone(UTC)).total_seconds())
    return round(sunday.timestamp()) * 1_000_000


async def keep_hours(office: Office, *, states: bool, start: str = "20:00", end: str = "08:00") -> None:
    await change_settings(office.desk, office.mia, Changes(quiet_hours=QuietHoursShape(start, end, 0, state_hours=states)))


async def conversation(office: Office, phone: str) -> str:
    await office.text("Hi", sender=phone, to=SALES)
    return await office.conversation(phone)


async def test_a_text_waits_for_the_state_and_says_which_hours_those_are(office: Office) -> None:
    sunday = await sunday_at_ten(office)
    texas, ohio = await conversation(office, TEXAS), await conversation(office, OHIO)
    await keep_hours(office, states=True)
    with pytest.raises(InQuietHours) as refused:
        await send(office.desk, office.ben, texas, Draft("Good news", "c1", 10_000))
    opens = instant(sunday + 2 * HOUR_US)
    assert refused.value.extra == {"opens_at": opens, "timezone": "America/Chicago", "state": HOURS}
    says = "It is 10:00 in Chicago, in quiet hours (Texas: 09:00–21:00, Sunday 12:00–21:00). Texts may leave at 12:00 their time."
    assert refused.value.says == says
    with pytest.raises(InQuietHours):
        await start(office.desk, office.ben, Draft("Hello", "c2"), to="+12145550144")
    shown = await quiet_now(office.desk, office.ben, texas)
    assert (shown.opens_at, shown.until, shown.state) == (opens, opens, HOURS)
    assert shown.week == [OpenShape("09:00", "21:00")] * 6 + [OpenShape("12:00", "21:00")]
    await send(office.desk, office.ben, ohio, Draft("Good news", "c3", 10_000))
    shown = await quiet_now(office.desk, office.ben, ohio)
    assert (shown.opens_at, shown.state, shown.week) == (None, None, None)


async def test_while_it_is_open_the_answer_holds_until_the_state_closes(office: Office) -> None:
    sunday = await sunday_at_ten(office)
    texas = await conversation(office, TEXAS)
    await keep_hours(office, states=True, start="22:00")
    office.later(minutes=180)
    shown = await quiet_now(office.desk, office.ben, texas)
    assert (shown.opens_at, shown.until, shown.state) == (None, instant(sunday + 11 * HOUR_US), None)


async def test_a_state_is_named_only_where_a_text_waits_for_it(office: Office) -> None:
    sunday = await sunday_at_ten(office)
    texas = await conversation(office, TEXAS)
    await keep_hours(office, states=True, end="13:00")
    shown = await quiet_now(office.desk, office.ben, texas)
    assert (shown.opens_at, shown.state) == (instant(sunday + 3 * HOUR_US), None), "the account's own hours are the stricter ones"


async def test_what_waits_for_a_state_leaves_when_the_account_keeps_its_hours_no_longer(office: Office) -> None:
    sunday = await sunday_at_ten(office)
    texas = await conversation(office, TEXAS)
    await keep_hours(office, states=False)
    await send(office.desk, office.ben, texas, Draft("Good news", "c1", 10_000))
    await keep_hours(office, states=True)
    assert await lease(office.desk) == []
    [held] = await office.all("select next_at from messages where direction = 'outbound'")
    assert held["next_at"] == sunday + 2 * HOUR_US
    await keep_hours(office, states=False)
    while await look_again(office.desk):
        pass
    assert [leased.text.body for leased in await lease(office.desk)] != []


async def test_hours_at_which_a_state_might_never_be_open_are_refused(office: Office) -> None:
    with pytest.raises(Invalid) as refused:
        await keep_hours(office, states=True, start="09:00", end="18:00")
    assert refused.value.extra == {"field": "quiet_hours"}
    await keep_hours(office, states=False, start="09:00", end="18:00")
