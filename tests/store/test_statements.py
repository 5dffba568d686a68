"""No statement of the store reads a table that grows from end to end, whoever asks it and however seldom. Those that are put together when
they are asked are explained behind every test that asks them (`tests.fixtures.plans`)."""

import ast
import contextlib
import importlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import server.store
from tests.fixtures.plans import NEVER, SELDOM, grows, read_whole, steps_of

OF_POSTGRESQL = re.compile("no such table: (contact|message)_words")


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


def test_no_statement_reads_a_table_that_grows_from_end_to_end(migrated_sqlite: Path) -> None:
    explained, whole = 0, list[str]()

    connection = sqlite3.connect(migrated_sqlite)
    growing = grows(connection)
    for where, sql in statements():
        try:
            steps = steps_of(connection, sql)
        except sqlite3.OperationalError as error:
            if not OF_POSTGRESQL.search(str(error)):
                raise
            continue
        explained += 1
        whole += [f"{where}: {step}" for step in read_whole(sql, steps, growing) if where not in SELDOM and step not in NEVER]
    connection.close()
    assert whole == []
    assert explained > 250
