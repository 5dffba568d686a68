"""A text that a person sent to several at once: whom else it went to, as Telnyx and Bandwidth say it."""

import pytest

from server.carriers.bandwidth import Bandwidth
from server.carriers.carrier import Connection, Credentials, HookRequest, InboundText
from server.carriers.group import MOST, others
from server.carriers.telnyx import Telnyx
from tests.carriers import rig_bandwidth, rig_telnyx

OURS, OMAR, WEI, OUR_OTHER = "+12025550142", "+12025550145", "+12025550144", "+12025550199"


def of_telnyx(**payload: object) -> InboundText:
    return _read(Telnyx(), "telnyx", rig_telnyx.received(**payload))


def of_bandwidth(**message: object) -> InboundText:
    return _read(Bandwidth(), "bandwidth", rig_bandwidth.received(**message))


def _read(carrier: Telnyx | Bandwidth, kind: str, body: bytes) -> InboundText:
    request = HookRequest("POST", "https://sms.example.com/hooks", {}, {"content-type": "application/json"}, body)
    [text] = carrier.inbound(Connection("01jd", "01ja", kind, "G", Credentials({})), request)
    return text


def test_telnyx_lists_them_as_receivers_and_as_copies() -> None:
    to = [{"phone_number": OMAR}, {"phone_number": OURS, "status": "webhook_delivered"}, {"phone_number": OUR_OTHER}]
    text = of_telnyx(to=to, cc=[WEI])
    assert (text.to, text.others) == (OURS, (OMAR, OUR_OTHER, WEI))
    assert of_telnyx(cc=[{"phone_number": WEI, "carrier": "", "line_type": ""}]).others == (WEI,), "as the SDK's type has them"
    assert of_telnyx().others == ()


def test_bandwidth_lists_them_beside_the_owner_of_the_copy() -> None:
    text = of_bandwidth(to=[OURS, OMAR, WEI], owner=OURS)
    assert (text.to, text.others) == (OURS, (OMAR, WEI))
    assert of_bandwidth().others == ()


@pytest.mark.parametrize("odd", [None, "x", 7, {}, [None, 7, [], {"phone_number": 7}, {}, "", "+1" * 40, "a\nb"]])
def test_a_list_that_makes_no_sense_spoils_no_text(odd: object) -> None:
    assert of_telnyx(cc=odd).others == ()
    assert of_bandwidth(to=odd).others == ()


def test_each_number_is_there_once_and_there_are_not_more_than_a_screen_holds() -> None:
    assert others([OMAR, {"phone_number": OMAR}, OURS], OURS) == (OMAR,)
    assert len(others([f"+1202555{number:04}" for number in range(500)], OURS)) == MOST
