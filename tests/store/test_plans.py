"""How SQLite goes about the statements that read a lot. It has no figures about the tables: an empty file shows the plan of a full one."""

from typing import Any

import pytest

from server.domain.report import Asked
from server.store import conversation_report
from server.store.database import Database, Row, Transaction

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


class Planned:
    """A transaction that keeps the plan of each statement; it finds nothing."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.steps: list[str] = []

    async def all(self, sql: str, **parameters: Any) -> list[Row]:
        self.steps += [row["detail"] for row in await self._tx.all(f"explain query plan {sql}", **parameters)]
        return []


@pytest.mark.parametrize("sort", conversation_report.SORTS)
@pytest.mark.parametrize("asked", [Asked("an account"), Asked("an account", since=1, until=2, did="a DID")], ids=["all", "some"])
async def test_the_report_looks_up_the_figures_of_a_line_in_every_order(db: Database, sort: str, asked: Asked) -> None:
    async def plan(tx: Transaction) -> list[str]:
        planned = Planned(tx)
        await conversation_report.page(planned, asked, sort=sort, falling=True, edge=None, backward=False, limit=50)  # type: ignore[arg-type]
        return planned.steps

    steps = await db.read(plan)
    assert steps
    assert not [step for step in steps if step.startswith("SCAN") and "JOIN" in step], steps
