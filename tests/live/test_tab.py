"""What a tab receives, unasked and asked for, over real sockets."""

import json

from server.domain.user import Role
from tests.fixtures.story import Happening
from tests.fixtures.waiting import until
from tests.live.conftest import House


async def test_a_tab_gets_what_concerns_its_user_and_nothing_else(house: House) -> None:
    story, node = house.story, await house.node()
    account, other_account = await story.account(), await story.account()
    me, colleague, stranger = await story.user(account), await story.user(account), await story.user(other_account)
    mine, theirs = await story.conversation(account, me, colleague), await story.conversation(account, colleague)
    tab, foreign = await house.live_tab(node, me), await house.live_tab(node, stranger)
    written = await story.happen(
        Happening(account, mine, audience=(me.id, colleague.id)),
        Happening(account, theirs, audience=(colleague.id,)),
        Happening(account, theirs, type="conversation.public", reach="account", pool=True),
        Happening(account, mine, type="conversation.read", reach="person", audience=(colleague.id,)),
        Happening(account, mine, type="conversation.read", reach="person", audience=(me.id,)),
        Happening(account, None, type="live_filter.entered", reach="managers"),
        Happening(account, None, type="settings.changed", reach="account"),
    )
    node.bus.publish(written)
    await tab.until_position(7)
    await tab.quiet()
    assert sorted(tab.positions) == [1, 3, 5, 7]
    await foreign.quiet()
    assert foreign.events == []


async def test_a_manager_also_gets_what_is_for_managers(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    tab = await house.live_tab(node, await story.user(account, Role.MANAGER))
    node.bus.publish(await story.happen(Happening(account, None, type="live_filter.entered", reach="managers")))
    await tab.until_position(1)


async def test_ready_comes_after_everything_up_to_its_position(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    tab = await house.live_tab(node, me)
    for _ in range(5):
        node.bus.publish(await story.happen(*[Happening(account, conversation, audience=(me.id,)) for _ in range(20)]))
    while (await tab.until("ready"))["position"] < 100:
        pass
    assert tab.positions == list(range(1, 101))


async def test_a_tab_whose_question_the_database_cannot_answer_is_sent_away_and_its_process_lives_on(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    tab = await house.live_tab(node, me)

    async def rename(back: str, to: str) -> None:
        await story.db.write(lambda tx: tx.run(f"alter table {back} rename to {to}"))

    await rename("conversations", "elsewhere")
    await tab.send(op="watch", id=1, conversation=conversation)
    assert (await tab.until("bye"))["code"] == 4503
    assert await tab.closed() == 4503
    await rename("elsewhere", "conversations")
    await house.live_tab(node, me)


async def test_the_sweep_goes_on_after_the_database_failed(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    tab = await house.live_tab(node, me)
    await story.happen(Happening(account, conversation, audience=(me.id,)))
    await story.db.write(lambda tx: tx.run("alter table events rename to elsewhere"))
    node.live.hub.sweep.all()
    await until(lambda: node.bus.counters.sweep_failures)
    await story.db.write(lambda tx: tx.run("alter table elsewhere rename to events"))
    await tab.until_position(1)


async def test_however_much_comes_at_once_no_frame_is_larger_than_clients_take(house: House) -> None:
    """Many take 64 KiB by default, Python's a megabyte."""
    story, node = house.story, await house.node()
    account = await story.account()
    tab = await house.live_tab(node, await story.user(account, Role.MANAGER))
    await tab.send(op="watch", id=1, topic="feed")
    await tab.until("ok")
    conversation = await story.conversation(account)
    await story.happen(*[Happening(account, conversation, note="x" * 1000) for _ in range(1500)])
    node.live.hub.sweep.all()
    await tab.until_position(1500)
    assert tab.positions == list(range(1, 1501))
    assert max(len(json.dumps(frame, separators=(",", ":"))) for frame in tab.frames) <= 64 * 1024
