"""The versions below which Partyline does not start."""

import re
import sqlite3
from importlib.metadata import version

LEAST = {"redis": (8, 1, 0), "uvicorn": (0, 52, 1)}
"""Older ones let a stranger fill the memory with one tab that does not read, or hold a socket for ever."""
LEAST_SQLITE = (3, 38, 0)
"""The first whose `->>` means what it means in PostgreSQL."""


def version_faults() -> list[str]:
    """One sentence for each part that is too old; nothing when all is well."""
    found = {name: (version(name), least) for name, least in LEAST.items()}
    found["SQLite"] = (sqlite3.sqlite_version, LEAST_SQLITE)
    return [
        f"{name} {text} is too old: at least {'.'.join(map(str, least))} is needed"
        for name, (text, least) in found.items()
        if _numbers(text) < least
    ]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])
