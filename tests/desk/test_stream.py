"""What a tab and the sweep read, on both engines: rows and head of one snapshot."""

import asyncio

import pytest

from server.desk import stream
from server.desk.stream import Stream
from server.domain.user import Role, User
from server.store.database import Database
from tests.fixtures.story import Happening, Story


@pytest.fixture
def story(db: Database) -> Story:
    return Story(db)


async def test_rows_and_head_are_of_one_snapshot_while_others_write(db: Database, story: Story) -> None:
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    reader = Stream(db)
    done = asyncio.Event()

    async def write() -> None:
        for _ in range(40):
            await story.happen(*[Happening(account, conversation, audience=(me.id,)) for _ in range(3)])
        done.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        while not done.is_set():
            page, parts = await reader.unasked(me, 0)
            assert [event.position for event in page.events] == list(range(1, page.position + 1))
            assert parts == {conversation: page.position}
            whole = await reader.conversation(account, conversation, 0)
            assert [event.seq for event in whole.events] == list(range(1, whole.seq + 1))
            swept = await reader.after({account: 0})
            assert len(swept.envelopes) >= page.position


async def test_reading_in_pages_misses_nothing(db: Database, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PAGE", 4)
    monkeypatch.setattr(stream, "SWEPT", 3)
    account = await story.account()
    me = await story.user(account)
    conversation, other = await story.conversation(account, me), await story.conversation(account)
    await story.happen(
        *[Happening(account, each, audience=(me.id,) if each == conversation else ()) for _ in range(9) for each in (conversation, other)]
    )
    reader = Stream(db)
    got, after, more = [], 0, True
    while more:
        page, _ = await reader.unasked(me, after)
        got += [event.position for event in page.events]
        after, more = got[-1], page.more
    assert got == list(range(1, 19, 2))
    seqs, seq, more = [], 0, True
    while more:
        part = await reader.conversation(account, conversation, seq)
        seqs += [event.seq for event in part.events]
        seq, more = seqs[-1] or 0, part.more
    assert seqs == list(range(1, 10))
    swept, floor, more = [], 0, True
    while more:
        found = await reader.after({account: floor})
        swept += [event.position for event in found.envelopes]
        floor, more = swept[-1], found.more
    assert swept == list(range(1, 19))


async def test_too_far_is_told_by_count_and_by_what_was_pruned(db: Database, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "REPLAYED", 5)
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    await story.happen(*[Happening(account, conversation) for _ in range(8)])
    reader = Stream(db)
    assert [(await reader.everything(account, after)).too_far for after in (2, 3, 8, 9)] == [True, False, False, False]
    assert [(await reader.conversation(account, conversation, after)).too_far for after in (2, 3, 8, 2**63)] == [True, False, False, False]
    assert [(await reader.unasked(me, after))[0].too_far for after in (2, 3, None, 2**63)] == [True, False, False, False]
    await db.write(lambda tx: tx.run("delete from events where position <= 5"))
    assert [(await reader.everything(account, after)).too_far for after in (4, 5)] == [True, False]
    assert [(await reader.conversation(account, conversation, after)).too_far for after in (4, 5)] == [True, False]


async def test_a_conversation_is_had_only_by_its_account(db: Database, story: Story) -> None:
    account, other = await story.account(), await story.account()
    conversation = await story.conversation(account)
    reader = Stream(db)
    assert await reader.has(account, conversation)
    assert not await reader.has(other, conversation)


async def test_who_asks_for_what_is_gone_breaks_no_reading_for_others(db: Database, story: Story) -> None:
    """As after a restored backup, which was made before this account and this conversation."""
    account, gone = await story.account(), "0" * 26
    me, ghost = await story.user(account), User("0" * 26, gone, "Nobody", Role.AGENT)
    conversation = await story.conversation(account, me)
    await story.happen(Happening(account, conversation, audience=(me.id,)))
    reader = Stream(db)
    first, lost, page = await asyncio.gather(
        reader.unasked(me, None), reader.unasked(ghost, 0), reader.unasked(me, 0), return_exceptions=True
    )
    assert isinstance(lost, LookupError)
    assert not isinstance(first, BaseException)
    assert not isinstance(page, BaseException)
    assert [event.position for event in page[0].events] == [1]
    one, none, all_of_it = await asyncio.gather(
        reader.conversation(account, conversation, None),
        reader.conversation(account, gone, 0),
        reader.conversation(account, conversation, 0),
        return_exceptions=True,
    )
    assert isinstance(none, LookupError)
    assert not isinstance(one, BaseException)
    assert not isinstance(all_of_it, BaseException)
    assert [event.seq for event in all_of_it.events] == [1]
