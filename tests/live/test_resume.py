"""Coming back: what was missed, once, in order, or a reset."""

import platform

import pytest

from server.domain.user import Role
from server.store.database import Transaction
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.story import Happening
from tests.fixtures.waiting import until
from tests.fixtures.wire import slow_wire
from tests.live.conftest import House


async def test_without_a_position_it_is_from_now_on(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    await story.happen(Happening(account, conversation, audience=(me.id,)))
    tab = await house.connect(node, me)
    assert tab.frames[0] == {
        "op": "hello",
        "protocol": 1,
        "user": {"id": me.id, "name": me.name, "role": "agent"},
        "epoch": tab.frames[0]["epoch"],
        "position": 1,
        "ping_seconds": 25,
        "node": platform.node(),
        "limits": {"watches": 100, "frames_per_second": 20},
    }
    await tab.send(op="resume")
    assert await tab.next() == {"op": "ready", "position": 1}


async def test_it_gets_what_it_missed_in_order_and_only_what_concerns_it(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me, colleague = await story.user(account), await story.user(account)
    mine, theirs = await story.conversation(account, me), await story.conversation(account, colleague)
    for _ in range(700):
        await story.happen(Happening(account, mine, audience=(me.id,)), Happening(account, theirs, audience=(colleague.id,)))
    tab = await house.connect(node, me)
    await tab.send(op="resume", position=10, epoch=tab.frames[0]["epoch"])
    ready = await tab.until("ready")
    assert ready["position"] == 1400
    assert tab.positions == list(range(11, 1401, 2))


@pytest.mark.parametrize("missed", [300, 600])
async def test_what_happens_while_it_resumes_comes_once_and_after_what_was_missed(house: House, missed: int) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    other = await house.live_tab(node, me)
    await story.happen(*[Happening(account, conversation, audience=(me.id,)) for _ in range(missed)])
    await other.until_position(missed)
    tab = await house.connect(node, me)
    await tab.send(op="resume", position=0)
    for _ in range(40):
        node.bus.publish(await story.happen(*[Happening(account, conversation, audience=(me.id,)) for _ in range(5)]))
    await tab.until_position(missed + 200)
    await other.until_position(missed + 200)
    assert tab.positions == list(range(1, missed + 201))
    assert other.positions == list(range(1, missed + 201))


async def test_another_epoch_or_a_position_above_the_head_is_a_reset(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    for asked in ({"position": 0, "epoch": "another"}, {"position": 1}, {"position": 2**63}, {"position": 2**63 + 1}):
        tab = await house.connect(node, me)
        await tab.send(op="resume", **asked)
        assert await tab.next() == {"op": "reset", "position": 0, "why": "epoch"}, asked
    tab = await house.connect(node, me)
    await tab.send(op="resume", position=0, epoch=None)
    assert await tab.next() == {"op": "ready", "position": 0}


async def test_ten_thousand_events_back_are_replayed_and_one_more_is_too_far(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account, Role.MANAGER)
    conversation = await story.conversation(account, me)
    await story.happen(*[Happening(account, conversation, audience=(me.id,)) for _ in range(10_001)])
    tab = await house.connect(node, me)
    await tab.send(op="resume", position=0)
    assert await tab.next() == {"op": "reset", "position": 10_001, "why": "too_far"}
    node.bus.publish(await story.happen(Happening(account, conversation, audience=(me.id,))))
    await tab.until_position(10_002)
    assert tab.positions == [10_002]
    again = await house.connect(node, me)
    await again.send(op="resume", position=2)
    assert (await again.until("ready"))["position"] == 10_002
    assert again.positions == list(range(3, 10_003))


async def test_what_was_pruned_is_too_far(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    await story.happen(*[Happening(account, conversation, audience=(me.id,)) for _ in range(5)])

    async def prune(tx: Transaction) -> int:
        return await tx.run("delete from events where position <= 2")

    await story.db.write(prune)
    tab = await house.connect(node, me)
    await tab.send(op="resume", position=1)
    assert await tab.next() == {"op": "reset", "position": 5, "why": "too_far"}
    again = await house.connect(node, me)
    await again.send(op="resume", position=2)
    await again.until("ready")
    assert again.positions == [3, 4, 5]


async def test_a_restored_backup_resets_every_open_tab_at_the_next_sweep(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    await story.happen(*[Happening(account, conversation, audience=(me.id,)) for _ in range(9)])
    tab = await house.live_tab(node, me)

    async def restore(tx: Transaction) -> None:
        await tx.run("delete from events where position > 4")
        await tx.run("update accounts set position = 4")
        await tx.run("update conversations set seq = 4")
        await tx.run("update epoch set value = 'restored'")

    await story.db.write(restore)
    assert await tab.until("reset") == {"op": "reset", "position": 4, "why": "epoch"}
    node.bus.publish(await story.happen(Happening(account, conversation, audience=(me.id,))))
    await tab.until_position(5)
    fresh = await house.connect(node, me)
    assert fresh.frames[0]["epoch"] == "restored"


async def test_after_a_restored_backup_what_is_watched_comes_at_positions_that_were_there_before(house: House) -> None:
    story, node = house.story, await house.node()
    account, later = await story.account(), await story.account()
    me, nobody = await story.user(account), await story.user(later)
    conversation, ghost = await story.conversation(account), await story.conversation(account)
    await story.happen(*[Happening(account, conversation) for _ in range(9)])
    tab, _ = await house.live_tab(node, me), await house.live_tab(node, nobody)
    await tab.send(op="watch", id=1, conversation=ghost)
    await tab.send(op="watch", id=2, conversation=conversation, after=0)
    await tab.until_position(9)
    tab.frames.clear()

    async def restore(tx: Transaction) -> None:
        """`later` and `ghost` were made after the backup."""
        await tx.run("delete from events where position > 4")
        await tx.run("update accounts set position = 4 where id = :id", id=account)
        await tx.run("update conversations set seq = 4 where id = :id", id=conversation)
        for table, column in (("tokens", "user_id"), ("seen", "user_id"), ("users", "id")):
            await tx.run(f"delete from {table} where {column} = :id", id=nobody.id)
        await tx.run("delete from accounts where id = :id", id=later)
        await tx.run("delete from conversations where id = :id", id=ghost)
        await tx.run("update epoch set value = 'restored'")

    await story.db.write(restore)
    assert await tab.until("reset") == {"op": "reset", "position": 4, "why": "epoch"}
    node.bus.publish(await story.happen(*[Happening(account, conversation) for _ in range(5)]))
    await tab.until_position(9)
    assert tab.positions == [5, 6, 7, 8, 9]
    await tab.send(op="watch", id=3, conversation=ghost)
    assert await tab.until("error") == {"op": "error", "id": 3, "code": "not_found"}


async def test_a_removed_participant_gets_the_removal_after_a_reconnect(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)

    async def remove(tx: Transaction) -> int:
        return await tx.run("delete from participants where conversation = :id", id=conversation)

    await story.db.write(remove)
    await story.happen(
        Happening(account, conversation, type="subscriber.removed", audience=(me.id,)),
        Happening(account, conversation, audience=()),
    )
    tab = await house.connect(node, me)
    await tab.send(op="resume", position=0)
    await tab.until("ready")
    assert [event["type"] for event in tab.events] == ["subscriber.removed"]


async def test_a_tab_resumes_once(house: House) -> None:
    story, node = house.story, await house.node()
    tab = await house.live_tab(node, await story.user(await story.account()))
    await tab.send(op="resume", position=0)
    assert await tab.next() == {"op": "error", "code": "bad_request"}


async def test_what_is_dispatched_before_the_database_was_read_waits_and_comes_once(house: House, shared_redis: RedisServer) -> None:
    story = house.story
    async with slow_wire(shared_redis.socket) as wire:
        node = await house.node(redis_url=f"redis://127.0.0.1:{wire.port}")
        wire.delay = 0.2
        account = await story.account()
        me = await story.user(account)
        conversation = await story.conversation(account, me)
        await story.happen(*[Happening(account, conversation, audience=(me.id,)) for _ in range(3)])
        tab = await house.connect(node, me)
        await tab.send(op="resume", position=0)
        here = node.live.hub.accounts[account]
        await until(lambda: here.everyone.ears)
        await story.happen(Happening(account, conversation, audience=(me.id,)))
        node.live.hub.sweep.now(account)
        await until(lambda: here.floor == 4)
        assert (await tab.until("ready"))["position"] == 4
        assert tab.positions == [1, 2, 3, 4]
