"""The API's audit trail, as JSON and, where `Accept: text/csv` asks for it, as a spreadsheet."""

from collections.abc import AsyncIterator, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from server.desk.audit import AuditPage, AuditShape, audit_trail, whole_trail
from server.desk.desk import Desk
from server.desk.identity import Session
from server.endpoints.asked import id_in, words_in
from server.endpoints.bodies import json, limit_of
from server.endpoints.cursors import Cursors
from server.endpoints.spreadsheet import Cell, Exports, wants_csv

COLUMNS = ("At", "User", "What", "Kind", "Id", "Name", "Before", "After")


class Audit:
    def __init__(self, desk: Desk, cursors: Cursors, exports: Exports) -> None:
        self._desk = desk
        self._cursors = cursors
        self._exports = exports

    async def list(self, request: Request, session: Session) -> Response:
        by, user, what = session.user, id_in(request, "user"), words_in(request, "what") or None
        before = self._cursors.read(request, by, "audit", str)
        page = await audit_trail(self._desk, by, user=user, what=what, before=before, limit=limit_of(request))
        if wants_csv(request):
            return self._exports.spreadsheet(by, "audit", COLUMNS, _lines(whole_trail(self._desk, by, user=user, what=what)))
        return json(AuditPage(page.items, self._cursors.write(by, "audit", page.next), page.kinds))


async def _lines(items: AsyncIterator[AuditShape]) -> AsyncIterator[Sequence[Cell]]:
    async for item in items:
        target, name = item.target, item.user.name if item.user else None
        yield item.at, name, item.what, target.kind, target.id, target.name, _side(item.before), _side(item.after)


def _side(side: object) -> str | None:
    return None if side is None else msgspec.json.encode(side).decode()
