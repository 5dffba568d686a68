"""The API's own choices of the signed-in person, and the password."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.own_password import change_password
from server.desk.passwords import Passwords
from server.desk.preferences import PreferenceChanges, change_preferences, my_preferences
from server.endpoints.bodies import json, no_content, once, read_json


class NewPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """`current` is the password that counts until now."""

    current: str
    new: str


class Preferences:
    def __init__(self, desk: Desk, passwords: Passwords) -> None:
        self._desk = desk
        self._passwords = passwords

    async def show(self, _request: Request, session: Session) -> Response:
        return json(await my_preferences(self._desk, session.user))

    async def change(self, request: Request, session: Session) -> Response:
        changes = await read_json(request, PreferenceChanges)
        return json(await change_preferences(self._desk, session.user, changes, await once(request, session)))

    async def password(self, request: Request, session: Session) -> Response:
        """No Idempotency-Key is kept: its fingerprint would be one of the passwords."""
        body = await read_json(request, NewPassword)
        await change_password(self._desk, self._passwords, session, body.current, body.new)
        return no_content()
