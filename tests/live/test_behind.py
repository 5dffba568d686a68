"""A tab that is far behind and reads slowly: it gets there in the end, and is never told that it has what it has not."""

import asyncio
import socket

import pytest

from channels.ear import Ear
from server.domain.user import Role, User
from tests.fixtures.story import Happening
from tests.fixtures.waiting import until
from tests.live.conftest import House, Node, Tab

LARGE = "x" * 8000
PAGE = 100
"""Of so many large events not even one page fits into what lies between the two ends."""


async def slow(house: House, node: Node, user: User) -> Tab:
    """It takes no more than a frame or two ahead of what this test reads."""
    tab = await house.connect(node, user, max_queue=1, close_timeout=0.1)
    tab.socket.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    return tab


def ear_of(node: Node, user: User) -> Ear:
    return node.live.tabs[user.id][0].ear


async def until_stuck(node: Node, user: User) -> None:
    """It is being replayed to, and nothing more goes out until the tab reads."""
    transport = ear_of(node, user).outbox._transport
    await until(lambda: ear_of(node, user).held is not None and transport.get_write_buffer_size() > 64 * 1024)


async def until_waiting(node: Node, user: User, events: int) -> None:
    await until(lambda: len(ear_of(node, user).held or ()) == events)


def large(account: str, conversation: str, count: int, *, audience: tuple[str, ...] = ()) -> list[Happening]:
    return [Happening(account, conversation, audience=audience, note=LARGE) for _ in range(count)]


@pytest.fixture(autouse=True)
def pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.desk.stream.PAGE", PAGE)


@pytest.mark.parametrize("of", ["resume", "conversation", "feed"])
async def test_what_falls_too_far_behind_during_its_replay_is_a_reset_and_is_not_left_out(
    house: House, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    monkeypatch.setattr("server.desk.stream.REPLAYED", 2 * PAGE)
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account, Role.MANAGER)
    conversation = await story.conversation(account)
    audience = (me.id,) if of == "resume" else ()
    await story.happen(*large(account, conversation, PAGE + 1, audience=audience))
    tab = await slow(house, node, me)
    if of == "resume":
        await tab.send(op="resume", position=0)
    else:
        await tab.send(op="resume")
        await tab.until("ready")
        target = {"topic": "feed"} if of == "feed" else {"conversation": conversation}
        await tab.send(op="watch", id=1, after=0, **target)
        await tab.until("ok")
    await until_stuck(node, me)
    head = (await story.happen(*[Happening(account, conversation, audience=audience) for _ in range(2 * PAGE)]))[-1].position
    while (frame := await tab.next())["op"] == "events":
        pass
    assert frame == {"op": "reset", "position": head, "why": "too_far"}
    assert tab.positions == list(range(1, PAGE + 1))


async def test_what_is_new_during_a_long_replay_does_not_pile_up_and_comes_once(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account, Role.MANAGER)
    conversation = await story.conversation(account)
    await story.happen(*large(account, conversation, 2 * PAGE + 50))
    tab = await slow(house, node, me)
    await tab.send(op="resume")
    await tab.until("ready")
    await tab.send(op="watch", id=1, topic="feed", after=0)
    for page in range(2):
        await until_stuck(node, me)
        waiting = len(ear_of(node, me).held or ()) + 20
        node.bus.publish(await story.happen(*large(account, conversation, 20)))
        await until_waiting(node, me, waiting)
        await tab.until_position((page + 1) * PAGE)
    await tab.until_position(2 * PAGE + 90)
    assert tab.positions == list(range(1, 2 * PAGE + 91))
    assert node.bus.counters.cut == 0


async def test_while_older_events_are_being_written_no_position_is_told(house: House) -> None:
    """A tab that has had the `ok` of a topic takes the next N for the end of what it missed."""
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account, Role.MANAGER)
    conversation = await story.conversation(account)
    await story.happen(*large(account, conversation, PAGE + 20))
    tab = await slow(house, node, me)
    await tab.send(op="resume")
    await tab.until("ready")
    await tab.send(op="watch", id=1, topic="feed", after=0)
    await until_stuck(node, me)
    there, now = node.live.tabs[me.id][0], asyncio.get_running_loop().time()
    there.beat(now + node.live.pace.ping_seconds + 1)
    await tab.until_position(PAGE + 20)
    assert {frame["op"] for frame in tab.frames[3:]} == {"events"}
    await until(lambda: ear_of(node, me).held is None)
    there.beat(now + node.live.pace.ping_seconds + 1)
    await tab.until("ping")


async def test_a_watch_that_the_database_breaks_off_tells_no_position(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account, Role.MANAGER)
    conversation = await story.conversation(account)
    await story.happen(*large(account, conversation, PAGE + 20))
    tab = await slow(house, node, me)
    await tab.send(op="resume")
    await tab.until("ready")
    await tab.send(op="watch", id=1, topic="feed", after=0)
    await until_stuck(node, me)
    node.bus.publish(await story.happen(Happening(account, conversation)))
    await until(lambda: node.live.hub.accounts[account].floor == PAGE + 21)
    await story.db.write(lambda tx: tx.run("alter table events rename to elsewhere"))
    await tab.until("bye")
    await story.db.write(lambda tx: tx.run("alter table elsewhere rename to events"))
    assert [frame["op"] for frame in tab.frames[2:] if frame["op"] != "events"] == ["ok", "bye"]
    assert tab.positions == list(range(1, PAGE + 1))


async def test_a_tab_that_reads_slowly_but_does_read_is_not_closed_before_it_has_everything(house: House) -> None:
    """It reads for more than two seconds, which is how long this test takes: twice as long as a silent one is kept."""
    story, node = house.story, await house.node(ping_seconds=0.5, pong_seconds=1.0)
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    await story.happen(*large(account, conversation, 250, audience=(me.id,)))
    tab = await slow(house, node, me)
    await tab.send(op="resume", position=0)
    frame = await tab.next()
    while frame["op"] != "ready":
        await asyncio.sleep(0.05)
        frame = await tab.next()
    assert tab.positions == list(range(1, 251))


@pytest.mark.parametrize("by", ["sweep", "Redis"])
async def test_a_tab_that_reads_is_not_cut_for_what_comes_at_once(house: House, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    """As after a process stood still: its tabs have read all that they were sent, and megabytes wait for them."""
    monkeypatch.setattr("server.desk.stream.SWEPT", 300)
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account, Role.MANAGER)
    conversation = await story.conversation(account)
    tab = await house.live_tab(node, me)
    await tab.send(op="watch", id=1, topic="feed", after=0)
    await tab.until("ok")
    there = await story.happen(*large(account, conversation, 1000))
    if by == "Redis":
        node.bus.publish(there)
    else:
        node.live.hub.sweep.now(account)
    await tab.until_position(there[-1].position)
    assert tab.positions == [event.position for event in there]
    assert node.bus.counters.cut == 0


async def test_nobody_waits_for_a_slow_tab_that_has_caught_up(house: House) -> None:
    """What came during its replay goes out to it at once, which is much for it, and its own affair."""
    story, node = house.story, await house.node()
    told: list[bool] = []
    node.live.hub.turn.lull.told = told.append
    account = await story.account()
    me = await story.user(account, Role.MANAGER)
    conversation = await story.conversation(account)
    await story.happen(*large(account, conversation, PAGE - 20))
    tab = await slow(house, node, me)
    await tab.send(op="resume")
    await tab.until("ready")
    await tab.send(op="watch", id=1, topic="feed", after=0)
    await until_stuck(node, me)
    node.bus.publish(await story.happen(*large(account, conversation, 20)))
    await until_waiting(node, me, 20)
    await tab.until_position(PAGE)
    assert tab.positions == list(range(1, PAGE + 1))
    assert told == []
