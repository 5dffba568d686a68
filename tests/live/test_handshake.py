"""Who may open a socket, and the exact answers to who may not."""

import asyncio
import json
from hashlib import sha256
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from server.domain.user import User
from server.ids import new_id
from server.store import sessions
from server.store.database import Transaction
from tests.fixtures.waiting import until
from tests.live.conftest import ORIGIN, House, Node


async def a_cookie(house: House, user: User, *, expires_in: int = 60_000_000) -> str:
    async def write(tx: Transaction) -> str:
        secret = new_id(tx.now)
        digest = sha256(secret.encode()).hexdigest()
        await sessions.add_session(tx, digest=digest, id=new_id(tx.now), user=user.id, expires_at=tx.now + expires_in)
        return secret

    return await house.story.db.write(write)


async def refused(node: Node, path: str = "/ws", **headers: str) -> Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(InvalidStatus) as info:
        async with connect(f"ws://127.0.0.1:{node.port}{path}", additional_headers=given):
            raise AssertionError("it was let in")
    return info.value.response


def code(response: Response) -> Any:
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    body = json.loads(response.body or b"")
    assert body["status"] == response.status_code
    return body["code"]


async def test_a_cookie_with_exactly_our_origin_is_let_in(house: House) -> None:
    node = await house.node()
    user = await house.story.user(await house.story.account())
    cookie = await a_cookie(house, user)
    headers = {"Cookie": f"__Host-sid={cookie}", "Origin": ORIGIN}
    async with connect(f"ws://127.0.0.1:{node.port}/ws", additional_headers=headers) as socket:
        assert json.loads(await socket.recv())["user"]["id"] == user.id


async def test_a_cookie_with_any_other_origin_is_403_before_the_upgrade(house: House) -> None:
    node = await house.node()
    cookie = await a_cookie(house, await house.story.user(await house.story.account()))
    for origin in (
        None,
        "null",
        "https://evil.example",
        f"{ORIGIN}.evil.com",
        ORIGIN.replace("https", "http"),
        f"{ORIGIN}:8443",
        f"{ORIGIN}/",
        ORIGIN.upper(),
        "https://other.example.com",
        "https://a.sms.example.com",
        f"{ORIGIN} {ORIGIN}",
        "",
    ):
        given = {} if origin is None else {"Origin": origin}
        response = await refused(node, Cookie=f"__Host-sid={cookie}", **given)
        assert (response.status_code, code(response)) == (403, "origin"), origin
    assert node.live.tabs == {}
    assert node.live.hub.accounts == {}


async def test_a_bearer_token_needs_no_origin(house: House) -> None:
    node = await house.node()
    tab = await house.connect(node, await house.story.user(await house.story.account()))
    assert tab.socket.subprotocol == "partyline.v1"


async def test_no_session_an_unknown_an_expired_and_a_revoked_one_get_the_same_401(house: House) -> None:
    story, node = house.story, await house.node()
    user = await story.user(await story.account())
    expired, revoked = await a_cookie(house, user, expires_in=-1), await a_cookie(house, user)

    async def revoke(tx: Transaction) -> int:
        return await sessions.end_sessions(tx, user.id)

    await story.db.write(revoke)
    answers = [
        await refused(node),
        await refused(node, Origin=ORIGIN),
        await refused(node, Cookie="__Host-sid=x", Origin=ORIGIN),
        await refused(node, Cookie=f"__Host-sid={expired}", Origin=ORIGIN),
        await refused(node, Cookie=f"__Host-sid={revoked}", Origin=ORIGIN),
        await refused(node, Authorization="Bearer pl_nobody"),
        await refused(node, Authorization="Basic eDp5"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert {code(answer) for answer in answers} == {"session"}
    assert len({bytes(answer.body or b"") for answer in answers}) == 1
    assert len({tuple((name, value) for name, value in answer.headers.raw_items() if name != "Date") for answer in answers}) == 1


async def test_a_session_in_the_address_is_never_read(house: House) -> None:
    node = await house.node()
    user = await house.story.user(await house.story.account())
    cookie = await a_cookie(house, user)
    _, token = await house.story.token(user)
    for query in (f"__Host-sid={cookie}", f"sid={cookie}", f"token={token}", f"access_token={token}", f"authorization=Bearer%20{token}"):
        assert (await refused(node, f"/ws?{query}", Origin=ORIGIN)).status_code == 401


async def test_plain_http_and_another_version_are_426_and_say_the_version(house: House) -> None:
    node = await house.node()
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    for more in ("", upgrade + "Sec-WebSocket-Version: 12\r\n", upgrade + "Sec-WebSocket-Version: 8\r\n", upgrade):
        reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
        writer.write(f"GET /ws HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert head.startswith("http/1.1 426 "), more
        assert "\r\nsec-websocket-version: 13\r\n" in head
        writer.close()
        await writer.wait_closed()


async def test_the_101st_handshake_without_a_session_in_a_minute_is_429_and_a_valid_one_still_goes_through(house: House) -> None:
    story, node = house.story, await house.node()
    for _ in range(100):
        assert (await refused(node)).status_code == 401
    response = await refused(node)
    assert (response.status_code, code(response)) == (429, "too_many_requests")
    assert 0 < int(response.headers["retry-after"]) <= 60
    await house.connect(node, await story.user(await story.account()))


async def test_beyond_the_admission_rate_it_is_503(house: House) -> None:
    story, node = house.story, await house.node(admitted_per_second=3)
    user = await story.user(await story.account())
    _, token = await story.token(user)
    for _ in range(3):
        await house.connect_with(node, token)
    response = await refused(node, Authorization=f"Bearer {token}")
    assert (response.status_code, code(response)) == (503, "unavailable")
    assert int(response.headers["retry-after"]) > 0
    await until(lambda: not node.live.admission.full(asyncio.get_running_loop().time()))
    await house.connect_with(node, token)


async def test_the_21st_socket_of_a_user_closes_the_oldest_with_4409(house: House) -> None:
    story, node = house.story, await house.node()
    user = await story.user(await story.account())
    _, token = await story.token(user)
    tabs = [await house.connect_with(node, token) for _ in range(25)]
    assert [await tab.closed() for tab in tabs[:5]] == [4409] * 5
    for tab in tabs[5:]:
        await tab.send(op="resume")
        await tab.until("ready")


async def test_a_process_that_drains_lets_nobody_in(house: House) -> None:
    story, node = house.story, await house.node()
    user = await story.user(await story.account())
    _, token = await story.token(user)
    tab = await house.connect_with(node, token)
    await node.live.drain(asyncio.Event())
    bye = await tab.until("bye")
    assert bye["code"] == 4503
    assert 1000 <= bye["retry_ms"] <= 2000
    assert await tab.closed() == 4503
    assert (await refused(node, Authorization=f"Bearer {token}")).status_code == 503


async def test_a_server_that_shuts_down_says_bye_by_itself(house: House) -> None:
    node = await house.node()
    tab = await house.live_tab(node, await house.story.user(await house.story.account()))
    node.server.should_exit = True
    assert (await tab.until("bye"))["code"] == 4503
    assert await tab.closed() == 4503
