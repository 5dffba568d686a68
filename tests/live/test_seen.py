"""Who has a tab open is kept, for the feed's figures and the list of users."""

from server.store.seen import last_seen
from tests.fixtures.waiting import until
from tests.live.conftest import House


async def test_an_open_tab_is_kept_at_once_and_again_and_again(house: House) -> None:
    story, node = house.story, await house.node(seen_seconds=0.2, arrivals_seconds=0.05)
    account = await story.account()
    ann, bob = await story.user(account), await story.user(account)

    async def seen() -> dict[str, int]:
        return await story.db.read(lambda tx: last_seen(tx, [ann.id, bob.id]))

    async def after(at: int) -> bool:
        return (await seen()).get(ann.id, 0) > at

    assert await seen() == {}
    tab = await house.live_tab(node, ann)
    await until(lambda: after(0))
    first = (await seen())[ann.id]
    await until(lambda: after(first))
    assert (await seen()).keys() == {ann.id}
    await tab.socket.close()
    await until(lambda: not node.live.tabs)
    await house.live_tab(node, bob)

    async def bob_too() -> bool:
        return bob.id in await seen()

    await until(bob_too)
    last = (await seen())[ann.id]
    was = (await seen())[bob.id]

    async def bob_again() -> bool:
        return (await seen())[bob.id] > was

    await until(bob_again)
    assert (await seen())[ann.id] == last, "who has left is not seen any more"
