"""A storm of webhooks, at a pace that does not wait for the answers: each is answered soon, and none that was is lost (FAULTS 45)."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

from twilio.request_validator import RequestValidator

from tests.fixtures.centre import ACCOUNT_SID, AUTH_TOKEN, BASE_URL, SUPPORT, Centre, new_sid
from tests.fixtures.figures import Figures, percentiles
from tests.fixtures.rush import Line, request

PER_SECOND, SECONDS, SLOWEST_SECONDS = 150, 4.0, 1.0
PHONES = 30


@dataclass
class Storm:
    """`seconds`: from when each was due to its answer, sorted. `missing`: answered with 2xx, and not there once."""

    answers: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    missing: int = 0


async def rage(centre: Centre, per_second: float, seconds: float) -> Storm:
    """Signed texts of a few phones to everybody's number, evenly over all processes."""
    found = Storm()
    made = [_text(centre, number) for number in range(round(per_second * seconds))]
    idle: dict[int, list[Line]] = {web.port: [] for web in centre.webs}
    ports, taken = list(idle), list[str]()
    began = time.monotonic() + 0.2

    async def deliver(number: int, sid: str, text: bytes) -> None:
        port = ports[number % len(ports)]
        line = idle[port].pop() if idle[port] else Line(port)
        answer = await line.ask(text)
        idle[port].append(line)
        found.seconds.append(time.monotonic() - began - number / per_second)
        found.answers[answer.status] += 1
        if answer.status == 200:
            taken.append(sid)

    async with asyncio.TaskGroup() as group:
        for number, (sid, text) in enumerate(made):
            await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
            group.create_task(deliver(number, sid, text))
    for line in (line for lines in idle.values() for line in lines):
        line.close()
    rows = Counter(row["carrier_ref"] for row in await centre.rows("select carrier_ref from inbox"))
    found.missing = sum(rows[sid] != 1 for sid in taken)
    found.seconds.sort()
    return found


def _text(centre: Centre, number: int) -> tuple[str, bytes]:
    sid = new_sid()
    fields = {"MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT_SID, "NumMedia": "0", "NumSegments": "1", "ApiVersion": "2010-04-01"}
    fields |= {"From": f"+1202567{number % PHONES:04}", "To": SUPPORT, "Body": f"Text {number}"}
    url = centre.carriers["twilio"]["hook_url"]
    signature = RequestValidator(AUTH_TOKEN).compute_signature(url, fields)
    return sid, request("POST", url.removeprefix(BASE_URL), form=fields, x_twilio_signature=signature)


async def test_a_storm_of_webhooks_is_answered_soon_and_loses_nothing(centre: Centre, figures: Figures) -> None:
    await centre.open(webs=2, agents="ana")
    found = await rage(centre, PER_SECOND, SECONDS)
    figures(f"{PER_SECOND}/s for {SECONDS} s: {dict(found.answers)}, {percentiles(found.seconds)}, missing {found.missing}")
    assert found.answers == Counter({200: round(PER_SECOND * SECONDS)})
    assert found.missing == 0
    assert found.seconds[int(len(found.seconds) * 0.99)] <= SLOWEST_SECONDS
