"""The demo account: something of everything, kept from one run to the next, and nobody else's."""

from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest

from server.demo.people import BROKEN
from server.demo.reset import reset_demo
from server.demo.seed import seed_demo
from server.desk import directory, lines
from server.domain.user import Role, User
from server.parts import Parts, open_parts
from server.schema import migrated_database
from server.settings import Settings, SettingsError
from server.store.database import Transaction

MINUTE_US = 60_000_000
DAY_US = 24 * 60 * MINUTE_US


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


async def test_it_has_a_manager_five_agents_three_numbers_two_hundred_contacts_and_conversations_in_every_state(parts: Parts) -> None:
    links = await seed_demo(parts)
    assert [path for _, path in links] == [f"/demo/in/{name}" for name in ("mia", "ana", "ben", "dana", "eli", "noor")]
    assert await count(parts, "users where role = 'manager'") == 1
    assert await count(parts, "users where role = 'agent'") == 5
    assert await count(parts, "dids") == 3
    assert await count(parts, "contacts") == 200
    assert await count(parts, "conversations") >= 40
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
    assert 13 * DAY_US < now - ages[0]["first"] < 17 * DAY_US
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


async def test_its_history_is_told_in_the_order_of_its_time(parts: Parts) -> None:
    await seed_demo(parts)
    times = [row["at"] for row in await rows(parts, "select at from events order by position")]
    assert max(earlier - later for earlier, later in pairwise(times)) < MINUTE_US
    days = {row["created_at"] // DAY_US for row in await rows(parts, "select created_at from messages")}
    assert len(days) >= 14


async def test_a_demo_whose_texts_could_leave_this_machine_does_not_start(parts: Parts) -> None:
    await seed_demo(parts)
    account = (await rows(parts, "select account, id, name from users where role = 'manager'"))[0]
    mia = User(account["id"], account["account"], account["name"], Role.MANAGER)
    keys = {"account_sid": "AC" + "0" * 32, "auth_token": "0" * 32}
    await lines.add_carrier(parts.desk, mia, lines.NewCarrier(kind="twilio", name="Real", credentials=keys))
    with pytest.raises(SettingsError, match="twilio"):
        await seed_demo(parts)


async def test_what_the_numbers_and_phones_do_holds_after_a_restart_too(parts: Parts) -> None:
    await seed_demo(parts)
    parts.network.dials.refused.clear()
    await seed_demo(parts)
    assert parts.network.dials.refused == {BROKEN}
    assert parts.network.dials.replies
    assert len(parts.network.dials.lines) == 6


async def test_a_reset_removes_the_demos_data_and_nothing_else(settings: Settings) -> None:
    async def fill(*, demo: bool) -> None:
        async with migrated_database(settings.database_url):
            pass
        async with open_parts(settings, demo=True) as opened:
            if demo:
                await seed_demo(opened)
            else:
                await directory.create_account(opened.db, "Real", "boss@example.com", "correct horse battery")

    await reset_demo(settings)
    await fill(demo=True)
    await reset_demo(settings)
    assert sorted(path.name for path in settings.var.iterdir() if path.name.startswith("partyline")) == []
    await fill(demo=False)
    with pytest.raises(SettingsError, match="not the demo's"):
        await reset_demo(settings)
    assert (settings.var / "partyline.db").exists()


async def test_there_is_a_picture_a_note_a_saved_reply_and_a_text_for_later(parts: Parts) -> None:
    await seed_demo(parts)
    for what in ("media where state = 'ready'", "messages where kind = 'note'", "saved_replies", "messages where state = 'scheduled'"):
        assert await count(parts, what) > 0, what
    assert await count(parts, "messages where state = 'cancelled'") == 0
