"""Named places where a test may kill this process, to see what survives. Off unless a variable of the environment names them.

`PARTYLINE_FAILPOINTS=writer.committed` kills at the first passage, `writer.committed:7` at the seventh; several by commas. It is no
setting, is not read from `.env`, and a process that starts with it warns of it by name (`settings.unknown`).

`writer.committed`: a batch with events is committed; nobody has been told or answered yet.
`lease.taken`: a sender has taken texts, and that is not committed yet; `lease.committed`: it is, and none is handed to a carrier.
`send.before`: one text is about to be handed over; `exchange.written`: its request is written; `send.answered`: the carrier's answer is
there and not recorded; `send.recorded`: it is.
"""

import os
import signal
from functools import cache

VARIABLE = "PARTYLINE_FAILPOINTS"


def failpoint(name: str) -> None:
    """Ends the process as `kill -9` does when this place is armed and passed often enough."""
    left = _armed()
    if name in left:
        left[name] -= 1
        if left[name] == 0:
            os.kill(os.getpid(), signal.SIGKILL)


@cache
def _armed() -> dict[str, int]:
    """Each armed place with the passages that it has left. Read once: a process that is not under test has none."""
    places = (place.strip().partition(":") for place in os.environ.get(VARIABLE, "").split(",") if place.strip())
    return {name: int(times or 1) for name, _, times in places}
