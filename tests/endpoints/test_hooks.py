"""CONTRACT's carrier webhooks and SECURITY rows 30-38, signed by Twilio's own SDK and the Standard Webhooks library."""

import asyncio
import hmac
import json
import re
import sqlite3
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import asyncpg
import httpx2
import pytest
from standardwebhooks import Webhook
from twilio.request_validator import RequestValidator

from server.desk.hear import STALE_SECONDS
from server.endpoints import hooks
from tests.fixtures.logged import Logged
from tests.fixtures.nginx import EXAMPLE
from tests.fixtures.served import Served

AUTH_TOKEN = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OURS, THEIRS = "+12025550100", "+12025550143"
CARRIER_SECONDS = 15
"""Twilio and Vonage wait so long for an answer."""
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def twilio(served: Served) -> "TwilioLine":
    made = await add_carrier(served, "twilio", {"account_sid": "AC" + "0" * 32, "auth_token": AUTH_TOKEN})
    await served.bearer.post("/api/v1/dids", json={"number": OURS, "carrier": made["id"], "capabilities": ["sms"]})
    return TwilioLine(served, made)


class TwilioLine:
    def __init__(self, served: Served, carrier: dict[str, str]) -> None:
        self.served = served
        self.id = carrier["id"]
        self.hook, self.status = carrier["hook_url"], carrier["status_url"]

    async def post(
        self, fields: dict[str, str], *, to: str | None = None, signed_for: str | None = None, token: str = AUTH_TOKEN, **headers: str
    ) -> httpx2.Response:
        url = to or self.hook
        signature = RequestValidator(token).compute_signature(signed_for or url, fields)
        headers = {"content-type": FORM, "x-twilio-signature": signature, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return await self.served.client().post(url, content=urlencode(fields).encode(), headers=headers)


def text(number: int = 1, body: str = "Hi", **more: str) -> dict[str, str]:
    return {"MessageSid": f"SM{number:032x}", "From": THEIRS, "To": OURS, "Body": body, "NumMedia": "0", **more}


async def add_carrier(served: Served, kind: str, credentials: dict[str, str]) -> dict[str, str]:
    answer = await served.bearer.post("/api/v1/carriers", json={"kind": kind, "name": kind, "credentials": credentials})
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


async def test_a_signed_text_is_durable_and_answered_as_twilio_expects(served: Served, twilio: TwilioLine) -> None:
    answer = await twilio.post(text())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml")
    assert answer.content.endswith(b"<Response/>")
    assert await served.rows("messages where body = 'Hi'") == 1
    assert any(b'"message.received"' in body for body in served.published)


async def test_a_repeat_is_2xx_and_nothing_new_even_in_a_crowd(served: Served, twilio: TwilioLine) -> None:
    answers = await asyncio.gather(*(twilio.post(text(7)) for _ in range(30)))
    assert {a.status_code for a in answers} == {200}
    events = await served.rows("events")
    await twilio.post(text(7))
    assert (await served.rows("messages"), await served.rows("events")) == (1, events)


async def test_a_wrong_signature_is_403_empty_and_stores_nothing(served: Served, twilio: TwilioLine, logged: Logged) -> None:
    other = await add_carrier(served, "twilio", {"account_sid": "AC" + "1" * 32, "auth_token": "f" * 32})
    good = RequestValidator(AUTH_TOKEN).compute_signature(twilio.hook, text())
    answers = [
        await twilio.post(text(body="planted"), x_twilio_signature=""),
        await twilio.post(text(body="planted"), x_twilio_signature="AAAA"),
        await twilio.post(text(), x_twilio_signature=good[:-2]),
        await twilio.post(text(body="changed"), x_twilio_signature=good),
        await twilio.post(text(), token="f" * 32),
        await twilio.post(text(), to=other["hook_url"]),
        await twilio.post(text(), signed_for=twilio.status),
        await twilio.post(text(), signed_for=twilio.hook.replace("127.0.0.1", "evil.example")),
        await twilio.post(text(), to=twilio.hook + "?x=1", signed_for=twilio.hook),
    ]
    assert [(a.status_code, a.content) for a in answers] == [(403, b"")] * len(answers)
    assert (await served.rows("messages"), await served.rows("inbox"), await served.rows("malformed")) == (0, 0, 0)
    lines = logged.of("webhook.refused")
    assert [line["why"] for line in lines] == ["BadSignature"] * len(answers), "one line for each"
    assert "planted" not in logged.text
    assert AUTH_TOKEN not in logged.text


async def test_a_guessed_address_is_404_and_empty_and_after_sixty_429(served: Served, twilio: TwilioLine) -> None:
    client = served.client()
    nobody = "0" * 26
    for number in range(60):
        path = (
            f"/hooks/twilio/{nobody}",
            f"/hooks/generic/{twilio.id}",
            f"/hooks/nothing/{twilio.id}",
            f"/hooks/twilio/{25 * '0'}%00/status",
        )[number % 4]
        answer = await client.post(path)
        assert (answer.status_code, answer.content) == (404, b""), path
    answer = await client.post(f"/hooks/twilio/{nobody}")
    assert (answer.status_code, answer.content) == (429, b"")
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert (await twilio.post(text())).status_code == 200, "what is signed still comes in from that address"
    served.clock._at_us += 61_000_000
    assert (await client.post(f"/hooks/twilio/{nobody}")).status_code == 404


async def test_a_carrier_does_not_call_by_another_method(served: Served, twilio: TwilioLine) -> None:
    answer = await served.client().get(twilio.hook)
    assert (answer.status_code, answer.headers["allow"], answer.content) == (405, "POST", b"")


async def test_a_wrong_type_is_415_a_wrong_charset_400_and_too_much_413(served: Served, twilio: TwilioLine) -> None:
    assert (await twilio.post(text(), content_type="application/json")).status_code == 415
    assert (await twilio.post(text(), content_type=f"{FORM}; charset=utf-16")).status_code == 400
    assert (await twilio.post(text(body="x" * 200_000))).status_code == 413
    assert await served.rows("messages") == 0


async def test_letters_that_are_not_utf_8_cost_neither_the_text_nor_its_other_words(served: Served, twilio: TwilioLine) -> None:
    """The SDK signs only what is valid Unicode, so its scheme is written out."""
    fields = sorted((text() | {"Body": "Gr\udcf6\udcdfe", "FromCity": "Montr\udce9al"}).items())
    signed = twilio.hook + "".join(map("".join, fields))
    mac = hmac.digest(AUTH_TOKEN.encode(), signed.encode("utf-8", "surrogateescape"), "sha1")
    headers = {"content-type": FORM, "x-twilio-signature": b64encode(mac).decode()}
    answer = await served.client().post(twilio.hook, content=urlencode(fields, errors="surrogateescape").encode(), headers=headers)
    assert answer.status_code == 200
    assert await served.rows("messages where body = 'Gr\ufffd\ufffde'") == 1
    assert await served.rows("malformed") == 0


async def test_what_is_malformed_after_a_good_signature_is_400_and_kept(served: Served, twilio: TwilioLine) -> None:
    fields = text()
    del fields["Body"]
    assert (await twilio.post(fields)).status_code == 400
    assert (await twilio.post({"MessageSid": "SM" + "0" * 32, "MessageStatus": "dreaming"}, to=twilio.status)).status_code == 400
    generic = await add_carrier(served, "generic", {"secret": SECRET})
    raw = b'{"type": "message.received", \xff\x00'
    assert (await standard(served, generic["hook_url"], raw)).status_code == 400

    async def kept(tx: Any) -> list[str]:
        return [row["raw"] for row in await tx.all("select raw from malformed order by received_at")]

    assert await served.desk.read(kept) == [
        urlencode(fields),
        urlencode({"MessageSid": "SM" + "0" * 32, "MessageStatus": "dreaming"}),
        '{"type": "message.received", \\xff\\x00',
    ]


async def test_a_number_that_is_nobodys_is_2xx_and_kept_as_unrouted(served: Served, twilio: TwilioLine) -> None:
    assert (await twilio.post(text(To="+12025550199"))).status_code == 200
    assert (await served.rows("inbox where unrouted is not null"), await served.rows("conversations")) == (1, 0)


async def test_a_receipt_for_a_message_that_nobody_sent_is_2xx_and_never_shown(served: Served, twilio: TwilioLine) -> None:
    events = await served.rows("events")
    answer = await twilio.post({"MessageSid": "SM" + "9" * 32, "MessageStatus": "delivered"}, to=twilio.status)
    assert answer.status_code == 200
    assert (await served.rows("receipts"), await served.rows("events")) == (1, events)
    unsigned = await twilio.post({"MessageSid": "SM" + "9" * 32, "MessageStatus": "delivered"}, to=twilio.status, x_twilio_signature="x")
    assert unsigned.status_code == 403
    for token in ("nobodys", "%00", "%FF", "%E2%80%AE"):
        strange = await twilio.post({"MessageSid": "SM" + "9" * 32, "MessageStatus": "delivered"}, to=f"{twilio.status}?token={token}")
        assert (strange.status_code, strange.content) == (403, b""), token
    assert await served.rows("receipts") == 1


async def test_a_generic_webhook_is_signed_as_in_standard_webhooks(served: Served) -> None:
    generic = await add_carrier(served, "generic", {"secret": SECRET})
    await served.bearer.post("/api/v1/dids", json={"number": OURS, "carrier": generic["id"], "capabilities": ["sms"]})
    message = {"type": "message.received", "id": "m1", "from": THEIRS, "to": OURS, "body": "Hi", "at": "2026-11-22T12:00:00Z"}
    raw = json.dumps(message).encode()
    assert (await standard(served, generic["hook_url"], raw)).status_code == 200
    assert (await standard(served, generic["hook_url"], raw, seconds=-301)).status_code == 403
    assert (await standard(served, generic["hook_url"], raw, seconds=301)).status_code == 403
    assert (await standard(served, generic["hook_url"], raw, sent=raw.replace(b"Hi", b"Ho"))).status_code == 403
    assert await served.rows("messages") == 1


async def test_changed_credentials_are_in_force_within_a_second(served: Served, twilio: TwilioLine) -> None:
    assert (await twilio.post(text(1))).status_code == 200
    new = "0123456789abcdef0123456789abcdef"
    change = {"credentials": {"account_sid": "AC" + "0" * 32, "auth_token": new}}
    assert (await served.bearer.patch(f"/api/v1/carriers/{twilio.id}", json=change)).status_code == 200
    await served.clock.advance(STALE_SECONDS)
    assert STALE_SECONDS < 1
    assert (await twilio.post(text(2))).status_code == 403
    assert (await twilio.post(text(3), token=new)).status_code == 200


async def test_a_database_that_is_down_is_503_and_nothing_is_acknowledged(
    served: Served, twilio: TwilioLine, break_database: Callable[[], Awaitable[Callable[[], Awaitable[None]]]]
) -> None:
    assert (await twilio.post(text(1))).status_code == 200
    mend = await break_database()
    answer = await twilio.post(text(2))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    await served.clock.advance(STALE_SECONDS)
    assert (await twilio.post(text(2))).status_code == 503
    await mend()
    assert (await twilio.post(text(2))).status_code == 200
    assert await served.rows("messages") == 2


async def test_a_table_that_somebody_holds_is_503_before_a_proxy_gives_up_and_the_text_comes_again(
    served: Served, twilio: TwilioLine, database_url: str, monkeypatch: pytest.MonkeyPatch, logged: Logged
) -> None:
    monkeypatch.setattr(hooks, "ANSWER_SECONDS", 0.5)
    async with held(database_url):
        answer = await twilio.post(text(1))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert [line["reason"] for line in logged.of("database.unavailable")] == ["A webhook was not durable after 0.5 s."]
    assert (await twilio.post(text(1))).status_code == 200
    assert await served.rows("messages") == 1


def test_nginx_waits_for_a_webhook_s_answer_for_longer_than_that_takes_and_not_for_longer_than_carriers_do() -> None:
    text = EXAMPLE.read_text()
    [place] = re.findall(r"location /hooks/ \{(.*?)\n    \}", text, re.DOTALL)
    [read], [elsewhere] = (re.findall(rf"{name} (\d+)s;", place) for name in ("proxy_read_timeout", "proxy_next_upstream_timeout"))
    assert hooks.ANSWER_SECONDS + 1 < int(read) < int(elsewhere) < 2 * hooks.ANSWER_SECONDS
    assert 2 * hooks.ANSWER_SECONDS < CARRIER_SECONDS


@asynccontextmanager
async def held(url: str) -> AsyncIterator[None]:
    """Nobody can write a message until this ends."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("begin immediate")
            yield
    else:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("begin; lock table messages in access exclusive mode")
            yield
        finally:
            await connection.close()


@pytest.fixture
def break_database(served: Served, request: pytest.FixtureRequest) -> Callable[[], Awaitable[Callable[[], Awaitable[None]]]]:
    """Takes the database away from under the server; what it returns gives it back."""
    db = served.desk.db

    async def sql(statement: str) -> None:
        async def run(tx: Any) -> None:
            await tx.run(statement)

        await db.write(run)

    async def take() -> Callable[[], Awaitable[None]]:
        if db.engine == "sqlite":
            await sql("alter table carriers rename to lost_carriers")
            await sql("alter table inbox rename to lost_inbox")

            async def put_back() -> None:
                await sql("alter table lost_carriers rename to carriers")
                await sql("alter table lost_inbox rename to inbox")

            return put_back
        cluster = request.getfixturevalue("postgres")
        name = request.getfixturevalue("database_url").partition("@/")[2].partition("?")[0]
        cluster.run(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")
        cluster.run(f"alter database {name} rename to {name}_lost")

        async def rename_back() -> None:
            cluster.run(f"alter database {name}_lost rename to {name}")

        return rename_back

    return take


async def standard(served: Served, url: str, raw: bytes, *, seconds: int = 0, sent: bytes | None = None) -> httpx2.Response:
    """Posts `raw` signed by the Standard Webhooks library, `seconds` from now; `sent` instead of it where given."""
    at = datetime.fromtimestamp(served.clock.now() // 1_000_000 + seconds, UTC)
    signature = Webhook(SECRET).sign("msg_1", at, raw.decode("latin-1")) if raw.isascii() else _sign(raw, at)
    headers = {
        "content-type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    return await served.client().post(url, content=raw if sent is None else sent, headers=headers)


def _sign(raw: bytes, at: datetime) -> str:
    """The library signs text only; this is what it does, over bytes."""
    import base64
    import hmac

    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    said = b"msg_1.%d.%b" % (int(at.timestamp()), raw)
    return "v1," + base64.b64encode(hmac.digest(key, said, "sha256")).decode()
