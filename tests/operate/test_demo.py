"""The demo account: something of everything, kept from one run to the next, and nobody else's."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.demo import seed_demo
from server.desk import directory
from server.parts import Parts, open_parts
from server.settings import Settings, SettingsError
from server.store.database import Transaction


@pytest.fixture
async def parts(settings: Settings, database_url: str) -> AsyncIterator[Parts]:
    async with open_parts(settings.model_copy(update={"database_url": database_url}), demo=True) as opened:
        yield opened


async def rows(parts: Parts, sql: str) -> list[Any]:
    async def read(tx: Transaction) -> list[Any]:
        return await tx.all(sql)

    return await parts.desk.read(read)


async def count(parts: Parts, what: str) -> int:
    return int((await rows(parts, f"select count(*) as n from {what}"))[0]["n"])


async def test_it_has_a_manager_three_agents_two_numbers_forty_contacts_and_conversations_in_every_state(parts: Parts) -> None:
    links = await seed_demo(parts)
    assert [path for _, path in links] == ["/demo/in/mia", "/demo/in/ana", "/demo/in/ben", "/demo/in/dana"]
    assert await count(parts, "users where role = 'manager'") == 1
    assert await count(parts, "users where role = 'agent'") == 3
    assert await count(parts, "dids") == 2
    assert await count(parts, "contacts") == 40
    for state in (
        "waiting_since is null and closed_at is null and owner is not null",
        "waiting_since is not null and public_since is null and clock_start is not null",
        "public_since is not null and owner is null",
        "closed_at is not null",
        "snoozed_until is not null",
    ):
        assert await count(parts, f"conversations where {state}") > 0, state
    assert await count(parts, "opt_outs") == 1
    assert {row["state"] for row in await rows(parts, "select distinct state from messages")} >= {"received", "delivered", "failed"}
    assert await count(parts, "messages where encoding = 'UCS-2' and direction = 'outbound'") > 0
    assert await count(parts, "messages where segments >= 3") > 0
    assert await count(parts, "participants where part = 'subscriber'") > 0


async def test_its_history_lies_in_the_past_and_the_clock_is_right_afterwards(parts: Parts) -> None:
    await seed_demo(parts)
    assert parts.db.shift_us == 0
    ages = await rows(parts, "select min(created_at) as first, max(created_at) as last from messages")
    now = parts.clock.now()
    assert now - ages[0]["first"] > 2 * 24 * 3_600_000_000
    assert 0 <= now - ages[0]["last"] < 120_000_000


async def test_a_second_run_finds_its_data_and_adds_nothing(parts: Parts) -> None:
    links = await seed_demo(parts)
    before = await count(parts, "events")
    assert await seed_demo(parts) == links
    assert await count(parts, "events") == before


async def test_a_database_with_other_accounts_is_refused_untouched(parts: Parts) -> None:
    await directory.create_account(parts.db, "Real", "boss@example.com", "correct horse battery")
    with pytest.raises(SettingsError, match="not the demo's"):
        await seed_demo(parts)
    assert await count(parts, "users") == 1
