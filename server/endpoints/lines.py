"""The API's carriers and DIDs, and what came for a number that is nobody's."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from server.desk import dids, lines
from server.desk.desk import Desk
from server.desk.dids import DidChange, NewDid
from server.desk.identity import Session
from server.desk.kinds import carrier_kinds
from server.desk.lines import CarrierChange, NewCarrier
from server.desk.numbers import my_dids
from server.desk.unrouted import UnroutedShape, unrouted_texts
from server.endpoints.bodies import created, id_in_path, json, limit_of, no_content, once, page_of, read_json
from server.endpoints.cursors import Cursors


class UnroutedList(Struct, frozen=True):
    items: list[UnroutedShape]
    next: str | None


class Lines:
    def __init__(self, desk: Desk, cursors: Cursors) -> None:
        self._desk = desk
        self._cursors = cursors

    async def carriers(self, request: Request, session: Session) -> Response:
        user = session.user
        return await page_of(
            request, self._cursors, user, "carriers", lambda after, limit: lines.list_carriers(self._desk, user, after, limit)
        )

    async def kinds(self, _request: Request, _session: Session) -> Response:
        return json(carrier_kinds(self._desk))

    async def carrier(self, request: Request, session: Session) -> Response:
        return json(await lines.get_carrier(self._desk, session.user, id_in_path(request)))

    async def add_carrier(self, request: Request, session: Session) -> Response:
        new = await read_json(request, NewCarrier)
        return created(request, await lines.add_carrier(self._desk, session.user, new, await once(request, session)))

    async def change_carrier(self, request: Request, session: Session) -> Response:
        change = await read_json(request, CarrierChange)
        key = await once(request, session)
        return json(await lines.change_carrier(self._desk, session.user, id_in_path(request), change, key))

    async def remove_carrier(self, request: Request, session: Session) -> Response:
        await lines.remove_carrier(self._desk, session.user, id_in_path(request), await once(request, session))
        return no_content()

    async def dids(self, request: Request, session: Session) -> Response:
        user = session.user
        return await page_of(request, self._cursors, user, "dids", lambda after, limit: dids.list_dids(self._desk, user, after, limit))

    async def mine(self, _request: Request, session: Session) -> Response:
        return json(await my_dids(self._desk, session.user))

    async def did(self, request: Request, session: Session) -> Response:
        return json(await dids.get_did(self._desk, session.user, id_in_path(request)))

    async def add_did(self, request: Request, session: Session) -> Response:
        new = await read_json(request, NewDid)
        return created(request, await dids.add_did(self._desk, session.user, new, await once(request, session)))

    async def change_did(self, request: Request, session: Session) -> Response:
        change = await read_json(request, DidChange)
        key = await once(request, session)
        return json(await dids.change_did(self._desk, session.user, id_in_path(request), change, key))

    async def remove_did(self, request: Request, session: Session) -> Response:
        await dids.remove_did(self._desk, session.user, id_in_path(request), await once(request, session))
        return no_content()

    async def unrouted(self, request: Request, session: Session) -> Response:
        after = self._cursors.read(request, session.user, "unrouted", tuple[int, str, str])
        page = await unrouted_texts(self._desk, session.user, after, limit_of(request))
        return json(UnroutedList(page.items, self._cursors.write(session.user, "unrouted", page.next)))
