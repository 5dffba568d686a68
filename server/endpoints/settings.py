"""The API's settings of an account."""

from starlette.requests import Request
from starlette.responses import Response

from server.desk import settings
from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.settings import Changes
from server.desk.settings_shape import state_hours_list
from server.domain.errors import Invalid
from server.endpoints.asked import number_in
from server.endpoints.bodies import json, once, read_json


class AccountSettings:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, _request: Request, session: Session) -> Response:
        return json(await settings.settings(self._desk, session.user))

    async def effect(self, request: Request, session: Session) -> Response:
        given = request.query_params.get("sms_public_minutes")
        minutes = None if given == "null" else number_in(request, "sms_public_minutes")
        if minutes is None and given != "null":
            raise Invalid("Give `sms_public_minutes`, a number or null.", field="sms_public_minutes")
        return json(await settings.effect(self._desk, session.user, minutes))

    async def state_hours(self, _request: Request, _session: Session) -> Response:
        return json(state_hours_list())

    async def change(self, request: Request, session: Session) -> Response:
        changes = await read_json(request, Changes)
        return json(await settings.change_settings(self._desk, session.user, changes, await once(request, session)))
