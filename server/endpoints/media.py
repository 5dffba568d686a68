"""Attachments over HTTP: brought by people, shown to the account's people, and fetched by carriers that were given a link."""

import hashlib

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from server.clock import Clock
from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.media import Attachments, File, Given
from server.domain.errors import NotFound
from server.endpoints.bodies import created, id_in_path, once, read_file

POLICY = "sandbox; default-src 'none'"
"""What is served may do nothing, even if a browser took it for a page (SECURITY row 46)."""


class Media:
    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._clock = clock
        self._attachments = Attachments(desk)

    async def add(self, request: Request, session: Session) -> Response:
        name, content = await read_file(request)
        # The boundary of a form is made anew for every try, so a repeat is known by what is in it.
        key = await once(request, session, hashlib.sha256(content).digest() + name.encode("utf-8", "surrogatepass"))
        return created(request, await self._attachments.add(session.user, Given(name, content), self._clock.now(), key))

    async def one(self, request: Request, session: Session) -> Response:
        thumbnail = request.query_params.get("thumbnail") == "1"
        return _serve(await self._attachments.get(session.user, id_in_path(request), thumbnail=thumbnail))

    async def fetched(self, request: Request) -> Response:
        """By a carrier: whoever has the link may have the file while its time lasts."""
        path = request.path_params
        return _serve(await self._attachments.get_signed(id_in_path(request), path["until"], path["key"], self._clock.now()))


def _serve(file: File) -> Response:
    if not file.path.is_file():
        raise NotFound
    return FileResponse(
        file.path,
        headers={"content-type": file.content_type, "content-security-policy": POLICY, "cache-control": "no-store"},
        filename=file.name,
        content_disposition_type="inline" if file.picture else "attachment",
    )
