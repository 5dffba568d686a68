"""The numbers beside the lists are kept, not counted: whatever happened, they are what the lists themselves show, on both engines."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Literal

import pytest

from server.desk import attend
from server.desk.desk import Desk
from server.desk.inbox import conversation_list
from server.desk.passwords import Passwords
from server.desk.staffing import HandOver, UserChange, change_user
from server.desk.tallies import Tallies, Tally, fold_counts, tally
from server.domain.errors import Refused
from server.domain.user import User
from server.store import conversation_counts, participation_counts
from server.store import migrate as migrations
from server.store.database import Transaction
from server.store.lists import View
from tests.fixtures.history import History
from tests.fixtures.office import SALES, Office

STEPS, LOOK_EVERY, FOLD_EVERY = 120, 15, 30


class Staffed(History):
    """A history in which people leave and come back, and what was read is unread again."""

    async def step(self) -> None:
        deeds: list[Callable[[], Coroutine[Any, Any, None]]] = [self.unread, self.read_all, self.leave, self.come_back]
        deed = self.random.choice(deeds) if self.random.random() < 0.2 else super().step
        with contextlib.suppress(Refused):
            await deed()

    def agent(self) -> User:
        return self.random.choice([self.office.ana, self.office.ben, self.office.dana])

    async def unread(self) -> None:
        await attend.unread(self.office.desk, self.any_user(), await self.any_conversation())

    async def read_all(self) -> None:
        await attend.read(self.office.desk, self.any_user(), await self.any_conversation(), 1_000_000)

    async def leave(self) -> None:
        to: HandOver | Literal["public"] = HandOver(self.any_user().id) if self.random.random() < 0.5 else "public"
        await self._change(UserChange(disabled=True, conversations=to))

    async def come_back(self) -> None:
        await self._change(UserChange(disabled=False))

    async def _change(self, change: UserChange) -> None:
        await change_user(self.office.desk, Passwords(), self.office.mia, self.agent().id, change)


async def listed(office: Office, user: User) -> Tallies:
    """The numbers as somebody counts them who reads all lists to the end."""

    async def of(view: View) -> Tally:
        page = await conversation_list(office.desk, user, view, "", None, 200)
        assert page.next is None
        return Tally(len(page.items), sum(item.unread > 0 for item in page.items))

    pool, unanswered, everything, closed = [(await of(view)).all for view in ("pool", "unanswered", "all", "closed")]
    return Tallies(await of("mine"), await of("subscribed"), pool, unanswered, everything, closed)


async def assert_numbers_are_those_of_the_lists(office: Office) -> None:
    for user in (office.mia, office.ana, office.ben, office.dana):
        assert await tally(office.desk, user) == await listed(office, user), user.name


async def test_a_list_holds_something_unread_while_there_is_what_alerts_the_person_above_what_was_read(office: Office) -> None:
    async def subscribed() -> Tally:
        return (await tally(office.desk, office.ana)).subscribed

    await office.text("Hi", to=SALES)
    id = await office.conversation()
    await attend.follow(office.desk, office.ana, id, None)
    assert await subscribed() == Tally(1, 0)
    await office.text("Anybody?", to=SALES)
    assert await subscribed() == Tally(1, 1)
    await attend.follow(office.desk, office.ana, id, True)
    assert await subscribed() == Tally(1, 0), "who is muted is not alerted"
    await attend.follow(office.desk, office.ana, id, False)
    assert await subscribed() == Tally(1, 1)
    await office.desk.db.write(read_as_it_comes)
    assert await subscribed() == Tally(1, 0)


async def read_as_it_comes(tx: Transaction) -> None:
    """What shares a commit is written in this order: who has read how far, and then the texts."""
    await tx.run("update participants set read_seq = 1000")
    same = "account, kind, direction, body, media, state, encoding, segments, created_at, attempt"
    as_before = f"select conversation, 1000, 'new', {same} from messages where body = 'Hi'"
    written = f"insert into messages (conversation, seq, id, {same}) {as_before}"
    assert await tx.run(written) == 1


@pytest.fixture
def folds_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for counts in (conversation_counts, participation_counts):
        monkeypatch.setattr(counts, "FOLDED_FROM", 1)


@pytest.mark.usefixtures("folds_all")
async def test_after_any_history_the_numbers_are_those_of_the_lists_added_up_or_not(office: Office) -> None:
    history = Staffed(office, random.Random(1))
    for number in range(1, STEPS + 1):
        await history.step()
        if number % FOLD_EVERY == 0:
            await fold_counts(office.desk)
        if number % LOOK_EVERY == 0:
            await assert_numbers_are_those_of_the_lists(office)
    rows = [(await office.all(f"select * from {table}")) for table in ("participation_changes", "conversation_counts")]
    assert [len(each) for each in rows] == [0, 1], "what was added up is not there twice"


@pytest.mark.usefixtures("folds_all")
async def test_the_numbers_are_right_after_two_processes_changed_the_same_conversations_at_once(office: Office, second_desk: Desk) -> None:
    async def live(history: History) -> None:
        for number in range(40):
            await history.step()
            if number % 20 == 0:
                await fold_counts(history.office.desk)

    one, other = Staffed(office, random.Random(3)), Staffed(replace(office, desk=second_desk), random.Random(4))
    other.sends = 1_000
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(live(one))
        tasks.create_task(live(other))
    await assert_numbers_are_those_of_the_lists(office)
    await asyncio.gather(fold_counts(office.desk), fold_counts(second_desk))
    await assert_numbers_are_those_of_the_lists(office)


async def test_what_happened_before_the_numbers_were_kept_is_in_them_after_the_upgrade(office: Office) -> None:
    """What migration 25 counts at first is what its triggers have counted one by one; they are as if they had not been there."""
    history = Staffed(office, random.Random(5))
    for _ in range(60):
        await history.step()
    [upgrade] = [each.sql for each in migrations.known(office.desk.db.engine) if each.number == 25]
    reads, counts = (
        next(statement for statement in upgrade.split(";\n") if statement.strip().startswith(beginning))
        for beginning in ("update participants set unread = 1 where exists", "insert into participation_counts")
    )

    async def count_at_first(tx: Transaction) -> None:
        await tx.run("update participants set unread = 0")
        await tx.run(reads)
        await tx.run("delete from participation_changes")
        await tx.run("delete from participation_counts")
        await tx.run(counts)

    await office.desk.db.write(count_at_first)
    await assert_numbers_are_those_of_the_lists(office)
    tallies = [await tally(office.desk, user) for user in (office.ana, office.ben, office.dana)]
    assert sum(each.subscribed.unread + each.mine.unread for each in tallies) > 0, "something was unread before"
    for _ in range(20):
        await history.step()
    await assert_numbers_are_those_of_the_lists(office)
