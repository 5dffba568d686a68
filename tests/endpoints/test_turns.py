"""A burst is taken in over several turns of the loop, in its order."""

import asyncio
import itertools

from server.endpoints.turns import Turns


async def test_a_burst_leaves_turns_of_the_loop_to_others_and_keeps_its_order() -> None:
    turns, done = Turns(4), list[str]()

    async def call(number: int) -> None:
        await turns.mine()
        done.append(f"call {number}")

    async def other() -> None:
        for step in range(3):
            done.append(f"step {step}")
            await asyncio.sleep(0)

    await asyncio.gather(*(call(number) for number in range(12)), other())
    assert [said for said in done if said.startswith("call")] == [f"call {number}" for number in range(12)]
    places = [done.index(f"step {step}") for step in range(3)]
    between = [later - earlier - 1 for earlier, later in itertools.pairwise(places)]
    assert places[0] == 4
    assert max(between) <= 4


async def test_who_gave_up_takes_nobodys_turn() -> None:
    turns, done = Turns(1), list[int]()

    async def call(number: int) -> None:
        await turns.mine()
        done.append(number)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(call(number)) for number in range(5)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        tasks[3].cancel()
    assert done == [0, 2, 4]


async def test_single_calls_do_not_wait() -> None:
    turns = Turns(2)
    for _ in range(10):
        await asyncio.wait_for(turns.mine(), 1)
        await asyncio.sleep(0)
