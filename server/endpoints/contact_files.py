"""The API's contacts as CSV files: out for spreadsheets and for machines, and in."""

import csv
import io
from collections.abc import AsyncIterator, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from server.desk import contact_export, contact_import, importing, rejected_lines
from server.desk.contact_lines import Duplicates
from server.desk.desk import Desk
from server.desk.identity import Session
from server.domain.errors import Invalid
from server.endpoints.asked import choice_in, truth_in
from server.endpoints.bodies import MediaType, id_in_path, json, once
from server.endpoints.contacts import wanted_in
from server.endpoints.spreadsheet import Exports

CSV = "text/csv"
DUPLICATES: tuple[Duplicates, ...] = ("update", "skip")


class ContactFiles:
    def __init__(self, desk: Desk, exports: Exports) -> None:
        self._desk = desk
        self._exports = exports

    async def export(self, request: Request, session: Session) -> Response:
        wanted, user = wanted_in(request), session.user
        headers, fields = await contact_export.columns(self._desk, user, wanted)
        return self._exports.spreadsheet(user, "contacts", headers, contact_export.lines(self._desk, user, wanted, fields))

    async def export_raw(self, request: Request, session: Session) -> Response:
        wanted, user = wanted_in(request), session.user
        headers, fields = await contact_export.columns(self._desk, user, wanted)
        return self._exports.stream(user, "contacts-raw", _raw(headers, contact_export.lines(self._desk, user, wanted, fields)))

    async def take(self, request: Request, session: Session) -> Response:
        must_be_csv(request)
        duplicates = choice_in(request, "duplicates", DUPLICATES, "update")
        dry_run, mapping = truth_in(request, "dry_run"), _mapping_in(request)
        content, key = await request.body(), await once(request, session)
        if dry_run is False:
            started = await contact_import.start_import(self._desk, session.user, content, mapping, duplicates, key)
            return json(started, 202)
        return json(await contact_import.check_import(self._desk, session.user, content, mapping, duplicates, key))

    async def progress(self, request: Request, session: Session) -> Response:
        return json(await importing.progress(self._desk, session.user, id_in_path(request)))

    async def rejected(self, request: Request, session: Session) -> Response:
        id, user = id_in_path(request), session.user
        headers = await rejected_lines.headers(self._desk, user, id)
        return self._exports.spreadsheet(user, "rejected", headers, rejected_lines.lines(self._desk, user, id))


def must_be_csv(request: Request) -> None:
    """Raises `MediaType`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != CSV:
        raise MediaType("Send text/csv.")


def _mapping_in(request: Request) -> dict[str, str] | None:
    given = request.query_params.get("mapping")
    if given is None:
        return None
    try:
        return msgspec.json.decode(given, type=dict[str, str])
    except msgspec.DecodeError:
        raise Invalid("`mapping` is a JSON object: what each column means, by its header.", field="mapping") from None


async def _raw(headers: Sequence[str], lines: AsyncIterator[Sequence[str]]) -> AsyncIterator[bytes]:
    """The cells as they are, for programs: a spreadsheet would run some of them."""
    gathered = io.StringIO()
    writer = csv.writer(gathered)
    writer.writerow(headers)
    async for line in lines:
        writer.writerow(line)
        if gathered.tell() > 64 * 1024:
            yield gathered.getvalue().encode()
            gathered.seek(0)
            gathered.truncate()
    yield gathered.getvalue().encode()
