"""SECURITY rows 28 and 29, and what every answer carries, over a real server and raw sockets."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator

import pytest

from server.endpoints.limits import Knocks
from tests.fixtures.clocks import HandClock
from tests.fixtures.served import Served

JSON = {"content-type": "application/json"}


async def test_a_host_that_is_not_ours_is_refused(served: Served) -> None:
    port = served.url.rpartition(":")[2]
    for host in ("evil.example", f"127.0.0.1:{int(port) + 1}", "127.0.0.1", f"127.0.0.1:{port}.evil.example", f"evil.example:{port}", ""):
        answer = await served.client().get("/login", headers={"host": host})
        assert (answer.status_code, answer.json()["code"]) == (400, "host"), host


async def test_two_hosts_or_none_are_refused(served: Served) -> None:
    host = served.url.removeprefix("http://")
    assert b" 400 " in await raw(served, f"GET /login HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert b" 400 " in await raw(served, b"GET /login HTTP/1.0\r\n\r\n")


async def test_what_a_stranger_says_about_forwarding_is_ignored(served: Served) -> None:
    headers = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https", "x-forwarded-host": "evil.example", "forwarded": "host=evil"}
    for _ in range(61):
        answer = await served.client(**headers).get("/hooks/generic/nobody")
    assert answer.status_code == 429, "counted for the address that really calls"
    answer = await served.client(**headers).get("/login")
    assert answer.status_code == 200
    assert "evil" not in answer.text


@pytest.mark.parametrize("path", ["/api/v1/users", "/login", "/hooks/generic/x", "/nowhere"])
async def test_ten_megabytes_are_too_much_whether_announced_or_streamed(served: Served, path: str) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(160):
            yield b"x" * 65_536

    client = served.bearer
    announced = await client.post(path, content=b"x" * 10_485_760, headers=JSON)
    assert (announced.status_code, announced.json()["code"]) == (413, "too_large")
    if path in ("/api/v1/users", "/login"):  # the others answer before they read
        kind = JSON if "api" in path else {"content-type": "application/x-www-form-urlencoded"}
        streamed = await client.post(path, content=stream(), headers=kind)
        assert (streamed.status_code, streamed.json()["code"]) == (413, "too_large")


async def test_ten_thousand_fields_are_too_many(served: Served) -> None:
    fields = {f"f{n}": "1" for n in range(10_000)}
    assert (await served.client().post("/login", data=fields)).status_code == 413
    parts = {name: (None, value) for name, value in fields.items()}
    assert (await served.client().post("/login", files=parts)).status_code == 413


async def test_a_form_that_cannot_be_read_is_a_bad_request(served: Served) -> None:
    part = b'--a\r\ncontent-disposition: form-data; name="%b"\r\n\r\nx\r\n--a--\r\n'
    for path, name in (("/login", b"email"), ("/api/v1/media", b'file"; filename="x')):
        for kind, body in (("boundary=a; charset=undefined", part % name), ("boundary=a", b"--b"), ("charset=utf-8", part % name)):
            answer = await served.bearer.post(path, content=body, headers={"content-type": f"multipart/form-data; {kind}"})
            assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), (path, kind)


async def test_a_coded_body_is_not_unpacked(served: Served) -> None:
    for coding in ("gzip", "deflate", "br", "gzip, identity"):
        headers = {**JSON, "content-encoding": coding}
        answer = await served.bearer.post("/api/v1/users", content=gzip.compress(b" " * 1_000_000), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "content_encoding")


async def test_a_slow_body_is_answered_408_by_the_server(served: Served) -> None:
    head = f"POST /login HTTP/1.1\r\nHost: {served.url.removeprefix('http://')}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    answer = await raw(served, f"{head}Content-Length: 100\r\n\r\nemail=".encode())
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"too_slow"' in answer
    assert b"connection: close" in answer


async def test_every_answer_carries_the_safe_headers(served: Served) -> None:
    for path in ("/login", "/api/v1/me", "/nowhere", "/api/v1/nowhere", "/hooks/twilio/x", "/healthz"):
        headers = (await served.client().get(path)).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "same-origin", path
        assert headers["cache-control"] == "no-store", path
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert len(headers.get_list("content-security-policy")) == 1, path


async def test_a_query_with_nul_is_refused_before_it_reaches_a_database(served: Served) -> None:
    answer = await served.bearer.get("/api/v1/conversations?view=all&q=a%00b")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_knocks_are_counted_over_any_minute_and_not_by_the_clocks_minutes() -> None:
    clock = HandClock()
    knocks = Knocks(clock, allowed=3, seconds=60)
    assert [knocks.count("a") for _ in range(4)] == [0, 0, 0, 60]
    assert knocks.count("b") == 0
    clock._at_us += 59_000_000
    assert knocks.count("a") == 1
    clock._at_us += 1_000_000
    assert knocks.count("a") == 0


async def raw(served: Served, request: bytes) -> bytes:
    """Sends these bytes and reads until the server closes."""
    host, _, port = served.url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port), family=socket.AF_INET)
    writer.write(request)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer
