"""Reading events back, on both engines."""

import json

import asyncpg
import pytest

from server.domain.user import Role, User
from server.store import replay, sessions
from server.store.database import Database, Transaction
from server.store.still_signed_in import still_signed_in
from tests.fixtures.story import Happening, Story


@pytest.fixture
def story(db: Database) -> Story:
    return Story(db)


async def test_one_reading_brings_what_came_after_for_every_account_in_order(db: Database, story: Story) -> None:
    accounts = sorted([await story.account() for _ in range(3)])
    for _ in range(5):
        await story.happen(*[Happening(account, None, type="settings.changed", reach="account") for account in accounts])
    floors = {accounts[0]: 5, accounts[1]: 2, accounts[2]: 0}
    found = await db.read(lambda tx: replay.after(tx, floors, 100))
    assert [(e.account, e.position) for e in found] == [(accounts[1], n) for n in (3, 4, 5)] + [(accounts[2], n) for n in range(1, 6)]
    few = await db.read(lambda tx: replay.after(tx, floors, 4))
    assert [e.position for e in few] == [3, 4, 5, 1]
    assert await db.read(lambda tx: replay.after(tx, {}, 4)) == []


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_a_transaction_that_somebody_leaves_open_holds_up_no_reading(db: Database, story: Story, database_url: str) -> None:
    """FAULTS 24: a reader that goes by the numbers of transactions would wait for its end."""
    account = await story.account()
    idle = await asyncpg.connect(database_url)
    try:
        await idle.execute("begin isolation level repeatable read; select pg_current_xact_id()")
        await story.happen(Happening(account, None, type="settings.changed", reach="account"))
        assert [event.position for event in await db.read(lambda tx: replay.since(tx, account, 0, 10))] == [1]
    finally:
        await idle.close()


async def test_an_event_is_read_back_as_it_was_written(db: Database, story: Story) -> None:
    account = await story.account()
    user = await story.user(account)
    conversation = await story.conversation(account, user)
    [written] = await story.happen(Happening(account, conversation, audience=(user.id, "x"), pool=True, note="ü\u2028👍"))
    [read] = await db.read(lambda tx: replay.since(tx, account, 0, 10))
    assert read == replay.Recorded(account, 1, conversation, 1, "participants", True, (user.id, "x"), written.body.decode())
    assert json.loads(read.body)["note"] == "ü\u2028👍"


@pytest.mark.parametrize("role", [Role.AGENT, Role.MANAGER])
async def test_what_concerns_a_user_is_read_and_nothing_else(db: Database, story: Story, role: Role) -> None:
    account, other = await story.account(), await story.account()
    me, colleague = await story.user(account, role), await story.user(account)
    conversation, foreign = await story.conversation(account, me), await story.conversation(other)
    await story.happen(
        Happening(account, conversation, audience=(colleague.id, me.id)),
        Happening(account, conversation, audience=(colleague.id,)),
        Happening(account, conversation, reach="account"),
        Happening(account, None, reach="managers"),
        Happening(account, conversation, reach="person", audience=(me.id,)),
        Happening(account, conversation, reach="person", audience=(colleague.id,)),
        Happening(other, foreign, reach="account", audience=(me.id,)),
    )
    found = await db.read(lambda tx: replay.since_for(tx, account, me.id, manager=me.manages, position=0, limit=10))
    assert [e.position for e in found] == ([1, 3, 4, 5] if role is Role.MANAGER else [1, 3, 5])
    assert [e.seq for e in found if e.reach == "person"] == [None]
    later = await db.read(lambda tx: replay.since_for(tx, account, me.id, manager=me.manages, position=1, limit=1))
    assert [e.position for e in later] == [3]


async def test_a_conversation_is_read_by_seq_and_only_for_its_account(db: Database, story: Story) -> None:
    account, other = await story.account(), await story.account()
    conversation = await story.conversation(account)
    await story.happen(*[Happening(account, conversation) for _ in range(4)])
    await story.happen(Happening(account, conversation, reach="person", audience=("u",)))
    found = await db.read(lambda tx: replay.conversation_since(tx, conversation, 2, 10))
    assert [e.seq for e in found] == [3, 4]
    asked = [(account, conversation), (other, conversation), (account, "0" * 26)]
    assert await db.read(lambda tx: replay.conversation_seqs(tx, asked)) == {(account, conversation): 4}


async def test_participations_come_newest_activity_first(db: Database, story: Story) -> None:
    account = await story.account()
    me, colleague, nobody = [await story.user(account) for _ in range(3)]
    conversations = [await story.conversation(account, me) for _ in range(3)]
    other = await story.conversation(account, colleague)

    async def touch(tx: Transaction) -> None:
        for at, conversation in enumerate((conversations[1], conversations[2], conversations[0])):
            await tx.run("update conversations set active_at = :at, seq = :at where id = :id", at=at + 1, id=conversation)

    await db.write(touch)
    found = await db.read(lambda tx: replay.participations(tx, [me.id, colleague.id, nobody.id], 2))
    assert list(found.pop(me.id).items()) == [(conversations[0], 3), (conversations[2], 2)]
    assert found == {colleague.id: {other: 0}, nobody.id: {}}


async def test_of_many_weeks_the_newest_that_hold_enough_are_looked_at(db: Database, story: Story) -> None:
    account = await story.account()
    me = await story.user(account)
    conversations = [await story.conversation(account, me) for _ in range(12)]
    weeks = [9, 2, 7, 7, 1, 7, 5, 9, 5, 1, 2, 2]

    async def touch(tx: Transaction) -> None:
        for number, (conversation, week) in enumerate(zip(conversations, weeks, strict=True)):
            at = week * 604_800_000_000 + number * 7 % 12
            await tx.run("update conversations set active_at = :at where id = :id", at=at, id=conversation)

    await db.write(touch)
    places = sorted(range(12), key=lambda number: (weeks[number], number * 7 % 12), reverse=True)
    for limit in range(1, 14):
        found = await db.read(lambda tx, limit=limit: replay.participations(tx, [me.id], limit))  # type: ignore[misc]
        assert [*found[me.id]] == [conversations[number] for number in places[:limit]]


async def test_head_epoch_and_what_is_kept_are_known(db: Database, story: Story) -> None:
    account = await story.account()
    await story.happen(Happening(account, None), Happening(account, None))
    assert await db.read(lambda tx: replay.head(tx, account)) == 2
    assert await db.read(lambda tx: replay.heads(tx, [account, "nobody"])) == {account: 2}
    assert await db.read(replay.epoch)
    assert await db.read(lambda tx: replay.kept(tx, account, (0, 1, 2, 3))) == {1, 2}
    with pytest.raises(LookupError):
        await db.read(lambda tx: replay.head(tx, "nobody"))


async def test_of_many_sessions_those_that_stand_are_told_with_their_users_as_they_are_now(db: Database, story: Story) -> None:
    account = await story.account()
    well, disabled, promoted = [await story.user(account) for _ in range(3)]

    async def write(tx: Transaction) -> None:
        for number, (user, expires_at) in enumerate([(well, tx.now + 1_000_000_000), (well, tx.now), (disabled, tx.now + 1_000_000_000)]):
            await sessions.add_session(tx, digest=f"d{number}", id=f"s{number}", user=user.id, expires_at=expires_at)
        await sessions.add_token(tx, digest="t", id="t", user=promoted, name="t")
        await sessions.add_token(tx, digest="u", id="u", user=disabled, name="u")
        await tx.run("update users set disabled_at = 1 where id = :id", id=disabled.id)
        await tx.run("update users set role = 'manager' where id = :id", id=promoted.id)

    await db.write(write)
    found = await db.read(lambda tx: still_signed_in(tx, ["s0", "s1", "s2", "t", "u", "gone"]))
    assert found == {"s0": well, "t": User(promoted.id, account, promoted.name, Role.MANAGER)}
    assert await db.read(lambda tx: still_signed_in(tx, [])) == {}
