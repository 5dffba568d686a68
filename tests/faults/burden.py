"""What a process costs its machine."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Burden:
    """`cpu` in seconds since it started, `resident` in bytes."""

    cpu: float
    resident: int


def burden(pid: int) -> Burden:
    """As Linux tells it (proc(5)): the name, in brackets, may hold anything."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return Burden(ticks / os.sysconf("SC_CLK_TCK"), int(fields[21]) * os.sysconf("SC_PAGE_SIZE"))
