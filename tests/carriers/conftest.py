"""What tests of carriers ask for."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from server.carriers.exchange import open_client
from tests.fixtures.carrier_api import carrier_api

__all__ = ["carrier_api"]


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with open_client() as client:
        yield client
