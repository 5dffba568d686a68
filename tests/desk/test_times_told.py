"""A webhook that its carrier had to repeat says when its text was sent: words count in the order in which they were said."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from server.carriers.carrier import Connection, Credentials, InboundText
from server.clock import SystemClock
from server.desk import inbox
from server.desk.hear import Call, Ear
from server.desk.receive import receive_texts
from server.ids import new_id
from tests.carriers.rig_bandwidth import BANDWIDTH, by_password
from tests.desk.test_consent import automatic, ledger
from tests.fixtures.office import MARIA, MINUTE_US, SUPPORT, Office
from tests.fixtures.page import assert_page_equals_fresh_load

CLOCK = SystemClock()


def rfc3339(ago: float) -> str:
    """So many minutes before now."""
    return datetime.fromtimestamp((CLOCK.now() - ago * MINUTE_US) / 1_000_000, UTC).isoformat().replace("+00:00", "Z")


async def told(office: Office, body: str, time: object) -> None:
    """A text comes in by a webhook of Bandwidth."""
    over = Connection(office.connection.id, office.account, "bandwidth", "Bandwidth", Credentials(BANDWIDTH.credentials))
    message = {"id": new_id(CLOCK.now()), "owner": SUPPORT, "from": MARIA, "to": [SUPPORT], "text": body, "time": time}
    raw = json.dumps([{"type": "message-received", "message": message}]).encode()
    headers: Mapping[str, str] = {"content-type": "application/json", **by_password(over, "", raw)}
    heard = await Ear(office.desk, CLOCK).texts(office.desk.carriers["bandwidth"], over, Call("POST", "/hooks", headers, raw))
    await receive_texts(office.desk, heard.connection, heard.items, CLOCK.now(), heard.nonce)


async def read_back(office: Office, body: str, ago: float) -> None:
    text = InboundText(new_id(CLOCK.now()), MARIA, SUPPORT, body, sent_at=round(CLOCK.now() - ago * MINUTE_US))
    await receive_texts(office.desk, office.connection, [text], CLOCK.now())


async def opted_out(office: Office) -> bool:
    return (await inbox.conversation(office.desk, office.ana, await office.conversation())).opted_out


async def lines(office: Office) -> list[tuple[str, str]]:
    return [(entry.kind, entry.source) for entry in await ledger(office)]


async def test_a_start_that_was_repeated_late_lifts_no_stop_that_was_sent_after_it_and_read_back(office: Office) -> None:
    await read_back(office, "STOP", 20)
    await told(office, "START", rfc3339(30))
    assert await opted_out(office)
    assert await lines(office) == [("opted_out", "keyword"), ("opted_in", "late")]
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_stop_that_was_repeated_late_undoes_no_start_that_was_sent_after_it(office: Office) -> None:
    await read_back(office, "START", 20)
    await told(office, "STOP", rfc3339(30))
    assert not await opted_out(office)
    assert await automatic(office) == []
    assert await lines(office) == [("opted_out", "late")]


async def test_a_repeat_that_came_late_says_so_and_nothing_else_does(office: Office) -> None:
    for ago in (0.5, 30, -0.5, -30, 26 * 60):
        await told(office, f"{ago}", rfc3339(ago))
    rows = await office.all("select body from messages where sent_at is not null")
    assert [row["body"] for row in rows] == ["30"]


@pytest.mark.parametrize("time", [None, "yesterday", "2026-13-01T00:00:00Z", -120, 26 * 60])
async def test_a_stop_whose_time_is_unknown_from_the_future_or_older_than_any_repeat_counts_at_once(
    office: Office, time: str | int | None
) -> None:
    await office.text("START")
    await told(office, "STOP", rfc3339(time) if isinstance(time, int) else time)
    assert await opted_out(office)


async def test_a_stop_counts_where_it_may_have_been_sent_after_the_start_that_came_before_it(office: Office) -> None:
    """What comes at once may have taken a minute, and two clocks may differ by half of one."""
    await office.text("START")
    await told(office, "STOP", rfc3339(1.4))
    assert await opted_out(office)


async def test_a_stop_from_well_before_the_start_that_came_before_it_does_not(office: Office) -> None:
    await office.text("START")
    await told(office, "STOP", rfc3339(1.6))
    assert not await opted_out(office)
