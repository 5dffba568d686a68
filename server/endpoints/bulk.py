"""The API's one thing done to many contacts, and undone."""

from starlette.requests import Request
from starlette.responses import Response

from server.desk import bulk, bulk_undo
from server.desk.bulk import Bulk
from server.desk.desk import Desk
from server.desk.identity import Session
from server.endpoints.bodies import id_in_path, json, once, read_json
from server.endpoints.conversations import Nothing


class BulkChanges:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def do(self, request: Request, session: Session) -> Response:
        asked = await read_json(request, Bulk)
        return json(await bulk.bulk(self._desk, session.user, asked, await once(request, session)))

    async def undo(self, request: Request, session: Session) -> Response:
        await read_json(request, Nothing)
        return json(await bulk_undo.undo(self._desk, session.user, id_in_path(request), await once(request, session)))
