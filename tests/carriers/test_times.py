"""When a text was sent, as each carrier writes it; what cannot be read costs no text."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.carriers.times import _TIME, sent
from tests.carriers import rig_bandwidth, rig_telnyx, rig_vonage, rig_vonage_sms
from tests.carriers.rig import CARRIERS, Rig
from tests.carriers.rigs import GENERIC, SANDBOX

AT = datetime(2026, 11, 22, 20, 16, 7, tzinfo=UTC)
AT_US = round(AT.timestamp()) * 1_000_000


def json_with(rig: Rig, **fields: object) -> bytes:
    return json.dumps(json.loads(rig.text) | fields).encode()


WRITE: list[tuple[Rig, str, Callable[[object], bytes]]] = [
    (rig_telnyx.TELNYX, "2026-11-22T20:16:07.000+00:00", lambda at: rig_telnyx.received(received_at=at)),
    (rig_bandwidth.BANDWIDTH, "2026-11-22T20:16:07Z", lambda at: rig_bandwidth.received(time=at)),
    (rig_vonage.VONAGE, "2026-11-22T20:16:07.000Z", lambda at: rig_vonage.message(message_type="text", text="Hi", timestamp=at)),
    (rig_vonage_sms.VONAGE_SMS, "2026-11-22 20:16:07", lambda at: rig_vonage_sms.form(text="Hi", **{"message-timestamp": str(at)})),
    (GENERIC, "2026-11-22T21:16:07+01:00", lambda at: json_with(GENERIC, at=at)),
    (SANDBOX, "2026-11-22T20:16:07Z", lambda at: json_with(SANDBOX, at=at)),
]
each = pytest.mark.parametrize(("rig", "written", "write"), WRITE, ids=[rig.kind for rig, _, _ in WRITE])


@each
def test_a_text_says_when_it_was_sent(rig: Rig, written: str, write: Callable[[object], bytes]) -> None:
    request = rig.request(write(written))
    CARRIERS[rig.kind].verify(rig.connection(), request, 1_795_000_000_000_000)
    [text] = CARRIERS[rig.kind].inbound(rig.connection(), request)
    assert text.sent_at == AT_US


@each
@pytest.mark.parametrize("wrong", ["", "yesterday", "2026-11-22", "2026-13-22T20:16:07Z", "1795000000", 1795000000, None, True, {}, ["x"]])
def test_a_time_that_cannot_be_read_costs_no_text(rig: Rig, written: str, write: Callable[[object], bytes], wrong: object) -> None:
    assert wrong != written
    [text] = CARRIERS[rig.kind].inbound(rig.connection(), rig.request(write(wrong)))
    assert text.sent_at is None


@pytest.mark.parametrize(
    ("written", "utc", "at"),
    [
        ("2026-11-22T20:16:07Z", False, AT_US),
        ("2026-11-22T20:16:07.5Z", False, AT_US + 500_000),
        ("2026-11-22T20:16:07.123456789Z", False, AT_US + 123_456),
        ("2026-11-22T12:16:07-0800", False, AT_US),
        ("2026-11-22 20:16:07", True, AT_US),
        ("2026-11-22 20:16:07", False, None),
        ("2026-11-22T20:16:07", False, None),
        ("2026-11-22T20:16:60Z", False, None),
        ("2026-11-22T20:16:07Z ", False, None),
        ("\u0662026-11-22T20:16:07Z", False, None),
    ],
)
def test_a_time_without_a_zone_is_one_only_where_the_carrier_means_utc(written: str, utc: bool, at: int | None) -> None:
    assert sent(written, utc=utc) == at


@given(st.text() | st.from_regex(_TIME, fullmatch=True) | st.integers() | st.none())
@example("0001-01-01T00:00:00+14:00")
@example("9999-12-31T23:59:59-14:00")
@example("2026-11-22T20:16:07+99:99")
def test_nothing_that_is_written_for_a_time_is_an_error(written: object) -> None:
    assert isinstance(sent(written), int | None)
