"""Few contacts are taken from the index of words, many are looked for in the order of the list: both find the same."""

from typing import Any

import pytest

from server.domain.wanted import SORTS, Sort, Wanted
from server.store import contact_search, lists, words
from server.store.contact_search import Key
from server.store.database import Database, Transaction
from tests.fixtures.years import ACCOUNT, grown

QUERIES = ("mar", "MARIA", "émil", "ost", "an", "example.com", "+1300", "7919993", "791-999", "user", "qx1", "qx12", "%", "__")
PAGE = 40


async def every(tx: Transaction, wanted: Wanted, sort: Sort) -> list[str]:
    """All of a list, page by page."""
    found: list[str] = []
    after: Key | None = None
    while True:
        page = await contact_search.contact_page(tx, ACCOUNT, wanted, sort=sort, after=after, limit=PAGE)
        found += [id for _, id in page]
        if len(page) < PAGE:
            return found
        after = page[-1][0]


async def talks(tx: Transaction, query: str) -> list[str]:
    found: list[str] = []
    after: lists.Key | None = None
    while True:
        page = await lists.page(tx, "all", account=ACCOUNT, user="nobody", query=query, after=after, limit=PAGE)
        found += [id for id, _ in page]
        if len(page) < PAGE:
            return found
        after = (page[-1][1], page[-1][0])


async def test_few_and_many_are_found_alike_in_every_order(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await grown(db)

    async def read(tx: Transaction) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for query in QUERIES:
            for ready in (None, True):
                wanted = Wanted(q=query, ready=ready)
                orders = [await every(tx, wanted, sort) for sort in SORTS]
                assert len({frozenset(ids) for ids in orders}) == 1, query
                assert len(set(orders[0])) == len(orders[0]) == await contact_search.total(tx, ACCOUNT, wanted)
                assert sorted(orders[0]) == await contact_search.ids(tx, ACCOUNT, wanted, limit=1_000)
                found[query, ready] = orders
            found[query] = await talks(tx, query)
        return found

    few = await db.read(read)
    monkeypatch.setattr(words, "RARE", 0)
    monkeypatch.setattr(contact_search, "WALKED", 3)
    monkeypatch.setattr(lists, "WALKED", 3)
    assert await db.read(read) == few
    assert few["mar", None][0], "Maria is among them"
    assert len(few["example.com", None][0]) > 2 * PAGE
    assert few["qx12", None] == [[], [], []]
