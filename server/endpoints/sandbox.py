"""The sandbox's simulated phones over HTTP. What a phone writes goes the way of every webhook, without the wire."""

from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from server.clock import Clock
from server.desk import sandbox
from server.desk.desk import Desk
from server.desk.hear import Call, Ear
from server.desk.identity import Session
from server.desk.receive import receive_texts
from server.desk.sandbox import KIND, NewSandboxText, SandboxText
from server.domain.errors import Invalid
from server.domain.phone import read_sender
from server.endpoints.asked import words_in
from server.endpoints.bodies import json, read_json
from server.endpoints.cursors import Cursors


class SandboxTextList(Struct, frozen=True):
    """`next` as `after` gives what came or changed since."""

    items: list[SandboxText]
    next: str | None


class Accepted(Struct, frozen=True):
    id: Annotated[str, Meta(description="of the message that the text became")]


class Sandbox:
    def __init__(self, desk: Desk, clock: Clock, cursors: Cursors) -> None:
        self._desk = desk
        self._ear = Ear(desk, clock)
        self._clock = clock
        self._cursors = cursors

    async def phones(self, _request: Request, session: Session) -> Response:
        return json(await sandbox.phones(self._desk, session.user))

    async def texts(self, request: Request, session: Session) -> Response:
        phone = words_in(request, "phone")
        if not phone:
            raise Invalid("Which phone? Give `phone`.", field="phone")
        list = f"texts on {read_sender(phone).text}"
        after = self._cursors.read(request, session.user, list, int, "after")
        found = await sandbox.texts(self._desk, session.user, phone, after)
        return json(SandboxTextList(found.items, self._cursors.write(session.user, list, found.next)))

    async def write(self, request: Request, session: Session) -> Response:
        new = await read_json(request, NewSandboxText)
        did = await sandbox.line_to(self._desk, session.user, new)
        carrier, connection = await self._ear.connection(KIND, did.carrier, "POST")
        now = self._clock.now()
        id, headers, body = sandbox.write(carrier, connection, did, new, now)
        heard = await self._ear.texts(carrier, connection, Call("POST", f"/hooks/{KIND}/{connection.id}", headers, body))
        await receive_texts(self._desk, heard.connection, heard.items, now)
        return json(Accepted(await sandbox.received(self._desk, connection, id)), 202)
