"""No page that is measured (`bench.growth_pages`) reads a whole table that grows, on both engines, and each list goes by its own index.
What any other call asks is explained on SQLite behind every test (`tests.fixtures.plans`)."""

import contextlib
import random
import re
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bench.growth_pages import pages
from server.store import contact_search, message_search, words
from server.store.database import Database, Row, Transaction
from tests.fixtures.plans import grows, read_whole
from tests.fixtures.years import grown

T = TypeVar("T")

EXPLAIN = {"sqlite": ("explain query plan", "detail"), "postgresql": ("explain", "QUERY PLAN")}
DEAR = ("seqscan",)
"""What reads whole tables, PostgreSQL is told; how it joins what is as small as here says nothing of what has grown."""


USED = {
    "inbox: mine": "conversations_by_owner",
    "inbox: subscribed": "participants_by_week",
    "inbox: all": "conversations_by_activity",
    "pool": "conversations_pool",
    "unanswered": "conversations_unanswered",
    "inbox: part of a number": "conversations_by_contact",
    "contacts: a number": "contact_index|contact_words_held",
    "contacts: a first name's 3 letters": "contact_index|contact_words_held",
    "contacts: 2 letters": "contact_index|contact_words_held",
    "contacts: 2 letters, newest first": "contact_index|contact_words_held",
    "contacts: 2 letters of nobody": "contact_index|contact_words_held",
    "contacts: 2 digits for letters": "contact_index|contact_words_held",
    "contacts: 1 of the letters": "contact_index|contact_words_held",
    "contacts: nobody": "contact_index|contact_words_held",
    "counts": r"(?s)\A(?=.*conversation_counts_by_account)(?=.*participation_changes_by_user)(?!.*(participants|conversations))",
    "texts: a rare word": "message_index|message_words_held",
    "tags": "contacts_by_tags",
    "timer: what is due": r"conversations_due\b",
    "report, newest first": "conversations_by_activity",
    "report, by name": "conversation_totals_by_name",
    "report of what is answered, by name": "conversation_totals_by_name",
    "report of a number": "conversation_days_by_did",
    "response times of two weeks": r"(?s)\A(?=.*response_days)(?=.*messages_counted)(?=.*waits_answered)",
    "resume": "participants_by_week",
    "people": r"(?s)\A(?=.*participation_changes_by_user)(?!.*(participants|conversations))",
    "report of two weeks": "days USING PRIMARY KEY|conversation_days_pkey",
}
"""Indexes of one list each: without its own a list reads all that the account has, and sorts it."""


class Explained:
    """A transaction that keeps each statement whose plan reads a table from end to end, and all steps."""

    def __init__(self, tx: Transaction, growing: set[str], scans: list[str], steps: list[str]) -> None:
        self.now, self.engine = tx.now, tx.engine
        self._tx, self._growing, self._scans, self._steps = tx, growing, scans, steps

    async def one(self, sql: str, **parameters: Any) -> Row | None:
        await self._explain(sql, parameters)
        return await self._tx.one(sql, **parameters)

    async def all(self, sql: str, **parameters: Any) -> list[Row]:
        await self._explain(sql, parameters)
        return await self._tx.all(sql, **parameters)

    async def _explain(self, sql: str, parameters: dict[str, Any]) -> None:
        word, column = EXPLAIN[self.engine]
        steps = [row[column] for row in await self._tx.all(f"{word} {sql}", **parameters)]
        self._steps += steps
        whole = read_whole(sql, steps, self._growing) if self.engine == "sqlite" else self._scanned(steps)
        if whole:
            self._scans.append(f"{whole} in {sql}\n" + "\n".join(steps))

    def _scanned(self, steps: list[str]) -> list[str]:
        return [step.strip() for step in steps if (scan := re.search(r"Seq Scan on (\w+)", step)) and scan[1] in self._growing]


@dataclass
class ExplainedDatabase:
    """Reads of `db`, explained. PostgreSQL is told that whole tables are dear, which they are once they have grown."""

    db: Database
    growing: set[str]
    scans: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    dear: tuple[str, ...] = ()

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        async def explained(tx: Transaction) -> T:
            if tx.engine == "postgresql":
                for way in self.dear:
                    await tx.run(f"set local enable_{way} = off")
            return await work(Explained(tx, self.growing, self.scans, self.steps))  # type: ignore[arg-type]

        return await self.db.read(explained)


@pytest.mark.parametrize("rare", [words.RARE, 0], ids=["few", "many"])
async def test_no_page_reads_a_table_that_grows_from_end_to_end_and_each_list_has_its_index(
    db: Database, rare: int, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once as where few contacts and texts hold what is searched for, once as where many do."""
    monkeypatch.setattr(words, "RARE", rare)
    monkeypatch.setattr(message_search, "WALKED", 20)
    if not rare:
        monkeypatch.setattr(contact_search, "WALKED", 20)
        monkeypatch.setattr(words, "MOST_TEXTS", 0)
    await grown(db)
    with contextlib.closing(sqlite3.connect(migrated_sqlite)) as connection:
        explained = ExplainedDatabase(db, grows(connection))
    asked = await pages(explained)  # type: ignore[arg-type]
    assert asked.keys() > USED.keys()
    for name, page in asked.items():
        explained.scans.clear()
        explained.steps.clear()
        # So few words PostgreSQL would rather read whole, by whatever index.
        explained.dear = (*DEAR, "indexscan") if "contact_words" in USED.get(name, "") else DEAR
        await page(random.Random(1))
        assert not explained.scans, f"{name}\n" + "\n".join(explained.scans)
        used = re.search(USED.get(name, "") if rare else "", "\n".join(explained.steps))
        assert used, f"{name} does not go by {USED[name]}\n" + "\n".join(explained.steps)
