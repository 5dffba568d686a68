"""SECURITY's rows against the whole product: real processes, real cookies, as a stranger or a wrong one meets them.

What each room refuses in detail is tested beside it (`tests/live`, `tests/endpoints`); here the rows hold through everything together.
What strangers write has `test_strangers_texts.py`.
"""

import asyncio
import json
import time
from statistics import quantiles
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Response

from tests.fixtures.centre import AUTH_TOKEN, BASE_URL, GATEWAY_SECRET, HIDDEN, HOST, MARIA, PASSWORD, Centre
from tests.fixtures.figures import Figures
from tests.fixtures.tab import socket_to
from tests.fixtures.waiting import until


@pytest.fixture
def engine() -> str:
    return "sqlite"


async def refused(centre: Centre, web: int = 0, path: str = "/ws", /, **headers: str) -> Response:
    with pytest.raises(InvalidStatus) as info:
        async with socket_to(centre, web, path, **headers):
            raise AssertionError("it was let in")
    return info.value.response


def code(answer: Response | httpx2.Response) -> Any:
    body = answer.body if isinstance(answer, Response) else answer.content
    assert answer.headers["content-type"] == "application/problem+json"
    return json.loads(body or b"")["code"]


async def live(socket: ClientConnection) -> None:
    """Its hello has come and it has resumed from now on."""
    assert json.loads(await socket.recv())["op"] == "hello"
    await socket.send('{"op":"resume"}')
    while json.loads(await socket.recv())["op"] != "ready":
        pass


async def closed(socket: ClientConnection, within: float) -> tuple[int | None, float]:
    """The close code, and after how many seconds."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(within):
            while True:
                await socket.recv()
    except ConnectionClosed:
        return socket.close_code, time.monotonic() - began


async def test_rows_1_to_5_no_socket_for_a_wrong_origin_no_session_or_another_protocol(centre: Centre) -> None:
    """SECURITY 1, 2, 3, 4, 5."""
    await centre.open(webs=2)
    browser = await centre.browser("ana", web=1)
    cookie = f"sid={browser.cookies['sid']}"
    async with socket_to(centre, 0, Cookie=cookie, Origin=BASE_URL) as socket:
        await live(socket)
    others = (
        "https://evil.example",
        "null",
        f"{BASE_URL}.evil.com",
        "https://localhost:4000",
        "http://localhost:4001",
        "http://a.localhost:4000",
    )
    for origin in (*others, "http://localhost", f"{BASE_URL}/", None):
        answer = await refused(centre, Cookie=cookie, **({"Origin": origin} if origin else {}))
        assert (answer.status_code, code(answer)) == (403, "origin"), origin

    assert (await browser.post("/logout", data={"csrf": browser.headers["x-csrf-token"]})).status_code == 303
    nobody = [
        await refused(centre, Origin=BASE_URL),
        await refused(centre, Origin=BASE_URL, Cookie="sid=unknown"),
        await refused(centre, Origin=BASE_URL, Cookie=cookie),
        await refused(centre, Origin="https://evil.example", Cookie=cookie),
        await refused(centre, Authorization="Bearer pl_unknown"),
        await refused(centre, 0, f"/ws?sid={browser.cookies.get('sid')}&token={centre.people['ana'].token}", Origin=BASE_URL),
    ]
    assert {(answer.status_code, code(answer), bytes(answer.body or b"")) for answer in nobody} == {
        (401, "session", bytes(nobody[0].body or b""))
    }
    plain = await centre.api("ana").get("/ws")
    assert (plain.status_code, plain.headers["sec-websocket-version"]) == (426, "13")
    old = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "12", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}
    plain = await centre.api("ana").get("/ws", headers=old)
    assert (plain.status_code, plain.headers["sec-websocket-version"]) == (426, "13")


@pytest.mark.alone
async def test_rows_6_to_17_the_socket_of_the_product_has_its_limits(centre: Centre) -> None:
    """SECURITY 6, 7, 8, 9, 10, 11, 15, 17."""
    await centre.open(webs=1)
    bearer = {"Authorization": f"Bearer {centre.people['ana'].token}"}
    silent = await centre.stack.enter_async_context(socket_to(centre, Authorization=f"Bearer {centre.people['ben'].token}"))
    opened = time.monotonic()
    for frame, expected in ((b'{"op":"pong"}', 1003), ("x" * 8193, 1009), (["x" * 4000] * 3, 1009)):
        async with socket_to(centre, **bearer) as socket:
            await live(socket)
            await socket.send(frame)
            assert (await closed(socket, 3))[0] == expected
    async with socket_to(centre, **bearer) as socket:
        await live(socket)
        await socket.send(b"\xff\xfe", text=True)
        assert (await closed(socket, 3))[0] == 1007
    async with socket_to(centre, **bearer) as socket:
        await live(socket)
        for bad in ("[" * 1000, '{"op":"pong","op":"pong"}', '{"op":"<script>"}'):
            await socket.send(bad)
            assert await socket.recv() == '{"op":"error","code":"bad_request"}'
        assert (await closed(socket, 3))[0] == 4400
    async with socket_to(centre, **bearer) as socket:
        await live(socket)
        await socket.send('{"op":"watch","id":1,"topic":"feed"}')
        assert await socket.recv() == '{"op":"error","id":1,"code":"not_found"}'
        for _ in range(200):
            await socket.send('{"op":"pong"}')
        assert (await closed(socket, 3))[0] == 4429

    sockets = [await centre.stack.enter_async_context(socket_to(centre, **bearer)) for _ in range(21)]
    assert (await closed(sockets[0], 3))[0] == 4409
    await live(sockets[20])
    answers = [await refused(centre) for _ in range(101)]
    assert [answer.status_code for answer in answers[:100]] == [401] * 100
    assert answers[100].status_code == 429
    assert 0 < int(answers[100].headers["retry-after"]) <= 60
    assert (await closed(silent, 12))[0] == 4408
    assert 9.5 <= time.monotonic() - opened <= 12


async def test_rows_20_23_and_29_over_https_the_cookie_is_a_host_cookie_and_limits_are_those_of_all_processes(centre: Centre) -> None:
    """SECURITY 2, 20, 23, 29."""
    await centre.open(webs=1, agents="ana ben")
    public = "https://sms.example.com"
    web = centre.partyline.start("web", BASE_URL=public)
    limits = {"host": "sms.example.com", "origin": public}
    async with httpx2.AsyncClient(base_url=web.address, headers=limits, trust_env=False) as client:
        form = dict(HIDDEN.findall((await client.get("/login")).text))
        cookies = client.cookies.jar
        assert [cookie.name for cookie in cookies] == ["__Host-visit"]
        visit = {"cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies)}
        answer = await client.post("/login", data={**form, "email": "ana@example.com", "password": PASSWORD}, headers=visit)
        [line] = [line for line in answer.headers.get_list("set-cookie") if line.startswith("__Host-sid=")]
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(line.split("; "))
        assert len(line.split(";")[0].removeprefix("__Host-sid=")) >= 43, "256 bits"
        for host in ("evil.example", "sms.example.com.evil.example", "sms.example.com:8000", "127.0.0.1"):
            assert (await client.get("/login", headers={"host": host})).status_code == 400
        told = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "http", "x-forwarded-for": "203.0.113.1"}
        assert "evil" not in (await client.get("/login", headers=told)).text

        other = centre.browser_with("")
        at_other = dict(HIDDEN.findall((await other.get("/login")).text))
        wrong = {"email": "ben@example.com", "password": "not the password"}
        for _ in range(3):
            assert (await client.post("/login", data={**form, **wrong}, headers=visit)).status_code == 401
        for _ in range(2):
            assert (await other.post("/login", data={**at_other, **wrong})).status_code == 401
        assert (await other.post("/login", data={**at_other, **wrong})).status_code == 429
    centre.webs[0].kill()
    await centre.restart_web()
    right = await other.post("/login", data={**at_other, "email": "ben@example.com", "password": PASSWORD})
    assert (right.status_code, right.json()["code"]) == (429, "too_many_requests"), "right, and limited, also after a restart"
    assert int(right.headers["retry-after"]) > 0


async def test_row_12_another_accounts_conversation_is_as_one_that_is_not_there(centre: Centre, figures: Figures) -> None:
    """SECURITY 12 and 25: the same bytes in the same time on the socket and over HTTP; and nothing of one account reaches the other."""
    await centre.open(webs=1)
    other = centre.init("Other", "zoe")
    await centre.text(MARIA, "A secret of Acme's")
    foreign = await centre.conversation(MARIA)
    token = {"Authorization": f"Bearer {other['token']}"}
    names = [foreign, "0" * 26, "x" * 300, "1 OR 1=1", "*", "\x00"]
    times: dict[str, list[float]] = {name: [] for name in names[:2]}
    async with socket_to(centre, **token) as socket:
        await live(socket)
        answers = set()
        for name in names:
            await socket.send(json.dumps({"op": "watch", "id": 1, "conversation": name}))
            answers.add(await socket.recv())
        assert answers == {'{"op":"error","id":1,"code":"not_found"}'}
        for turn in range(60):
            name = names[turn % 2]
            began = time.monotonic()
            await socket.send(json.dumps({"op": "watch", "id": 1, "conversation": name}))
            await socket.recv()
            times[name].append(time.monotonic() - began)
            await asyncio.sleep(0.05)
        medians = [quantiles(measured, n=4)[1] for measured in times.values()]
        figures(f"medians {' and '.join(f'{1000 * median:.2f}' for median in medians)} ms")
        assert abs(medians[0] - medians[1]) <= 0.005
        await centre.text(MARIA, "Another one")
        await centre.call("ana", "POST", f"conversations/{foreign}/claim")
        await socket.send('{"op":"unwatch","id":9,"topic":"pool"}')
        assert json.loads(await socket.recv()) == {"op": "ok", "id": 9}, "nothing of Acme came before"
    zoe = httpx2.AsyncClient(base_url=centre.webs[0].address, headers={"host": HOST, **token}, trust_env=False)
    async with zoe:
        for method, path in (("GET", ""), ("GET", "/messages"), ("POST", "/claim"), ("POST", "/release"), ("PUT", "/subscription")):
            seen = {(await zoe.request(method, f"/api/v1/conversations/{id}{path}")).content for id in (foreign, "0" * 26, "x")}
            assert len(seen) == 1, path
            assert json.loads(seen.pop())["code"] == "not_found"
        said = {"body": "Hi", "client_id": "c"}
        seen = {(await zoe.post(f"/api/v1/conversations/{id}/messages", json=said)).content for id in (foreign, "0" * 26)}
        assert len(seen) == 1


@pytest.mark.parametrize("end", ["logout", "password", "role", "disabled"])
async def test_rows_16_and_21_when_a_session_ends_its_sockets_in_every_process_are_gone_within_a_second(centre: Centre, end: str) -> None:
    """SECURITY 16 and 21: signed in by the form of one process, with a socket to each; ended at the other."""
    await centre.open(webs=2, agents="ana")
    browser = await centre.browser("ana", web=0)
    cookie = f"sid={browser.cookies['sid']}"
    at_one, at_other = [await centre.stack.enter_async_context(socket_to(centre, web, Cookie=cookie, Origin=BASE_URL)) for web in (0, 1)]
    for socket in (at_one, at_other):
        await live(socket)
    if end == "logout":
        assert (await browser.post("/logout", data={"csrf": browser.headers["x-csrf-token"]})).status_code == 303
    else:
        value = {"password": "a new password", "role": "manager", "disabled": True}[end]
        changed = await centre.call("mia", "PATCH", f"users/{centre.people['ana'].id}", 0, **{end: value})
        assert changed.status_code == 200
    ends = await asyncio.gather(*(closed(socket, 3) for socket in (at_one, at_other)))
    assert [code for code, _ in ends] == [4403 if end == "role" else 4401] * 2
    assert max(seconds for _, seconds in ends) <= 1.0
    assert (await centre.browser_with(cookie, web=1).get("/api/v1/me")).status_code == 401
    assert (await refused(centre, 1, Cookie=cookie, Origin=BASE_URL)).status_code == 401


@pytest.mark.alone
async def test_row_22_a_wrong_password_an_unknown_and_a_disabled_user_take_as_long_and_say_the_same(
    centre: Centre, figures: Figures
) -> None:
    """SECURITY 22. Each try comes from another address, as through a proxy, and no name is tried so often that it is limited."""
    centre.settings["TRUSTED_PROXIES"] = "127.0.0.1"
    await centre.open(webs=1, agents="a b c d e f g h")
    for name in "efgh":
        await centre.manage("PATCH", f"users/{centre.people[name].id}", disabled=True)
    client = centre.browser_with("", web=0)
    form = dict(HIDDEN.findall((await client.get("/login")).text))
    kinds = {"wrong": "abcd", "unknown": "wxyz", "disabled": "efgh"}
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    said = set()
    for turn in range(20):
        for number, (kind, names) in enumerate(kinds.items()):
            email = f"{names[turn % 4]}@example.com"
            password = PASSWORD if kind == "disabled" else "not the password"
            headers = {"x-forwarded-for": f"203.0.113.{3 * turn + number}"}
            began = time.monotonic()
            answer = await client.post("/login", data={**form, "email": email, "password": password}, headers=headers)
            times[kind].append(time.monotonic() - began)
            said.add((answer.status_code, answer.content))
    assert len(said) == 1
    assert said.pop()[0] == 401
    quiet = {kind: quantiles(measured, n=4)[0] for kind, measured in times.items()}  # the noise of the machine is in the other quarters
    figures(", ".join(f"{kind} {1000 * seconds:.1f} ms" for kind, seconds in quiet.items()))
    assert max(quiet.values()) - min(quiet.values()) <= 0.010


async def test_row_52_no_log_of_any_process_holds_a_secret_or_a_text(centre: Centre) -> None:
    """SECURITY 52, with every process at its most talkative, through a send, refusals and a sign-in."""
    centre.settings["LOG_LEVEL"] = "debug"
    await centre.open(webs=1, timers=1, senders=1)
    planted = "heliotrope marmalade"
    browser = await centre.browser("ana")
    await centre.text(MARIA, planted)
    id = await centre.conversation(MARIA)
    await centre.call("ana", "POST", f"conversations/{id}/messages", body=planted, client_id="c-1")
    await until(lambda: len(centre.handed) == 1)
    await centre.call("ana", "POST", f"conversations/{id}/messages", body=planted, client_id="c-1", **{planted: planted})
    await centre.twilio(centre.carriers["twilio"]["hook_url"], {"Body": planted}, signature="x")
    await centre.twilio(centre.carriers["twilio"]["hook_url"], {"Body": planted})  # malformed, and signed
    await refused(centre, 0, f"/ws?token={centre.people['ana'].token}")
    assert centre.stop_all() == [0, 0, 0]
    logs = "".join(path.read_text() for path in centre.partyline.folder.glob("*/log"))
    assert logs.count("\n") > 10
    tokens = [person.token for person in centre.people.values()]
    for secret in (planted, PASSWORD, browser.cookies["sid"], browser.headers["x-csrf-token"], AUTH_TOKEN, GATEWAY_SECRET[6:], *tokens):
        assert secret not in logs
