"""What only the demo has: its checklist, the dials of the simulated network, and a storm of texts. Not even routed elsewhere."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from server.desk import sandbox, tour
from server.desk.desk import Desk
from server.desk.hear import Connections
from server.desk.identity import Session
from server.domain.errors import NotFound
from server.endpoints.bodies import json, read_json
from server.network import Delivery, Dials, Network, Storm

Seconds = Annotated[float, Meta(ge=0, le=60)]
Number = Annotated[str, Meta(max_length=20)]


class DialsShape(Struct, frozen=True):
    """`answering` are the phones that have something to say."""

    replies: bool
    delay: tuple[float, float]
    delivery: Delivery
    away: list[str]
    answering: list[str]


class DialsChange(Struct, frozen=True, forbid_unknown_fields=True):
    """`away` replaces the phones that are out of coverage."""

    replies: bool | UnsetType = UNSET
    delay: tuple[Seconds, Seconds] | UnsetType = UNSET
    delivery: Delivery | UnsetType = UNSET
    away: Annotated[list[Number], Meta(max_length=200)] | UnsetType = UNSET


class NewStorm(Struct, frozen=True, forbid_unknown_fields=True):
    """Texts from many phones to one of our numbers, `did` its number or id."""

    did: str
    per_second: Annotated[int, Meta(ge=1, le=200)]
    seconds: Annotated[int, Meta(ge=1, le=60)] = 10


class Demo:
    def __init__(self, desk: Desk, connections: Connections, network: Network) -> None:
        self._desk = desk
        self._connections = connections
        self._network = network

    async def tour(self, _request: Request, session: Session) -> Response:
        return json(await tour.steps(self._desk, session.user))

    async def dials(self, _request: Request, _session: Session) -> Response:
        return json(_shape(self._network.dials))

    async def turn(self, request: Request, _session: Session) -> Response:
        change = await read_json(request, DialsChange)
        dials = self._network.dials
        if change.replies is not UNSET:
            dials.replies = change.replies
        if change.delay is not UNSET:
            dials.delay = (min(change.delay), max(change.delay))
        if change.delivery is not UNSET:
            dials.delivery = change.delivery
        if change.away is not UNSET:
            dials.away = set(change.away)
        return json(_shape(dials))

    async def storm(self, request: Request, session: Session) -> Response:
        new = await read_json(request, NewStorm)
        did = await sandbox.line_to(self._desk, session.user, sandbox.NewSandboxText("", new.did, "storm"))
        connection = await self._connections.get(did.carrier)
        if connection is None:
            raise NotFound
        phones = [phone.number for phone in (await sandbox.phones(self._desk, session.user)).phones]
        self._network.storm(Storm(connection, did.number, phones, new.per_second, new.seconds))
        return Response(status_code=202)


def _shape(dials: Dials) -> DialsShape:
    return DialsShape(dials.replies, dials.delay, dials.delivery, sorted(dials.away), list(dials.lines))
