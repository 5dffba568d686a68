"""What the web role does behind the answers: imports go on, and filters are filled whose process was lost. Any number may run."""

import asyncio
import secrets
from collections.abc import Mapping

from server.desk.contact_import import CONTACTS
from server.desk.desk import Desk
from server.desk.importing import Importer, import_next
from server.desk.live_filters import fill_abandoned
from server.desk.opt_out_import import OPT_OUTS
from server.log import get_logger
from server.store.contact_imports import ImportKind
from server.store.database import Unavailable
from server.wakes import Wakes

LONGEST_PAUSE_SECONDS = 5.0
SHORTEST_REST_SECONDS = 0.02

IMPORTERS: Mapping[ImportKind, Importer] = {importer.kind: importer for importer in (CONTACTS, OPT_OUTS)}

log = get_logger(__name__)


async def run(desk: Desk, wakes: Wakes, longest_pause: float = LONGEST_PAUSE_SECONDS) -> None:
    """Until it is cancelled; what was under way is taken over by whoever comes next."""
    holder, never = secrets.token_hex(8), asyncio.Event()
    while True:
        busy = False
        try:
            busy = await import_next(desk, holder, _rest, IMPORTERS) or await fill_abandoned(desk)
        except Unavailable as error:
            log.warning("chores.unavailable", reason=str(error))
        except Exception as error:
            log.error("chores.failed", exc_info=error)
        if not busy:
            await wakes.wait("chores", never, longest_pause)


async def _rest(seconds: float) -> None:
    """As long as the work took, so that others have as much."""
    await asyncio.sleep(max(seconds, SHORTEST_REST_SECONDS))
