"""Watching conversations and topics: `ok`, then what was missed, then what is new, each event once."""

from typing import Any

from server.domain.user import Role
from tests.fixtures.story import Happening
from tests.fixtures.waiting import until
from tests.live.conftest import House


async def test_ok_comes_first_then_what_was_missed_then_what_is_new(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account)
    await story.happen(*[Happening(account, conversation) for _ in range(700)])
    tab = await house.live_tab(node, me)
    await tab.send(op="watch", id=7, conversation=conversation, after=41)
    for _ in range(30):
        node.bus.publish(await story.happen(Happening(account, conversation), Happening(account, conversation)))
    frame = await tab.next()
    assert frame == {"op": "ok", "id": 7, "seq": frame["seq"]}
    assert frame["seq"] >= 700
    await tab.until_position(760)
    assert [event["seq"] for event in tab.events] == list(range(42, 761))


async def test_however_many_watches_match_an_event_comes_once(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    manager = await story.user(account, Role.MANAGER)
    conversation, other = await story.conversation(account, manager), await story.conversation(account)
    tab = await house.live_tab(node, manager)
    await tab.send(op="watch", id=1, conversation=conversation)
    await tab.send(op="watch", id=2, topic="feed")
    await tab.send(op="watch", id=3, topic="pool")
    for _ in range(3):
        await tab.until("ok")
    for _ in range(10):
        node.bus.publish(
            await story.happen(
                Happening(account, conversation, audience=(manager.id,), reach="account", pool=True),
                Happening(account, other, pool=True),
                Happening(account, None, type="contact.updated", reach="account"),
            )
        )
    await tab.until_position(30)
    while (await tab.until("ready"))["position"] < 30:
        pass
    assert sorted(tab.positions) == list(range(1, 31))


async def test_a_watch_during_writing_neither_loses_nor_doubles(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversations = [await story.conversation(account) for _ in range(4)]
    tab = await house.live_tab(node, me)
    for number in range(40):
        node.bus.publish(await story.happen(*[Happening(account, each) for each in conversations]))
        if number % 10 == 5:
            await tab.send(op="watch", id=number, conversation=conversations[number // 10], after=0)
    await tab.until_position(160)
    await tab.quiet()
    while not any(frame["op"] == "ready" and frame["position"] >= 160 for frame in tab.frames):
        await tab.next()
    assert sorted(tab.positions) == list(range(1, 161))
    for conversation in conversations:
        assert [event["seq"] for event in tab.events if event["conversation"] == conversation] == list(range(1, 41))


async def test_a_gap_can_be_asked_for_again(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    tab = await house.live_tab(node, me)
    node.bus.publish(await story.happen(*[Happening(account, conversation, audience=(me.id,)) for _ in range(4)]))
    await tab.until_position(4)
    tab.frames.clear()
    for number in (1, 2):
        await tab.send(op="watch", id=number, conversation=conversation, after=2)
        assert await tab.until("ok") == {"op": "ok", "id": number, "seq": 4}
        await tab.quiet()
    assert tab.positions == [3, 4, 3, 4]


async def test_a_feed_is_everything_but_what_is_personal_and_each_event_comes_once(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    manager, agent = await story.user(account, Role.MANAGER), await story.user(account)
    mine, theirs = await story.conversation(account, manager), await story.conversation(account, agent)
    some = [
        Happening(account, mine, audience=(manager.id,)),
        Happening(account, theirs, audience=(agent.id,)),
        Happening(account, theirs, type="conversation.read", reach="person", audience=(agent.id,)),
    ]
    await story.happen(*some)
    tab = await house.live_tab(node, manager)
    node.bus.publish(await story.happen(*some))
    await tab.until_position(4)
    await tab.send(op="watch", id=1, topic="feed", after=0)
    assert (await tab.until("ok"))["position"] == 6
    await tab.quiet()
    node.bus.publish(await story.happen(*some))
    await tab.until_position(7)
    while (await tab.until("ready"))["position"] < 9:
        pass
    assert sorted(tab.positions) == [1, 2, 4, 5, 7, 8]


async def test_the_pool_adds_the_messages_of_public_conversations(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    tab = await house.live_tab(node, await story.user(account))
    public, private = await story.conversation(account), await story.conversation(account)
    await tab.send(op="watch", id=1, topic="pool")
    await tab.until("ok")
    node.bus.publish(await story.happen(Happening(account, private), Happening(account, public, pool=True)))
    await tab.until_position(2)
    while (await tab.until("ready"))["position"] < 2:
        pass
    assert tab.positions == [2]


async def test_after_unwatch_nothing_more_comes(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    tab = await house.live_tab(node, await story.user(account))
    conversation = await story.conversation(account)
    await tab.send(op="watch", id=1, conversation=conversation)
    await tab.send(op="unwatch", id=2, conversation=conversation)
    await tab.until("ok")
    assert await tab.next() == {"op": "ok", "id": 2}
    node.bus.publish(await story.happen(Happening(account, conversation)))
    while (await tab.until("ready"))["position"] < 1:
        pass
    assert tab.events == []


async def test_what_is_not_ours_and_what_is_not_there_get_the_same_bytes(house: House) -> None:
    story, node = house.story, await house.node(watches=100)
    account, other = await story.account(), await story.account()
    tab = await house.live_tab(node, await story.user(account))
    foreign = await story.conversation(other)
    answers = set()
    for name in (foreign, "0" * 26, "1 OR 1=1", "*", "x" * 300, "", "\x00", "\ud800", "Ü" * 26):
        await tab.send(op="watch", id=5, conversation=name)
        answers.add(await tab.socket.recv())
    await tab.send(op="watch", id=5, topic="feed")
    answers.add(await tab.socket.recv())
    assert answers == {'{"op":"error","id":5,"code":"not_found"}'}
    answers = set()
    for name in (foreign, "x", "\x00"):
        for op in ("typing", "viewing"):
            await tab.send(op=op, conversation=name)
            answers.add(await tab.socket.recv())
    assert answers == {'{"op":"error","code":"not_found"}'}
    node.bus.publish(await story.happen(Happening(other, foreign)))
    await tab.quiet()
    assert tab.events == []


async def test_a_number_that_is_none_is_a_bad_request_and_one_from_the_future_a_reset(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account)
    tab = await house.live_tab(node, me)
    targets: list[dict[str, Any]] = [{"conversation": conversation}, {"topic": "pool"}]
    for target in targets:
        odd: list[Any] = [-1, "1", 1.0, True, []]
        for after in odd:
            await tab.send(op="watch", id=3, after=after, **target)
            wanted = {"op": "error", "code": "bad_request"} if after == [] else {"op": "error", "id": 3, "code": "bad_request"}
            assert await tab.next() == wanted
        for above in (1, 2**63):
            await tab.send(op="watch", id=3, after=above, **target)
            assert await tab.next() == {"op": "reset", "position": 0, "why": "epoch"}
    for position in (-1, "1", 1.0, True):
        fresh = await house.connect(node, me)
        await fresh.send(op="resume", position=position)
        assert await fresh.next() == {"op": "error", "code": "bad_request"}
        await fresh.send(op="resume", position=0)
        assert await fresh.next() == {"op": "ready", "position": 0}


async def test_more_than_ten_thousand_back_is_too_far(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    conversation = await story.conversation(account)
    await story.happen(*[Happening(account, conversation) for _ in range(10_001)])
    tab = await house.live_tab(node, await story.user(account))
    for target in ({"conversation": conversation}, {"topic": "pool"}):
        await tab.send(op="watch", id=1, after=0, **target)
        assert await tab.next() == {"op": "error", "id": 1, "code": "too_far"}
    assert not node.live.hub.accounts[account].watched
    assert not node.live.hub.accounts[account].pool.ears


async def test_one_watch_more_than_hello_said_is_refused(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    tab = await house.live_tab(node, await story.user(account))
    conversations = [await story.conversation(account) for _ in range(tab.frames[0]["limits"]["watches"] + 1)]
    for number, conversation in enumerate(conversations):
        await tab.send(op="watch", id=number, conversation=conversation)
    for number in range(100):
        assert await tab.next() == {"op": "ok", "id": number, "seq": 0}
    assert await tab.next() == {"op": "error", "id": 100, "code": "limit"}
    await tab.send(op="watch", id=101, conversation=conversations[0])
    assert (await tab.next())["op"] == "ok"


async def test_a_tab_that_leaves_leaves_nothing_behind(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    manager = await story.user(account, Role.MANAGER)
    conversation = await story.conversation(account, manager)
    tab = await house.live_tab(node, manager)
    await tab.send(op="watch", id=1, conversation=conversation)
    await tab.send(op="watch", id=2, topic="feed")
    await tab.send(op="viewing", conversation=conversation)
    await tab.until("presence")
    here = node.live.hub.accounts[account]
    assert (len(here.everyone.ears), len(here.feed.ears), list(here.watched)) == (1, 1, [conversation])
    await tab.socket.close()
    await until(lambda: not node.live.tabs)
    assert not any(group.ears for group in (here.everyone, here.managers, here.feed, here.pool))
    assert (here.people, here.watched, here.viewed) == ({}, {}, {})
