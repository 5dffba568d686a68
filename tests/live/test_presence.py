"""Who looks and who types, in one process and across two."""

from typing import Any

from server.domain.user import User
from tests.fixtures.story import Happening
from tests.fixtures.waiting import until
from tests.live.conftest import House, Tab


def shown(user: User) -> dict[str, str]:
    return {"id": user.id, "name": user.name, "role": str(user.role)}


async def until_presence(tab: Tab, viewing: list[User], typing: list[User]) -> dict[str, Any]:
    wanted = sorted(map(shown, viewing), key=lambda user: user["id"]), sorted(map(shown, typing), key=lambda user: user["id"])
    while True:
        frame = await tab.until("presence", within=8)
        if (frame["viewing"], frame["typing"]) == wanted:
            return frame


async def test_who_looks_and_types_is_shown_to_who_watches_in_every_process(house: House) -> None:
    story, one, two = house.story, await house.node(), await house.node()
    account = await story.account()
    ann, bob, eve = await story.user(account), await story.user(account), await story.user(await story.account())
    conversation = await story.conversation(account)
    here, there, foreign = await house.live_tab(one, ann), await house.live_tab(two, bob), await house.live_tab(two, eve)
    await there.send(op="watch", id=1, conversation=conversation)
    await there.until("ok")
    await here.send(op="viewing", conversation=conversation)
    frame = await until_presence(there, [ann], [])
    assert frame == {"op": "presence", "conversation": conversation, "viewing": [shown(ann)], "typing": []}
    await here.send(op="typing", conversation=conversation)
    await until_presence(there, [ann], [ann])
    await here.send(op="viewing", conversation=None)
    await until_presence(there, [], [])
    await foreign.quiet()
    assert all(frame["op"] != "presence" for frame in foreign.frames)


async def test_who_comes_later_learns_who_was_there_before(house: House) -> None:
    story, one, two = house.story, await house.node(), await house.node()
    account = await story.account()
    ann, bob = await story.user(account), await story.user(account)
    conversation = await story.conversation(account)
    here = await house.live_tab(one, ann)
    await here.send(op="viewing", conversation=conversation)
    await until_presence(here, [ann], [])
    same_process = await house.live_tab(one, bob)
    await same_process.send(op="viewing", conversation=conversation)
    await until_presence(same_process, [ann, bob], [])
    await same_process.socket.close()
    await until_presence(here, [ann], [])
    other_process = await house.live_tab(two, bob)
    await other_process.send(op="viewing", conversation=conversation)
    await until_presence(other_process, [ann, bob], [])


async def test_one_who_looks_twice_stays_until_the_last_tab_is_gone(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    ann, bob = await story.user(account), await story.user(account)
    conversation = await story.conversation(account, bob)
    watcher = await house.live_tab(node, bob)
    tabs = [await house.live_tab(node, ann), await house.live_tab(node, ann)]
    for tab in tabs:
        await tab.send(op="viewing", conversation=conversation)
        await until_presence(tab, [ann], [])
    await tabs[0].socket.close()
    await until(lambda: len(node.live.tabs[ann.id]) == 1)
    await watcher.quiet()
    assert [frame["viewing"] for frame in watcher.frames if frame["op"] == "presence"] == [[shown(ann)]]
    await tabs[1].socket.close()
    await until_presence(watcher, [], [])


async def test_typing_ends_by_itself(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    ann = await story.user(account)
    conversation = await story.conversation(account, ann)
    tab = await house.live_tab(node, ann)
    await tab.send(op="typing", conversation=conversation)
    await until_presence(tab, [], [ann])
    await until_presence(tab, [], [])


async def test_who_left_while_a_tab_had_a_backlog_is_not_shown_to_it_for_ever(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    ann, bob = await story.user(account), await story.user(account)
    conversation = await story.conversation(account, bob)
    here, there = await house.live_tab(node, ann), await house.live_tab(node, bob)
    await here.send(op="viewing", conversation=conversation)
    await until_presence(there, [ann], [])
    there.socket.transport.pause_reading()
    outbox, written = node.live.tabs[bob.id][0].ear.outbox, 0

    async def has_a_backlog() -> bool:
        nonlocal written
        if node.live.hub.accounts[account].floor == written:
            written += 1
            node.bus.publish(await story.happen(Happening(account, conversation, audience=(bob.id,), note="x" * 16_000)))
        return outbox._transport.get_write_buffer_size() > 64 * 1024

    await until(has_a_backlog)
    await here.send(op="viewing", conversation=None)
    await here.quiet()
    there.socket.transport.resume_reading()
    await until_presence(there, [], [])
