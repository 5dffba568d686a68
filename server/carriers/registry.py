"""Every carrier that this house can speak to, by kind."""

from collections.abc import Callable, Collection, Mapping

from server.carriers.bandwidth import Bandwidth
from server.carriers.carrier import Carrier
from server.carriers.generic import Generic
from server.carriers.kannel import Kannel
from server.carriers.plivo import Plivo
from server.carriers.sandbox import Deliver, Sandbox
from server.carriers.telnyx import Telnyx
from server.carriers.twilio import Twilio
from server.carriers.vonage import Vonage


def carriers(*, now: Callable[[], int], sandbox_key: bytes, deliver: Deliver, inside: Collection[str] = ()) -> Mapping[str, Carrier]:
    """`now` gives microseconds; `sandbox_key` is derived from the installation's secret; `deliver` feeds the phones; `inside` are places in
    the operator's own network that the operator listed."""
    known: tuple[Carrier, ...] = (
        Twilio(),
        Telnyx(),
        Bandwidth(),
        Plivo(),
        Vonage(now),
        Kannel(),
        Generic(now, inside),
        Sandbox(sandbox_key, deliver),
    )
    return {carrier.kind: carrier for carrier in known}
