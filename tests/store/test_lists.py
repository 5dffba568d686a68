"""The list of what a person subscribes to reads no more than its newest weeks, and is the same list."""

from typing import Any

import pytest

from server.store import lists
from server.store.database import Database, Transaction
from tests.fixtures.years import ACCOUNT, NOW_US, grown

DAYS_US = 3 * 86_400_000_000
"""From two conversations to the next two."""


async def everything(db: Database, user: str) -> list[str]:
    rows = await db.read(
        lambda tx: tx.all(
            """select c.id from conversations c join participants p on p.conversation = c.id
               where p.user_id = :user and p.part = 'subscriber' and c.closed_at is null order by c.active_at desc, c.id desc""",
            user=user,
        )
    )
    return [row["id"] for row in rows]


async def page_by_page(db: Database, user: str, limit: int) -> list[str]:
    listed, after = list[str](), None
    while True:
        asked: dict[str, Any] = {"account": ACCOUNT, "user": user, "query": "", "after": after, "limit": limit}
        page = await db.read(lambda tx, asked=asked: lists.page(tx, "subscribed", **asked))  # type: ignore[misc]
        listed += [id for id, _ in page]
        if len(page) < limit:
            return listed
        after = (page[-1][1], page[-1][0])


@pytest.mark.parametrize("closed", [0, 9, 10], ids=["none", "nine of ten", "all"])
async def test_pages_of_what_one_subscribes_to_are_the_whole_list(db: Database, closed: int) -> None:
    await grown(db)

    async def subscribe(tx: Transaction) -> str:
        row = await tx.one("select id from users where account = :account order by id limit 1", account=ACCOUNT)
        assert row is not None
        await tx.run(
            """insert into participants (conversation, user_id, part, read_seq) select id, :user, 'subscriber', 0 from conversations
               where id not in (select conversation from participants where user_id = :user)""",
            user=row["id"],
        )
        talks = [each["id"] for each in await tx.all("select id from conversations order by active_at desc")]
        spread = [{"id": id, "at": NOW_US - place // 2 * DAYS_US} for place, id in enumerate(talks)]
        await tx.many("update conversations set active_at = :at where id = :id", spread)
        gone = [id for place, id in enumerate(talks) if place < 15 and place % 10 < closed]
        await tx.many("update conversations set closed_at = active_at where id = :id", [{"id": id} for id in gone])
        return str(row["id"])

    user = await db.write(subscribe)
    wanted = await everything(db, user)
    assert len(wanted) > 15
    for limit in (1, 2, 3):
        assert await page_by_page(db, user, limit) == wanted
