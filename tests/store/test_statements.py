"""No statement of the store reads a table that grows from end to end, whoever asks it and however seldom. Those that are put together when
they are asked are behind pages, which `test_page_plans` asks."""

import ast
import contextlib
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import server.store
from server.store.database import Database, Transaction, Unavailable

GROWS = set(
    "audit claims consent contacts contact_phones conversations drafts events idempotency inbox live_filter_members long_texts malformed "
    "media messages nonces opt_outs participants receipts response_days sessions waits webhook_deliveries".split()
)
WAITING = {"messages_scheduled"}
"""Indexes of what waits alone, which may be read whole."""
OF_POSTGRESQL = re.compile("no such table: (contact|message)_words")
SELDOM = {"media.all_ready", "lines.remove", "lines.remove_did"}
"""`restore` compares every attachment; a number or a carrier is removed only if nothing refers to it."""
NEVER = {"conversations.save: SCAN drafts USING COVERING INDEX sqlite_autoindex_drafts_1"}
"""SQLite looks for rows that a new one makes right only where some are wrong."""


@pytest.fixture
def engine() -> str:
    """It has no figures about the tables, so that an empty file shows the plan of a full one."""
    return "sqlite"


def statements() -> Iterator[tuple[str, str]]:
    """(where, text) of every statement that can be read without asking it."""
    for path in sorted(Path(server.store.__path__[0]).glob("*.py")):
        module = importlib.import_module(f"server.store.{path.stem}")
        for function in [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.AsyncFunctionDef)]:
            for call in [node for node in ast.walk(function) if isinstance(node, ast.Call) and node.args]:
                if isinstance(call.func, ast.Attribute) and call.func.attr in ("one", "all", "run", "many"):
                    with contextlib.suppress(NameError):
                        text = eval(compile(ast.Expression(call.args[0]), str(path), "eval"), vars(module))
                        if isinstance(text, str):
                            yield f"{path.stem}.{function.name}", text


def read_whole(sql: str, steps: list[str]) -> list[str]:
    """The steps that read a table that grows from end to end."""
    aliases = {alias: table for table, alias in re.findall(r"(?:from|join|update)\s+(\w+)(?:\s+as)?\s+(\w+)", sql)}
    found = [(step, re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)) for step in steps]
    return [step for step, scan in found if scan and aliases.get(scan[1], scan[1]) in GROWS and scan[2] not in WAITING]


async def test_no_statement_reads_a_table_that_grows_from_end_to_end(db: Database) -> None:
    explained, whole = 0, list[str]()

    async def explain(tx: Transaction, sql: str) -> list[str]:
        given = dict.fromkeys(re.findall(r"(?<!:):([a-z_]\w*)", sql), "{}")
        return [row["detail"] for row in await tx.all(f"explain query plan {sql}", **given)]

    for where, sql in statements():
        try:
            steps = await db.read(lambda tx, sql=sql: explain(tx, sql))  # type: ignore[misc]
        except Unavailable as error:
            if not OF_POSTGRESQL.search(str(error)):
                raise
            continue
        explained += 1
        whole += [f"{where}: {step}" for step in read_whole(sql, steps) if where not in SELDOM]
    assert [step for step in whole if step not in NEVER] == []
    assert explained > 250
