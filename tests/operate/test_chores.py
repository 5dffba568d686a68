"""What the web role does behind the answers, as a process runs it: woken, going on after a restart and after a fault."""

import asyncio

from server import chores
from server.desk.contact_import import start_import
from server.desk.importing import ImportShape, progress
from server.desk.live_filters import LiveFilterShape, NewLiveFilter, add_live_filter
from server.desk.work import Work
from server.domain.live_filter import Condition
from server.parts import Parts
from server.store import live_filters as store
from tests.fixtures.office import Office
from tests.fixtures.waiting import until

SLEEPS_LONG = 3_600.0


def file_of(count: int) -> bytes:
    return ("Name,Mobile\n" + "".join(f"Contact {n},+1202555{n:04d}\n" for n in range(count))).encode()


async def begun(centre: Office, count: int) -> str:
    made = await start_import(centre.desk, centre.mia, file_of(count), None, "update")
    assert isinstance(made, ImportShape)
    return made.id


async def test_an_import_wakes_the_chores_and_is_in_soon(parts: Parts, centre: Office) -> None:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(chores.run(parts.desk, parts.wakes, SLEEPS_LONG))
        id = await begun(centre, 450)

        async def done() -> bool:
            return (await progress(centre.desk, centre.mia, id)).state == "done"

        await until(done)
        assert (await progress(centre.desk, centre.mia, id)).new == 450
        second = await begun(centre, 10)

        async def second_done() -> bool:
            return (await progress(centre.desk, centre.mia, second)).state == "done"

        await until(second_done)
        running.cancel()


async def test_what_a_lost_process_left_is_done_by_the_next(parts: Parts, centre: Office) -> None:
    id = await begun(centre, 10)
    made = await add_live_filter(centre.desk, centre.mia, NewLiveFilter("Named", [Condition("name", "contains", "contact")]))
    assert isinstance(made, LiveFilterShape)

    async def lose(work: Work) -> None:
        await work.tx.run("update contact_imports set holder = 'lost', lease_until = :until", until=work.now + 5_000_000)
        await work.tx.run("update live_filters set filled_at = null")

    await centre.desk.change(lose)
    centre.later(minutes=2)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(chores.run(parts.desk, parts.wakes, SLEEPS_LONG))

        async def done() -> bool:
            filter = await centre.desk.read(lambda tx: store.get(tx, centre.account, made.id))
            assert filter is not None
            return (await progress(centre.desk, centre.mia, id)).state == "done" and filter.filled_at is not None

        await until(done)
        running.cancel()
    row = await centre.one("select members from live_filters")
    assert row == {"members": 10}


async def test_an_import_that_cannot_go_on_has_failed_and_the_next_one_is_done(parts: Parts, centre: Office) -> None:
    broken = await begun(centre, 10)
    await centre.desk.change(lambda work: work.tx.run("update contact_imports set plan = 'no plan'"))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(chores.run(parts.desk, parts.wakes, SLEEPS_LONG))
        second = await begun(centre, 10)

        async def both() -> bool:
            row = await centre.one("select count(*) as n from contact_imports where state = 'running'")
            return row == {"n": 0}

        await until(both)
        running.cancel()
    states = {row["id"]: row["state"] for row in await centre.all("select id, state from contact_imports")}
    assert states == {broken: "failed", second: "done"}
