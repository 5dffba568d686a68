"""An `Idempotency-Key` is kept for a day, in whatever process, and then forgotten."""

import asyncio
from itertools import count

import pytest
from msgspec import Raw

from server.desk import once
from server.desk.desk import Desk, Once
from server.desk.once import prune_keys, write_once
from server.desk.work import Work
from tests.fixtures.office import Office

HOUR = 60


async def write(office: Office, key: str, request: str = "one", says: str = "done") -> str | Raw:
    async def change(_: Work) -> str:
        return says

    return await write_once(office.desk, change, Once(office.ana.id, key, request))


async def keys(office: Office) -> list[str]:
    return [row["key"] for row in await office.all("select key from idempotency order by key")]


async def test_a_key_answers_for_a_day_and_then_is_free_for_another_request(office: Office) -> None:
    await write(office, "k")
    office.later(minutes=24 * HOUR - 1)
    assert await write(office, "k") == Raw(b'"done"')
    office.later(minutes=1)
    assert await write(office, "k", "two", "anew") == "anew"
    assert await write(office, "k", "two") == Raw(b'"anew"')
    assert await keys(office) == ["k"]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_a_key_that_two_processes_use_at_once_is_one_change(office: Office, second_desk: Desk) -> None:
    """Neither finds the key when it begins. What the loser changed is undone, and it answers as the winner did."""
    both, tries = asyncio.Barrier(2), count(1)

    async def change(work: Work) -> int:
        this = next(tries)
        if this <= 2:
            await both.wait()
        await work.tx.run("update accounts set name = name || '!' where id = :id", id=office.account)
        return this

    key = Once(office.ana.id, "k", "one")
    answers = await asyncio.gather(*(write_once(desk, change, key) for desk in (office.desk, second_desk)))
    won = next(answer for answer in answers if not isinstance(answer, Raw))
    assert [answer for answer in answers if isinstance(answer, Raw)] == [Raw(str(won).encode())]
    assert await office.one("select name from accounts") == {"name": "Acme!"}


async def test_only_keys_that_are_free_again_are_forgotten(office: Office) -> None:
    assert await prune_keys(office.desk) == 0
    await write(office, "a")
    await write(office, "b")
    office.later(minutes=23 * HOUR)
    await write(office, "c")
    assert await prune_keys(office.desk) == 0
    office.later(minutes=HOUR)
    assert await prune_keys(office.desk) == 2
    assert await keys(office) == ["c"]


async def test_many_keys_are_forgotten_a_few_at_a_time_the_oldest_first(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "AT_ONCE", 2)
    for key in ("a", "b", "c"):
        await write(office, key)
        office.later(seconds=1)
    office.later(minutes=24 * HOUR)
    assert await prune_keys(office.desk) == 2
    assert await keys(office) == ["c"]
    assert await prune_keys(office.desk) == 1
