"""Several processes on one database and one Redis behave as one, also when Redis is slow, dead, late or lies."""

import asyncio
import time
from pathlib import Path

import pytest

from channels import names
from channels.envelope import encode
from server.domain.user import Role
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.story import Happening
from tests.fixtures.waiting import until
from tests.live.conftest import House


async def test_what_one_process_writes_every_tab_of_the_other_gets_at_once(house: House) -> None:
    story, one, two = house.story, await house.node(), await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    here, there = await house.live_tab(one, me), await house.live_tab(two, me)
    for _ in range(50):
        one.bus.publish(await story.happen(Happening(account, conversation, audience=(me.id,))))
        await asyncio.sleep(0)
    for tab in (here, there):
        await tab.until_position(50)
        assert tab.positions == list(range(1, 51))


@pytest.mark.alone
async def test_an_event_that_nobody_published_comes_with_the_sweep(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    tab = await house.live_tab(node, me)
    await story.happen(Happening(account, conversation, audience=(me.id,)))
    await tab.until_position(1, within=2.5)
    assert (await tab.until("ready"))["position"] == 1


@pytest.mark.alone
async def test_a_gap_in_a_conversation_is_read_from_the_database_at_once_and_in_order(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    tab = await house.live_tab(node, me)
    node.bus.publish(await story.happen(Happening(account, conversation, audience=(me.id,))))
    await tab.until_position(1)
    await tab.until("ready")
    for _ in range(3):
        lost = await story.happen(*[Happening(account, conversation, audience=(me.id,)) for _ in range(3)])
        began = time.monotonic()
        node.bus.publish(lost[2:])
        await tab.until_position(lost[2].position)
        assert time.monotonic() - began < 0.5
    assert tab.positions == list(range(1, 11))


async def test_events_that_overtake_each_other_are_put_in_order(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    tab = await house.live_tab(node, me)
    for _ in range(10):
        written = await story.happen(*[Happening(account, conversation, audience=(me.id,)) for _ in range(4)])
        node.bus.publish(reversed(written))
    await tab.until_position(40)
    assert tab.positions == list(range(1, 41))


async def test_settings_that_overtake_each_other_are_put_in_order_though_they_have_no_seq(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    tab = await house.live_tab(node, await story.user(account))
    written = await story.happen(*[Happening(account, None, type="settings.changed", reach="account") for _ in range(6)])
    node.bus.publish(reversed(written))
    await tab.until_position(6)
    assert tab.positions == [1, 2, 3, 4, 5, 6]


@pytest.mark.alone
async def test_who_joins_a_conversation_gets_its_further_events_at_once(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    tab = await house.live_tab(node, me)
    conversation = await story.conversation(account, me)
    node.bus.publish(await story.happen(Happening(account, conversation, audience=(me.id,), joined=(me.id,))))
    await tab.until_position(1, within=1.0)
    await until(lambda: conversation in node.live.hub.accounts[account].people[me.id].attended)
    assert await node.bus.subscribe([names.conversation(account, conversation)])
    began = time.monotonic()
    node.bus.publish(await story.happen(Happening(account, conversation, audience=(me.id,))))
    await tab.until_position(2)
    assert time.monotonic() - began < 0.5


@pytest.mark.alone
async def test_without_redis_a_tab_has_everything_within_a_second(house: House, tmp_path: Path) -> None:
    story, node = house.story, await house.node(redis_url=f"unix://{tmp_path}/none.sock", healthy=False)
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    tab = await house.live_tab(node, me)
    for number in range(1, 4):
        began = time.monotonic()
        node.bus.publish(await story.happen(Happening(account, conversation, audience=(me.id,))))
        await tab.until_position(number)
        assert time.monotonic() - began < 1.0
    assert tab.positions == [1, 2, 3]


async def test_redis_killed_while_texts_arrive_loses_nothing_and_doubles_nothing(house: House, own_redis: RedisServer) -> None:
    story = house.story
    one, two = await house.node(redis_url=own_redis.url), await house.node(redis_url=own_redis.url)
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    tabs = [await house.live_tab(one, me), await house.live_tab(two, me)]
    for number in range(120):
        if number == 40:
            own_redis.kill()
        if number == 80:
            own_redis.start()
        (one if number % 2 else two).bus.publish(await story.happen(Happening(account, conversation, audience=(me.id,))))
        await asyncio.sleep(0.01)
    for tab in tabs:
        await tab.until_position(120)
        assert tab.positions == list(range(1, 121))
    await until(lambda: one.bus.healthy and two.bus.healthy)


@pytest.mark.alone
async def test_a_frozen_redis_delays_nothing_beyond_the_sweep(house: House, own_redis: RedisServer) -> None:
    story, node = house.story, await house.node(redis_url=own_redis.url)
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    tab = await house.live_tab(node, me)
    own_redis.freeze()
    try:
        for number in range(1, 3):
            began = time.monotonic()
            node.bus.publish(await story.happen(Happening(account, conversation, audience=(me.id,))))
            await tab.until_position(number)
            assert time.monotonic() - began < 2.5
        began = time.monotonic()
        await house.live_tab(node, me)
        assert time.monotonic() - began < 1.5
    finally:
        own_redis.thaw()
    await until(lambda: node.bus.healthy)
    assert tab.positions == [1, 2]


async def test_a_forged_envelope_of_another_account_is_dropped_and_counted(house: House) -> None:
    story, node = house.story, await house.node()
    account, other = await story.account(), await story.account()
    me = await story.user(account, Role.MANAGER)
    conversation = await story.conversation(account, me)
    elsewhere = await story.conversation(other)
    tab = await house.live_tab(node, me)
    await tab.send(op="watch", id=1, topic="feed")
    await tab.until("ok")
    forged = await story.happen(Happening(other, elsewhere, audience=(me.id,), reach="account", pool=True))
    for channel in (names.conversation(account, conversation), names.feed(account), names.account(account), names.user(account, me.id)):
        node.bus.send(channel, encode(forged[0]))
        node.bus.send(channel, b"[1,2]\n{}")
        node.bus.send(channel, b"[")
    await until(lambda: node.bus.counters.foreign == 12)
    await tab.quiet()
    assert tab.events == []


async def test_bytes_that_are_no_text_are_dropped_and_the_line_stays(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    tab = await house.live_tab(node, me)
    node.bus.send(names.account(account), b'["\xff",1,null,null,"account",false,[],[]]\n{}')
    node.bus.send(names.conversation(account, conversation), b'{"presence":"\xff"}')
    await until(lambda: node.bus.counters.foreign == 2)
    node.bus.publish(await story.happen(Happening(account, conversation, audience=(me.id,))))
    await tab.until_position(1)
    assert node.bus.counters.reconnects == 0
