"""The Date of an answer is the second in which it was asked for."""

import asyncio
import math
import time
from email.utils import parsedate_to_datetime

import pytest

from tests.fixtures.served import Served

KNOWN_TO = 0.05
"""Seconds."""


@pytest.mark.parametrize("address", ["/healthz", "/nothing/here"])
async def test_every_answer_has_the_date_of_its_own_second(served: Served, address: str) -> None:
    """A browser that knows when it asked and when it was answered knows the clock to a second; countdowns go by that. The clock is the
    database's, which another process knows to within its way there and back."""
    client = served.client()
    for _ in range(12):
        asked = time.time()
        answer = await client.get(address)
        came = time.time()
        [date] = answer.headers.get_list("date")
        assert math.floor(asked - KNOWN_TO) <= parsedate_to_datetime(date).timestamp() <= came + KNOWN_TO
        await asyncio.sleep(0.1)
