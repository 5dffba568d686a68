"""A session that ends ends its sockets: at once with Redis, soon without."""

import asyncio
import time
from pathlib import Path

import pytest

from channels import names
from server.domain.user import Role, User
from server.store import sessions
from server.store.database import Transaction
from tests.fixtures.story import Happening, Story
from tests.fixtures.waiting import until
from tests.live.conftest import House


async def end(story: Story, user: User) -> None:
    async def write(tx: Transaction) -> None:
        await sessions.end_sessions(tx, user.id)
        await sessions.end_tokens(tx, user.id)

    await story.db.write(write)


async def set_role(story: Story, user: User, role: Role) -> None:
    async def write(tx: Transaction) -> None:
        await tx.run("update users set role = :role where id = :id", role=str(role), id=user.id)

    await story.db.write(write)


async def disable(story: Story, user: User) -> None:
    async def write(tx: Transaction) -> None:
        await tx.run("update users set disabled_at = 1 where id = :id", id=user.id)

    await story.db.write(write)


@pytest.mark.alone
async def test_a_hint_that_sessions_are_over_closes_them_within_a_second_with_4401(house: House) -> None:
    story, node = house.story, await house.node(recheck_seconds=60)
    account = await story.account()
    user, other = await story.user(account), await story.user(account)
    tabs, unconcerned = [await house.live_tab(node, user) for _ in range(5)], await house.live_tab(node, other)
    await end(story, user)
    began = time.monotonic()
    node.bus.send(names.user(user.account, user.id), b'{"over":"all"}')
    assert [await tab.closed() for tab in tabs] == [4401] * 5
    assert time.monotonic() - began < 1
    await unconcerned.quiet()


async def test_a_forged_hint_closes_nobody(house: House) -> None:
    story, node = house.story, await house.node(recheck_seconds=60)
    user = await story.user(await story.account())
    tab = await house.live_tab(node, user)
    node.bus.send(names.user(user.account, user.id), b'{"over":"all"}')
    node.bus.send(names.user(user.account, user.id), b'{"rights":true}')
    node.bus.send(names.user(user.account, user.id), b"\xff\x00 not even JSON")
    await until(lambda: node.bus.counters.received >= 4)
    await tab.quiet()


@pytest.mark.alone
async def test_a_changed_role_closes_with_4403_when_user_updated_arrives(house: House) -> None:
    story, node = house.story, await house.node(recheck_seconds=60)
    account = await story.account()
    user = await story.user(account, Role.MANAGER)
    tab = await house.live_tab(node, user)
    await set_role(story, user, Role.AGENT)
    node.bus.publish(await story.happen(Happening(account, None, type="user.updated", reach="account")))
    assert await tab.closed(1.0) == 4403


@pytest.mark.alone
async def test_a_disabled_user_is_out_with_4401_when_user_updated_arrives(house: House) -> None:
    story, node = house.story, await house.node(recheck_seconds=60)
    account = await story.account()
    user = await story.user(account)
    tab = await house.live_tab(node, user)
    await disable(story, user)
    node.bus.publish(await story.happen(Happening(account, None, type="user.updated", reach="account")))
    assert await tab.closed(1.0) == 4401


@pytest.mark.alone
async def test_without_any_hint_and_without_redis_the_look_at_the_database_closes_it(house: House, tmp_path: Path) -> None:
    story = house.story
    node = await house.node(redis_url=f"unix://{tmp_path}/none.sock", healthy=False, recheck_seconds=0.3)
    account = await story.account()
    user, other = await story.user(account), await story.user(account)
    tab, unconcerned = await house.live_tab(node, user), await house.live_tab(node, other)
    await end(story, user)
    assert await tab.closed(2.0) == 4401
    await unconcerned.quiet()


@pytest.mark.alone
async def test_a_session_that_is_over_gets_nothing_more_though_it_does_not_read(house: House) -> None:
    story, node = house.story, await house.node(recheck_seconds=60)
    account = await story.account()
    user = await story.user(account)
    conversation = await story.conversation(account, user)
    tab = await house.live_tab(node, user)
    tab.socket.transport.pause_reading()
    node.bus.publish(await story.happen(*[Happening(account, conversation, audience=(user.id,), note="x" * 8000) for _ in range(20)]))
    await end(story, user)
    node.bus.send(names.user(user.account, user.id), b'{"over":"all"}')
    await until(lambda: not node.server.server_state.connections, within=1.5)
    node.bus.publish(await story.happen(Happening(account, conversation, audience=(user.id,))))
    tab.socket.transport.resume_reading()
    assert await tab.closed() in (4401, 1006)
    assert 21 not in tab.positions


async def test_hints_about_others_do_not_put_off_the_look_at_everybody(house: House) -> None:
    story, node = house.story, await house.node(recheck_seconds=0.2)
    account = await story.account()
    user, other = await story.user(account), await story.user(account)
    tab, unconcerned = await house.live_tab(node, user), await house.live_tab(node, other)

    async def hint() -> None:
        while True:
            node.bus.send(names.user(account, other.id), b"{}")
            await asyncio.sleep(0.02)

    async with asyncio.TaskGroup() as group:
        hinting = group.create_task(hint())
        await end(story, user)
        code = await tab.closed()
        hinting.cancel()
    assert code == 4401
    await unconcerned.quiet()
