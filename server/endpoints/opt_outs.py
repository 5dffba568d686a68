"""The API's list of opt-outs: in and out as CSV."""

from starlette.requests import Request
from starlette.responses import Response

from server.desk import opt_out_import, rejected_lines
from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.importing import progress
from server.desk.opt_out_export import COLUMNS, opted_out
from server.endpoints.asked import truth_in
from server.endpoints.bodies import id_in_path, json, once
from server.endpoints.contact_files import must_be_csv
from server.endpoints.spreadsheet import Exports


class OptOuts:
    def __init__(self, desk: Desk, exports: Exports) -> None:
        self._desk = desk
        self._exports = exports

    async def export(self, _request: Request, session: Session) -> Response:
        return self._exports.spreadsheet(session.user, "opt-outs", COLUMNS, opted_out(self._desk, session.user))

    async def take(self, request: Request, session: Session) -> Response:
        must_be_csv(request)
        dry_run = truth_in(request, "dry_run")
        content, key = await request.body(), await once(request, session)
        if dry_run is False:
            return json(await opt_out_import.start_list(self._desk, session.user, content, key), 202)
        return json(await opt_out_import.check_list(self._desk, session.user, content, key))

    async def progress(self, request: Request, session: Session) -> Response:
        return json(await progress(self._desk, session.user, id_in_path(request)))

    async def rejected(self, request: Request, session: Session) -> Response:
        id, user = id_in_path(request), session.user
        headers = await rejected_lines.headers(self._desk, user, id)
        return self._exports.spreadsheet(user, "rejected", headers, rejected_lines.lines(self._desk, user, id))
