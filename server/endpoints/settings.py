"""The API's settings of an account."""

from starlette.requests import Request
from starlette.responses import Response

from server.desk import settings
from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.settings import Changes
from server.endpoints.bodies import json, once, read_json


class AccountSettings:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, _request: Request, session: Session) -> Response:
        return json(await settings.settings(self._desk, session.user))

    async def change(self, request: Request, session: Session) -> Response:
        changes = await read_json(request, Changes)
        return json(await settings.change_settings(self._desk, session.user, changes, await once(request, session)))
