"""Whoever would be answered too late is told so at once; nobody takes a place by being slow, and nothing that was acknowledged is lost."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from twilio.request_validator import RequestValidator

from server.clock import SystemClock
from server.crowd import Crowds
from server.endpoints.crowding import AGAIN_SECONDS
from server.endpoints.errors import Faults
from server.endpoints.routes import at
from server.endpoints.shell import handlers, middleware
from server.settings import Settings
from tests.endpoints.test_health import read
from tests.endpoints.test_hooks import AUTH_TOKEN, TwilioLine, add_carrier, text
from tests.fixtures.clocks import HandClock
from tests.fixtures.rush import Line, request
from tests.fixtures.served import Served, listening, on_a_free_port
from tests.fixtures.waiting import until
from web.render import Renderer

HERE = "http://127.0.0.1"
FEW, MOST = 1, 3


class Slow:
    """What stands around the product's routes, around some that wait until `go` is set."""

    def __init__(self, settings: Settings) -> None:
        self.go, self.begun = asyncio.Event(), asyncio.Event()
        self.crowds = Crowds(HandClock())
        for crowd in self.crowds:
            crowd.few, crowd.most = FEW, MOST
        faults = Faults(Renderer(), sandbox=False)
        routes = [
            at("/hooks/x", post=self._take),
            at("/api/v1/x", get=self._take, post=self._take),
            at("/login", post=self._take),
            at("/stream", get=self._stream),
            at("/healthz", get=self._at_once),
        ]
        around = middleware(settings.model_copy(update={"base_url": HERE}), faults, self.crowds, SystemClock().now)
        self.app = Starlette(routes=routes, middleware=around, exception_handlers=handlers(faults))

    async def _take(self, request: Request) -> Response:
        self.begun.set()
        body = await request.body()
        await self.go.wait()
        return Response(body)

    async def _stream(self, _request: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            yield b"first, "
            self.begun.set()
            await self.go.wait()
            yield b"last"

        return StreamingResponse(parts())

    async def _at_once(self, _request: Request) -> Response:
        return Response(b"ok")


@pytest.fixture
def slow(settings: Settings) -> Slow:
    return Slow(settings)


@contextlib.asynccontextmanager
async def asked(slow: Slow) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(slow.app), base_url=HERE) as client:
        yield client


async def test_beyond_the_bound_a_carrier_is_told_at_once_to_come_again_and_nobody_pays_for_another_door(slow: Slow) -> None:
    async with asked(slow) as client, asyncio.TaskGroup() as group:
        taken = [group.create_task(client.post("/hooks/x", content=b"text")) for _ in range(MOST)]
        await until(lambda: slow.crowds.hooks.here == MOST)
        refused = await client.post("/hooks/x", content=b"text")
        others = [group.create_task(client.post(path)) for path in ("/api/v1/x", "/login")]
        await until(lambda: [crowd.here for crowd in slow.crowds] == [MOST, 1, 1])
        assert (await client.get("/healthz")).status_code == 200
        slow.go.set()
    assert refused.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert AGAIN_SECONDS[0] <= int(refused.headers["retry-after"]) <= AGAIN_SECONDS[1]
    assert refused.headers["x-content-type-options"] == "nosniff"
    problem = refused.json()
    assert (problem["code"], problem["status"], problem["title"]) == ("overloaded", 503, "Service Unavailable")
    assert {task.result().status_code for task in [*taken, *others]} == {200}
    assert [(crowd.here, crowd.refused) for crowd in slow.crowds] == [(0, 1), (0, 0), (0, 0)]


async def test_who_looks_at_a_page_is_told_with_a_page(slow: Slow) -> None:
    for _ in range(MOST):
        slow.crowds.others.enter()
    async with asked(slow) as client:
        page = await client.get("/stream", headers={"accept": "text/html"})
        assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert "<h1>Service Unavailable</h1>" in page.text
        assert (await client.get("/healthz")).status_code == 200, "who looks after the process is let in"


async def test_who_sends_a_body_slowly_or_never_takes_no_place(slow: Slow) -> None:
    head = b"POST /api/v1/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 7\r\n\r\nso"
    listener = on_a_free_port()
    async with listening(slow.app, listener):
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(head)
        await slow.begun.wait()
        assert slow.crowds.others.here == 0
        writer.write(b" slow")
        await until(lambda: slow.crowds.others.here == 1)
        slow.begun.clear()
        _, gone = await asyncio.open_connection(*listener.getsockname())
        gone.write(head)
        await slow.begun.wait()
        gone.transport.abort()
        slow.go.set()
        assert (await reader.readuntil(b"so slow")).startswith(b"HTTP/1.1 200 ")
        writer.transport.abort()
    assert slow.crowds.others.here == 0


async def test_who_reads_an_answer_slowly_takes_no_place(slow: Slow) -> None:
    async with asked(slow) as client, asyncio.TaskGroup() as group:
        answer = group.create_task(client.get("/stream"))
        await slow.begun.wait()
        assert slow.crowds.others.here == 0
        slow.go.set()
    assert answer.result().content == b"first, last"
    assert slow.crowds.others.here == 0


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_text_that_was_refused_comes_again_and_none_is_lost(served: Served) -> None:
    crowd = served.crowds.hooks
    crowd.few, crowd.most = FEW, MOST
    twilio = TwilioLine(served, await add_carrier(served, "twilio", {"account_sid": "AC" + "0" * 32, "auth_token": AUTH_TOKEN}))
    host = served.url.removeprefix("http://")

    async def deliver(number: int) -> int:
        fields = text(number)
        signature = RequestValidator(AUTH_TOKEN).compute_signature(twilio.hook, fields)
        made = request("POST", twilio.hook.removeprefix(served.url), form=fields, host=host, x_twilio_signature=signature)
        line = Line(int(host.rpartition(":")[2]))
        try:
            return (await line.ask(made)).status
        finally:
            line.close()

    with contextlib.closing(sqlite3.connect(served.desk.settings.database_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("begin immediate")
        async with asyncio.TaskGroup() as group:
            taken = [group.create_task(deliver(number)) for number in range(MOST)]
            await until(lambda: crowd.here == MOST)
            assert await deliver(MOST) == 503
            other.execute("rollback")
    assert [task.result() for task in taken] == [200] * MOST
    assert await deliver(MOST) == 200
    assert await served.rows("inbox") == MOST + 1
    told = await read(served.client())
    assert (told["partyline_requests_refused_total", "hooks"], told["partyline_requests_refused_total", "others"]) == (1, 0)
    assert told["partyline_requests_waiting", "hooks"] == 0
