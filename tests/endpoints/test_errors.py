"""One shape of error, one mapping: SECURITY rows 25, 38, 53 and CONTRACT's `application/problem+json`."""

import asyncio
import importlib
import pkgutil
from urllib.parse import urlsplit

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Router

import server.desk
import server.domain
import server.endpoints
from server.desk.hear import Unavailable
from server.domain.errors import Refused
from server.endpoints.errors import STATUS, Boundary, Faults
from server.endpoints.routes import at
from server.store.database import Database, Transaction
from server.store.engines import open_database
from tests.fixtures.databases import PostgresCluster
from tests.fixtures.logged import Logged
from tests.fixtures.served import Served
from tests.fixtures.waiting import until
from tests.fixtures.wire import slow_wire
from web.render import Renderer

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_every_refusal_has_its_status() -> None:
    for room in (server.domain, server.desk, server.endpoints):
        for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    codes = {kind.code for kind in _below(Refused)}
    assert len(codes) > 20
    assert codes - STATUS.keys() == set()


async def test_an_unknown_address_is_a_problem_for_programs_and_a_page_for_people(served: Served) -> None:
    client = served.client()
    for path in ("/api/v1/nowhere", "/nowhere", "/api", "/api/v1/users/"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
        assert answer.json() == {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "There is no such thing here.",
            "code": "not_found",
        }
    page = await client.get("/nowhere", headers=HTML)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>Not Found</h1>" in page.text
    assert (await client.get("/api/v1/nowhere", headers=HTML)).headers["content-type"] == "application/problem+json"


async def test_a_method_that_is_not_there_is_405_with_those_that_are(served: Served) -> None:
    answer = await served.client().put("/api/v1/users")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


async def test_a_fault_is_500_with_a_reference_and_nothing_of_the_fault(logged: Logged) -> None:
    async def break_down(_request: Request) -> Response:
        raise RuntimeError("the secret is hunter2")

    app = Boundary(Router([at("/break", get=break_down)]), Faults(Renderer(), sandbox=False))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x") as client:
        answer = await client.get("/break")
        page = await client.get("/break", headers=HTML)
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    line = logged.of("request.failed")[0]
    assert line["ref"] == answer.json()["ref"], "the log has the traceback under that reference"
    assert "RuntimeError" in line["exception"]
    for text in (answer.text, page.text):
        assert "hunter2" not in text
        assert "Traceback" not in text
        assert "RuntimeError" not in text
    assert page.status_code == 500


async def test_a_database_that_is_away_is_503_and_when_to_come_back() -> None:
    async def ask(_request: Request) -> Response:
        raise Unavailable("connection refused to 10.0.0.7")

    app = Boundary(Router([at("/ask", get=ask)]), Faults(Renderer(), sandbox=False))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x") as client:
        answer = await client.get("/ask")
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "2")
    assert "10.0.0.7" not in answer.text


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_of_a_commit_whose_answer_is_lost_nobody_is_told_that_nothing_was_changed(
    db: Database, database_url: str, postgres: PostgresCluster
) -> None:
    async with slow_wire(postgres.folder / ".s.PGSQL.5432") as wire:
        far = await open_database(f"postgresql://partyline@127.0.0.1:{wire.port}{urlsplit(database_url).path}")

        async def change(tx: Transaction) -> None:
            await tx.run("update epoch set value = 'changed'")
            wire.stall("down")

        async def ask(_request: Request) -> Response:
            await far.write(change)
            return Response()

        async def changed() -> bool:
            row = await db.read(lambda tx: tx.one("select value from epoch"))
            return row is not None and row["value"] == "changed"

        app = Boundary(Router([at("/ask", post=ask)]), Faults(Renderer(), sandbox=False))
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x") as client, asyncio.TaskGroup() as group:
            asking = group.create_task(client.post("/ask"))
            await until(changed)
            wire.cut()
            answer = await asking
        await far.close()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "hanged" not in answer.json()["detail"]


async def test_health_is_told_without_a_session(served: Served) -> None:
    client = served.client()
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "database": "ok", "redis": "ok"})


def _below(kind: type[Refused]) -> set[type[Refused]]:
    return {kind for each in kind.__subclasses__() for kind in {each} | _below(each)}
