"""Named places where a test may kill this process, to see what survives. Off unless a variable of the environment names them.

`PARTYLINE_FAILPOINTS=writer.committed` kills at the first passage, `writer.committed:7` at the seventh; `writer.committed:7:stop` stops it
there until it is told to continue, and `writer.committed:7:memory` has it find no more memory there; several by commas. It is no setting,
is not read from `.env`, and a process that starts with it warns of it by name (`settings.unknown`).

`writer.committed`: a batch with events is committed; nobody has been told or answered yet.
`lease.taken`: a sender has taken texts, and that is not committed yet; `lease.committed`: it is, and none is handed to a carrier.
`send.before`: one text is about to be handed over; `exchange.written`: its request is written; `send.answered`: the carrier's answer is
there and not recorded; `send.recorded`: it is.

`sweep.off` kills nobody: this process reads nothing from the database that Redis did not bring, so that a ledger can be seen to find what
is lost without it.
"""

import os
import signal
from dataclasses import dataclass
from functools import cache

VARIABLE = "PARTYLINE_FAILPOINTS"


def failpoint(name: str) -> None:
    """Ends the process as `kill -9` does, or stops it as SIGSTOP does, or raises MemoryError, when this place is armed and passed often
    enough."""
    armed = _armed().get(name)
    if armed is not None:
        armed.left -= 1
        if armed.left == 0:
            if armed.signal is None:
                raise MemoryError
            os.kill(os.getpid(), armed.signal)


@dataclass(slots=True)
class _Armed:
    left: int
    signal: signal.Signals | None


def switched_off(name: str) -> bool:
    """Whether this process goes without something for a test."""
    return f"{name}.off" in _armed()


@cache
def _armed() -> dict[str, _Armed]:
    """Each armed place with the passages that it has left. Read once: a process that is not under test has none."""
    places = [place.strip().split(":") for place in os.environ.get(VARIABLE, "").split(",") if place.strip()]
    ways = {"stop": signal.SIGSTOP, "memory": None}
    return {name: _Armed(int(*how[:1] or "1"), ways.get("".join(how[1:]), signal.SIGKILL)) for name, *how in places}
