"""Attachments over HTTP: brought by people, shown to the account's people, and fetched by carriers that were given a link."""

import hashlib
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.clock import Clock
from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.media import Attachments, File, Given
from server.endpoints.bodies import created, id_in_path, once, read_file

POLICY = "sandbox; default-src 'none'"
"""What is served may do nothing, even if a browser took it for a page."""


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
        return _serve(request, await self._attachments.get(session.user, id_in_path(request), thumbnail=thumbnail))

    async def fetched(self, request: Request) -> Response:
        """By a carrier: whoever has the link may have the file while its time lasts."""
        path = request.path_params
        return _serve(request, await self._attachments.get_signed(id_in_path(request), path["until"], path["key"], self._clock.now()))


def _serve(request: Request, file: File) -> Response:
    """Through us, from wherever it is kept, so that it is asked each time who may have it."""
    how, name = "inline" if file.picture else "attachment", quote(file.name)
    headers = {
        "content-type": file.content_type,
        "content-length": str(file.content.size),
        "content-disposition": f'{how}; filename="{name}"' if name == file.name else f"{how}; filename*=utf-8''{name}",
        "content-security-policy": POLICY,
        "cache-control": "no-store",
    }
    return Response(headers=headers) if request.method == "HEAD" else StreamingResponse(file.content.chunks, headers=headers)
