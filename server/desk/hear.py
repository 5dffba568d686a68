"""A carrier's webhook up to the point where it is believed and read: which connection, whose signature, what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar
from urllib.parse import parse_qsl

import msgspec

from server.carriers.carrier import (
    BadSignature,
    Carrier,
    Connection,
    Credentials,
    HookAnswer,
    HookRefused,
    HookRequest,
    InboundText,
    Malformed,
    Receipt,
    UnsupportedType,
)
from server.carriers.nonce import Nonce
from server.clock import Clock
from server.desk.desk import Desk
from server.desk.nonces import SPENT, spend
from server.desk.work import Work
from server.domain.lateness import late
from server.ids import LENGTH as ID_LENGTH
from server.ids import new_id
from server.log import get_logger
from server.store import lines
from server.store.database import Unavailable
from server.store.lines import Line
from server.store.vault import Unreadable, Vault

__all__ = [
    "BadSignature",
    "Call",
    "Connections",
    "Ear",
    "Heard",
    "HookRefused",
    "InboundText",
    "Malformed",
    "Receipt",
    "Unavailable",
    "UnknownConnection",
    "UnsupportedType",
    "WrongMethod",
]

T = TypeVar("T")

FRESH_SECONDS = 0.4
STALE_SECONDS = 0.8
MALFORMED_KEPT_US = 30 * 86_400_000_000
AT_ONCE = 500

log = get_logger(__name__)


class UnknownConnection(HookRefused):
    """There is no such connection, or it is of another kind."""


class WrongMethod(HookRefused):
    """`allowed` are the methods by which this carrier calls."""

    def __init__(self, allowed: frozenset[str]) -> None:
        super().__init__("a method by which this carrier does not call")
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class Call:
    """A webhook as it came. `target` is path and query, undecoded; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Heard(Generic[T]):
    """What a verified webhook says, and the answer to give once that is durable, with `nonce` spent in the same transaction."""

    connection: Connection
    items: Sequence[T]
    answer: HookAnswer
    nonce: Nonce | None


@dataclass(slots=True)
class _Known:
    line: Line
    connection: Connection
    checked: float
    looking: bool = False


class Connections:
    """Connections by id, decrypted once. What a manager changes is in force within STALE_SECONDS in every process.

    After FRESH_SECONDS one caller looks at the row again while the others go on with what they have.
    """

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._vault = Vault(desk.settings.secret_key.get_secret_value())
        self._clock = clock
        self._known: dict[str, _Known] = {}

    async def get(self, id: str) -> Connection | None:
        """Raises `Unavailable`."""
        known = self._known.get(id)
        if known is None:
            return await self._look(id, None)
        age = self._clock.monotonic() - known.checked
        if age < FRESH_SECONDS or (known.looking and age < STALE_SECONDS):
            return known.connection
        known.looking = True
        try:
            return await self._look(id, known)
        finally:
            known.looking = False

    async def _look(self, id: str, known: _Known | None) -> Connection | None:
        asked = self._clock.monotonic()
        line = await self._desk.db.read(lambda tx: lines.line(tx, id))
        if line is None:
            self._known.pop(id, None)
            return None
        if known is None or known.line != line:
            known = self._known[id] = _Known(line, self._connection(line), asked)
        known.checked = asked
        return known.connection

    def _connection(self, line: Line) -> Connection:
        try:
            values = msgspec.json.decode(self._vault.open(line.credentials, line.id), type=dict[str, str])
        except Unreadable as error:
            log.error("credentials.unreadable", carrier=line.id, reason=str(error))
            raise Unavailable(str(error)) from None
        api_url = self._desk.settings.carrier_url(line.kind)
        return Connection(line.id, line.account, line.kind, line.name, Credentials(values), line.options, api_url or None)


class Ear:
    """Checks and reads webhooks. Carriers sign BASE_URL and the path, whatever way the request took."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._connections = Connections(desk, clock)
        self._clock = clock

    async def connection(self, kind: str, id: str, method: str) -> tuple[Carrier, Connection]:
        """Raises `UnknownConnection`, `WrongMethod` and `Unavailable`."""
        carrier = self._desk.carriers.get(kind)
        if carrier is None or len(id) != ID_LENGTH or not (id.isascii() and id.isalnum()):
            raise UnknownConnection(kind)
        connection = await self._connections.get(id)
        if connection is None or connection.kind != kind:
            raise UnknownConnection(kind)
        if method not in carrier.methods:
            raise WrongMethod(carrier.methods)
        return carrier, connection

    async def texts(self, carrier: Carrier, connection: Connection, call: Call) -> Heard[InboundText]:
        """Raises `BadSignature`, `UnsupportedType`, and `Malformed`, whose body is kept by then."""
        request, nonce = self._verified(carrier, connection, call)
        try:
            now = self._clock.now()
            texts = [replace(text, sent_at=late(text.sent_at, now)) for text in carrier.inbound(connection, request)]
            return Heard(connection, texts, carrier.acknowledge(), nonce)
        except Malformed:
            await self._keep(connection, _raw(call), nonce)
            raise

    async def receipts(self, carrier: Carrier, connection: Connection, call: Call) -> Heard[Receipt]:
        """As `texts`."""
        request, nonce = self._verified(carrier, connection, call)
        try:
            return Heard(connection, carrier.status(connection, request), carrier.acknowledge(), nonce)
        except Malformed:
            await self._keep(connection, _raw(call), nonce)
            raise

    def _verified(self, carrier: Carrier, connection: Connection, call: Call) -> tuple[HookRequest, Nonce | None]:
        url = self._desk.settings.base_url + call.target
        _, _, query = call.target.partition("?")
        request = HookRequest(call.method, url, dict(parse_qsl(query, keep_blank_values=True)) if query else {}, call.headers, call.body)
        return request, carrier.verify(connection, request, self._clock.now())

    async def _keep(self, connection: Connection, raw: bytes, nonce: Nonce | None) -> None:
        id = new_id(self._clock.now())

        async def keep(work: Work) -> bool:
            [fine] = await spend(work, [(connection.id, nonce)])
            if fine:
                await lines.keep_malformed(work.tx, id, connection.id, raw)
            return fine

        if not await self._desk.change(keep):
            raise BadSignature(SPENT)


async def prune_malformed(desk: Desk) -> int:
    """Forgets at most AT_ONCE bodies that could not be read long ago; returns how many. Where there is none it only looks."""
    if not await desk.read(lambda tx: lines.any_malformed_older(tx, tx.now - MALFORMED_KEPT_US)):
        return 0

    async def prune(work: Work) -> int:
        return await lines.prune_malformed(work.tx, work.now - MALFORMED_KEPT_US, AT_ONCE)

    return await desk.change(prune)


def _raw(call: Call) -> bytes:
    """What was said: the body, or the query of a carrier that calls by GET, without the secret in it."""
    if call.body:
        return call.body
    _, _, query = call.target.partition("?")
    return "&".join(field for field in query.split("&") if not field.startswith("token=")).encode("latin-1")
