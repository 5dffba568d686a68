"""A role as a process runs it: its parts on both engines, and an office on the process's own desk."""

from collections.abc import AsyncIterator

import pytest

from server.parts import Parts, open_parts
from server.settings import Settings
from tests.fixtures.office import Office, build_office


@pytest.fixture
async def parts(settings: Settings, database_url: str) -> AsyncIterator[Parts]:
    async with open_parts(settings.model_copy(update={"database_url": database_url})) as opened:
        yield opened


@pytest.fixture
async def centre(parts: Parts, settings: Settings) -> Office:
    """An office whose desk is the process's own, so that a commit wakes its roles."""
    built = await build_office(parts.db, settings)
    built.desk = parts.desk
    return built
