"""The timer role: makes what is overdue public within its second, wakes what was snoozed, lets scheduled texts leave, shows long
texts that stay incomplete. Any number of them is harmless."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from server.desk.deliveries import prune_deliveries
from server.desk.desk import Desk
from server.desk.hear import prune_malformed
from server.desk.media import forget_unsent
from server.desk.message_search import index_words
from server.desk.nonces import prune_nonces
from server.desk.once import prune_keys
from server.desk.quiet_hours import look_again
from server.desk.receipts import forget_stray
from server.desk.receive import receive_incomplete
from server.desk.response_times import count_days
from server.desk.scheduled import leave_due, next_leaving
from server.desk.sweep import AT_ONCE, TURN_SECONDS, Portion, next_due, sweep_on
from server.desk.tallies import fold_counts
from server.log import get_logger
from server.parts import Parts
from server.store.database import Unavailable

LONGEST_PAUSE_SECONDS = 0.5
"""A wake that Redis lost costs no more than this; looking is one query by index."""

TIDY_SECONDS = 600.0
FOLD_SECONDS = 10.0

log = get_logger(__name__)


async def run(parts: Parts, stop: asyncio.Event, longest_pause: float = LONGEST_PAUSE_SECONDS) -> None:
    """Until `stop` is set. The first look is at once, so that whatever fell due during an outage goes public at start-up."""
    tidy_at = fold_at = parts.clock.monotonic()
    portion = Portion()
    while not stop.is_set():
        pause = longest_pause
        try:
            more = await sweep_on(parts.desk, portion)
            more |= await _for_a_turn(lambda: look_again(parts.desk))
            more |= await _for_a_turn(lambda: _leave(parts.desk))
            await receive_incomplete(parts.desk)
            indexed = await index_words(parts.desk)
            dues = [due for due in (await next_due(parts.desk), await next_leaving(parts.desk)) if due is not None]
            pause = 0.0 if more or indexed >= AT_ONCE else min([longest_pause, *(due / 1_000_000 for due in dues)])
            if parts.clock.monotonic() >= fold_at:
                await fold_counts(parts.desk)
                fold_at = parts.clock.monotonic() + FOLD_SECONDS
            if parts.clock.monotonic() >= tidy_at:
                tidied = await prune_keys(parts.desk) + await forget_unsent(parts.desk) + await prune_deliveries(parts.desk)
                tidied += await prune_malformed(parts.desk) + await prune_nonces(parts.desk) + await forget_stray(parts.desk)
                tidied += await count_days(parts.desk)
                tidy_at = parts.clock.monotonic() + (0 if tidied else TIDY_SECONDS)
        except Unavailable as error:
            log.error("timer.database_unavailable", reason=str(error))
        except Exception:
            log.exception("timer.failed")
        await parts.wakes.wait("timer", stop, pause)


async def _for_a_turn(some: Callable[[], Awaitable[bool]]) -> bool:
    """`some` at a time, at least once, for half a turn: two of these keep no deadline from its second. Whether there may be more."""
    until = time.monotonic() + TURN_SECONDS / 2
    while await some():
        if time.monotonic() >= until:
            return True
    return False


async def _leave(desk: Desk) -> bool:
    return await leave_due(desk) >= AT_ONCE
