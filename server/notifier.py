"""Outbound webhooks, in the sender role: posts events to their receivers, each webhook's one after another, or lane by lane where it
wants the order of each contact's alone. Any number may run."""

import asyncio
import contextlib
from datetime import UTC, datetime

import httpx2
import msgspec
from standardwebhooks.webhooks import Webhook as Signer

from server.clock import Clock
from server.desk.desk import Desk
from server.desk.notify import NOTHING, Batch, Held, hold, record, release, take
from server.domain.lanes import Lanes, contact_of
from server.log import get_logger
from server.parts import Parts
from server.public_http import Forbidden, open_public_client
from server.store.database import Unavailable
from server.store.webhook_deliveries import Attempted, Due

PAUSE_SECONDS = 0.5
AT_ONCE = 50
"""Webhooks that one process has in its hands at the most."""
ATTEMPT_SECONDS = 15.0
KEPT_BYTES = 1024
"""So much of an answer's body is kept for whoever looks for the fault; the rest is not read."""
TURN_SECONDS = 30.0
"""After so long a webhook goes back, so that others have their turn, however slowly its receiver answers."""
FINISH_SECONDS = 3.0

log = get_logger(__name__)


class _Head(msgspec.Struct):
    """What the envelope repeats of an event. `at` is written by us, and needs no escapes."""

    type: str
    at: str


_head = msgspec.json.Decoder(_Head).decode


async def run(parts: Parts, stop: asyncio.Event) -> None:
    """Until `stop` is set; then what is under way may finish for a few seconds. What is cut off is delivered again."""
    async with asyncio.TaskGroup() as tasks:
        under_way: set[asyncio.Task[None]] = set()
        while not stop.is_set():
            try:
                for held in await hold(parts.desk, AT_ONCE - len(under_way)):
                    task = tasks.create_task(_serve(parts, held, stop))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
            except Unavailable as error:
                log.error("notifier.database_unavailable", reason=str(error))
            except Exception:
                log.exception("notifier.failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), PAUSE_SECONDS)
        if under_way:
            await asyncio.wait(under_way, timeout=FINISH_SECONDS)
        for task in under_way:
            task.cancel()


async def serve(desk: Desk, clock: Clock, held: Held, http: httpx2.AsyncClient, stop: asyncio.Event | None = None) -> None:
    """Posts what is due until there is nothing, the webhook rests or is off, its order is another one, its turn is over, or `stop` is set;
    then gives it back."""
    async with asyncio.TaskGroup() as tasks:
        await _Turn(desk, clock, held, http, stop).run(tasks)
    await release(desk, held)


class _Turn:
    """One webhook's, with what is in hand of it."""

    def __init__(self, desk: Desk, clock: Clock, held: Held, http: httpx2.AsyncClient, stop: asyncio.Event | None) -> None:
        self._desk = desk
        self._clock = clock
        self._held = held
        self._http = http
        self._stop = stop
        self._ends_at = clock.monotonic() + TURN_SECONDS
        self._goes_on = True
        self._batch = NOTHING
        self._lanes: bool | None = None
        self._looked_at = clock.monotonic()
        self._found = False
        self._waiting: Lanes[Due] = Lanes()
        self._in_hand: set[str] = set()
        self._recorded: set[str] = set()

    async def run(self, tasks: asyncio.TaskGroup) -> None:
        """Returns when nothing is under way any more."""
        under_way: set[asyncio.Task[None]] = set()
        await self._look()
        while True:
            while self._goes_on and len(under_way) < self._batch.at_once:
                if (taken := self._waiting.take()) is not None:
                    under_way.add(tasks.create_task(self._attempt(self._batch, *taken)))
                elif self._may_find(bool(under_way)):
                    await self._look()
                else:
                    break
            if not under_way:
                return
            _, under_way = await asyncio.wait(under_way, timeout=PAUSE_SECONDS, return_when=asyncio.FIRST_COMPLETED)

    def _may_find(self, under_way: bool) -> bool:
        """Whether to look again: where there is more, and for what happens while others' answers are waited for."""
        if self._batch.more and (self._found or not under_way):
            return True
        return under_way and self._clock.monotonic() >= self._looked_at + PAUSE_SECONDS

    async def _look(self) -> None:
        # What is recorded while it looks may be found once more, so it stays in hand until the next look.
        self._in_hand -= self._recorded
        self._recorded.clear()
        self._batch = await take(self._desk, self._held)
        self._looked_at = self._clock.monotonic()
        if self._lanes not in (None, self._batch.lanes):
            # What waits is in lanes of the other kind: what is new would not stand behind it.
            self._goes_on = False
            return
        self._lanes = self._batch.lanes
        new = [due for due in self._batch.due if due.id not in self._in_hand]
        self._found = bool(new)
        for due in new:
            self._in_hand.add(due.id)
            self._waiting.add(contact_of(due.body) if self._batch.lanes and due.body is not None else "", due)

    async def _attempt(self, batch: Batch, lane: str, due: Due) -> None:
        goes_on = await record(self._desk, self._held, due, await post(self._http, self._clock, batch, due))
        self._recorded.add(due.id)
        self._waiting.free(lane)
        if not goes_on or (self._stop and self._stop.is_set()) or self._clock.monotonic() >= self._ends_at:
            self._goes_on = False


async def post(http: httpx2.AsyncClient, clock: Clock, batch: Batch, due: Due, seconds: float = ATTEMPT_SECONDS) -> Attempted:
    """One attempt, of so many seconds at the most. Never raises: what went wrong is in the result."""
    began = clock.monotonic()
    if due.body is None:
        return Attempted({}, None, "The event is not kept any more.", "", 0)
    at = datetime.fromtimestamp(clock.now() // 1_000_000, UTC)
    body = _body(due.body)
    signed = {
        "webhook-id": due.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Signer(secret).sign(due.id, at, body) for secret in batch.secrets),
    }
    headers = {**signed, "content-type": "application/json"}
    code, answer, error = None, b"", None
    try:
        async with (
            asyncio.timeout(seconds),
            http.stream("POST", batch.url, content=body.encode(), headers=headers, timeout=seconds) as answered,
        ):
            code = answered.status_code
            async for chunk in answered.aiter_raw():
                answer += chunk
                if len(answer) >= KEPT_BYTES:
                    break
    except Forbidden as why:
        error = f"Not called: {why}."
    except (TimeoutError, httpx2.TimeoutException):
        error = f"No answer within {seconds:g} s."
    except httpx2.ConnectError as why:
        error = f"No connection: {why}" if str(why) else "No connection."
    except httpx2.HTTPError:
        error = "The connection broke before there was an answer."
    if code is not None:
        error = "A redirect is not followed." if 300 <= code < 400 else None
    words = answer[:KEPT_BYTES].decode("utf-8", "replace")
    return Attempted(signed, code, error, words, round((clock.monotonic() - began) * 1_000_000))


async def _serve(parts: Parts, held: Held, stop: asyncio.Event) -> None:
    """As `serve`, over connections of its own that are kept from one post to the next.

    Never raises: what was not recorded is delivered again when the hold has ended.
    """
    try:
        async with open_public_client(parts.settings.inside_addresses, one_name=True) as http:
            await serve(parts.desk, parts.clock, held, http, stop)
    except* Unavailable as errors:
        log.error("notifier.database_unavailable", reason=str(errors.exceptions[0]), webhook=held.id)
    except* Exception:
        log.exception("notifier.webhook_failed", webhook=held.id)


def _body(event: str) -> str:
    """The payload of Standard Webhooks around an event, whose own text is not touched."""
    head = _head(event)
    return f'{{"type":"{head.type}","timestamp":"{head.at}","data":{event}}}'
