"""Few contacts are taken from the index of words, many are looked for in the order of the list: both find the same."""

import random
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import msgspec
import pytest

from server.domain.wanted import SORTS, Sort, Wanted
from server.store import contact_search, lists, words
from server.store.contact_search import Key
from server.store.database import Database, Transaction
from server.store.like import containing_digits
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


CHANGES = (
    "update contacts set name = 'Q ' || name where id in (select id from contacts order by id limit 30)",
    """update contacts set fields = '{"email":"WE\\"D"}' where id in (select id from contacts order by id desc limit 30)""",
    f"""insert into contacts (id, account, name, tags, fields, created_at, updated_at)
        values ('new', '{ACCOUNT}', 'Ümit', '[]', '{{}}', 0, 0)""",
    f"insert into contact_phones (account, number, contact, kind, place) values ('{ACCOUNT}', 'SHOP', 'new', 'other', 0)",
)
REMOVAL = ("delete from contact_phones where contact = 'new'", "delete from contacts where id = 'new'")
ODD = ("q", "qz", "}", '"', "!", "5-5", "+1", " ", "a\nu", "m\x00a", "É", "ü", "Üm", "sh")


async def looked_through(tx: Transaction) -> Callable[[str], set[str]]:
    """Who holds some letters, by looking at everybody."""
    numbers: dict[str, list[str]] = {}
    for row in await tx.all("select contact, number from contact_phones"):
        numbers.setdefault(row["contact"], []).append(row["number"])
    said = {row["id"]: (row["name"], msgspec.json.decode(row["fields"]).get("email", "")) for row in await tx.all("select * from contacts")}

    def found(query: str) -> set[str]:
        letters, digits = query.replace("\x00", "").lower(), containing_digits(query).strip("%")
        return {
            id
            for id, texts in said.items()
            if any(letters in text.lower() for text in texts) or (digits and any(digits in number for number in numbers.get(id, ())))
        }

    return found


def some_letters(rows: list[Any], chance: random.Random) -> Iterator[str]:
    for _ in range(6):
        row = chance.choice(rows)
        text = chance.choice([row["name"], msgspec.json.decode(row["fields"])["email"], row["number"]])
        at = chance.randrange(len(text) - 3)
        letters = text[at : at + chance.randint(1, 4)]
        yield chance.choice([letters, letters.upper(), letters.lower()])


async def test_letters_are_found_wherever_they_stand_whoever_looks_and_before_they_are_indexed(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await grown(db)
    people = "select c.name, c.fields, p.number from contacts c join contact_phones p on p.contact = c.id order by c.id"
    queries = [*ODD, *some_letters(await db.read(lambda tx: tx.all(people)), random.Random(5))]

    async def compare(tx: Transaction) -> None:
        looked = await looked_through(tx)
        for sort, query in zip(cycle(SORTS), queries, strict=False):
            wanted, there = Wanted(q=query), looked(query)
            page = await contact_search.contact_page(tx, ACCOUNT, wanted, sort=sort, after=None, limit=1_000)
            assert {id for _, id in page} == there, (query, sort)
            assert await contact_search.total(tx, ACCOUNT, wanted) == len(there), query

    async def run(tx: Transaction, *statements: str) -> None:
        for sql in statements:
            await tx.run(sql)

    for rare, walked in ((words.RARE, contact_search.WALKED), (0, 5)):
        monkeypatch.setattr(words, "RARE", rare)
        monkeypatch.setattr(contact_search, "WALKED", walked)
        await db.write(lambda tx: run(tx, *CHANGES))
        await db.read(compare)
        assert await db.write(words.index_contacts) > 30
        await db.write(lambda tx: run(tx, *REMOVAL))
        await db.read(compare)
