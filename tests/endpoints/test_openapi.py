"""The OpenAPI document: valid, whole, and kept."""

import re
from typing import Any

import pytest
from openapi_spec_validator import validate
from starlette.routing import Route

from server.endpoints import errors
from server.endpoints.openapi import CODES, OPERATIONS, PAGES, openapi
from tests.fixtures.integrator import Integrator
from tests.fixtures.served import MANAGER, Served

UUID = "0" * 26


@pytest.fixture
def engine() -> str:
    """One is enough: the database has no part in this."""
    return "sqlite"


async def published(served: Served) -> dict[str, Any]:
    answer = await served.client().get("/api/v1/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    document: dict[str, Any] = answer.json()
    return document


async def test_the_document_is_valid_and_describes_every_call_and_no_other(served: Served) -> None:
    document = await published(served)
    validate(document)
    described = {f"{method.upper()} {path}" for path, calls in document["paths"].items() for method in calls}
    assert described == set(OPERATIONS)
    ids = [call["operationId"] for calls in document["paths"].values() for call in calls.values()]
    assert len(ids) == len(set(ids))


def test_a_route_that_nothing_describes_does_not_start() -> None:
    async def answer(_: object) -> None: ...

    with pytest.raises(LookupError, match="GET /api/v1/secret"):
        openapi([Route("/api/v1/secret", answer)])
    assert openapi([Route(path, answer) for path in PAGES])["paths"] == {}


async def test_every_code_is_listed_somewhere(served: Served) -> None:
    said = set(re.findall(r'"enum":\[((?:"[a-z_]+",?)+)\]', (await served.client().get("/api/v1/openapi.json")).text))
    codes = {code for group in said for code in re.findall(r"[a-z_]+", group)}
    listed = set(CODES) - {"method_not_allowed", "login", "too_many_requests"}
    assert listed - codes == set(), "these belong to the sign-in form and to methods that no call has"
    assert set(errors.STATUS) <= set(CODES)


async def test_what_is_said_to_be_for_managers_is_theirs_alone(integrator: Integrator) -> None:
    for call, operation in OPERATIONS.items():
        method, path = call.split(" ")
        if operation.who == "anybody":
            continue
        address = re.sub(r"{\w+}", UUID, path)
        answer = await integrator.ana.client.request(method, address)
        forbidden = (answer.status_code, answer.headers.get("content-type"), answer.content.find(b'"code":"forbidden"') >= 0)
        assert (forbidden[2] and "managers" in answer.text) == (operation.who == "manager"), call
        assert (await integrator.served.client().request(method, address)).json()["code"] == "session", call


async def test_what_needs_no_sign_in_answers_without(served: Served) -> None:
    for call, operation in OPERATIONS.items():
        method, path = call.split(" ")
        if operation.who == "anybody" and "{" not in path:
            assert (await served.client().request(method, path)).status_code == 200, call


async def test_every_write_with_a_cookie_wants_its_token(served: Served) -> None:
    browser = await served.signed_in(MANAGER)
    for call, operation in OPERATIONS.items():
        method, path = call.split(" ")
        if method == "GET" or operation.raw:
            continue
        answer = await browser.request(method, re.sub(r"{\w+}", UUID, path), json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf"), call


async def test_the_reference_page_shows_every_call_and_every_link_of_it_leads_somewhere(served: Served) -> None:
    page = (await served.client().get("/api/docs")).text
    for call in OPERATIONS:
        assert f'aria-label="{call}"' in page
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(ids)
