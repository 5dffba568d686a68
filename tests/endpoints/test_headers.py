"""What every answer of the API carries: the instant by the clock that counts, by which browsers set their countdowns."""

import time
from datetime import datetime

import pytest

from tests.fixtures.served import Served

KNOWN_TO = 0.05
"""Seconds to which another process than the database knows its clock: its way there and back."""


@pytest.mark.parametrize(("address", "status"), [("/api/v1/me", 200), ("/api/v1/nothing", 404), ("/api/v1/conversations?limit=x", 422)])
async def test_every_answer_says_when_it_was_given(served: Served, address: str, status: int) -> None:
    client = served.bearer
    asked = time.time()
    answer = await client.get(address)
    came = time.time()
    assert answer.status_code == status
    [said] = answer.headers.get_list("partyline-now")
    assert asked - KNOWN_TO <= datetime.fromisoformat(said).timestamp() <= came + KNOWN_TO
