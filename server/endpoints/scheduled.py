"""The API's scheduled texts."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from server.desk import scheduled
from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.scheduled import ScheduledShape
from server.endpoints.asked import choice_in
from server.endpoints.bodies import id_in_path, json, limit_of, once, read_json
from server.endpoints.conversations import Nothing
from server.endpoints.cursors import Cursors


class ScheduledList(Struct, frozen=True):
    items: list[ScheduledShape]
    next: str | None


class SendNow(Struct, frozen=True, forbid_unknown_fields=True):
    """`override_quiet_hours`, a manager's, sends in quiet hours too and is kept in the audit trail."""

    override_quiet_hours: bool = False


class Scheduled:
    def __init__(self, desk: Desk, cursors: Cursors) -> None:
        self._desk = desk
        self._cursors = cursors

    async def list(self, request: Request, session: Session) -> Response:
        user, everybodys = session.user, choice_in(request, "all", ("0", "1"), "0") == "1"
        after = self._cursors.read(request, user, "scheduled", tuple[int, str])
        page = await scheduled.scheduled_list(self._desk, user, after, limit_of(request), everybodys=everybodys)
        return json(ScheduledList(page.items, self._cursors.write(user, "scheduled", page.next)))

    async def cancel(self, request: Request, session: Session) -> Response:
        await read_json(request, Nothing)
        return json(await scheduled.cancel(self._desk, session.user, id_in_path(request), await once(request, session)))

    async def send_now(self, request: Request, session: Session) -> Response:
        asked = await read_json(request, SendNow)
        id, key = id_in_path(request), await once(request, session)
        return json(await scheduled.send_now(self._desk, session.user, id, key, override_quiet_hours=asked.override_quiet_hours))
