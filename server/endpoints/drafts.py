"""The API's drafts: what the signed-in person has begun to write in a conversation."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from server.desk import drafts
from server.desk.desk import Desk
from server.desk.identity import Session
from server.endpoints.bodies import id_in_path, json, once, read_json


class Begun(Struct, frozen=True, forbid_unknown_fields=True):
    """An empty `body` forgets the draft."""

    body: str


class Drafts:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, request: Request, session: Session) -> Response:
        return json(await drafts.my_draft(self._desk, session.user, id_in_path(request)))

    async def save(self, request: Request, session: Session) -> Response:
        body = await read_json(request, Begun)
        return json(await drafts.save_draft(self._desk, session.user, id_in_path(request), body.body, await once(request, session)))
