"""The heart of the product: the page after the events equals the page freshly loaded, whatever happened in whatever order."""

import random

import pytest

from tests.fixtures.history import History
from tests.fixtures.office import Office
from tests.fixtures.page import assert_page_equals_fresh_load


@pytest.mark.parametrize("seed", range(4))
async def test_after_any_history_the_page_after_the_events_equals_the_page_freshly_loaded(office: Office, seed: int) -> None:
    history = History(office, random.Random(seed))
    for number in range(150):
        await history.step()
        if number % 50 == 49:
            await assert_page_equals_fresh_load(office, office.mia)
    assert len({event["type"] for event in office.events}) > 15, "the history was to be a lively one"
