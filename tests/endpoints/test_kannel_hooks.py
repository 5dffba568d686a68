"""The doors for a carrier that calls by GET and proves itself by a token in the query (CONTRACT, carrier webhooks)."""

from dataclasses import dataclass
from urllib.parse import urlencode

import httpx2
import pytest

from tests.fixtures.logged import Logged
from tests.fixtures.served import Served

OURS, THEIRS, TOKEN = "+12025550100", "+12025550143", "5f0c8e2ab7d94613"


@dataclass
class KannelLine:
    served: Served
    hook: str
    status: str

    async def call(self, address: str, **query: str) -> httpx2.Response:
        return await self.served.client().get(f"{address}?{urlencode(query)}")

    async def text(self, id: str = "1", body: str = "Hi", *, token: str = TOKEN, **more: str) -> httpx2.Response:
        return await self.call(
            self.hook, **{"token": token, "id": id, "from": THEIRS, "to": OURS, "text": body, "charset": "UTF-8", **more}
        )


@pytest.fixture
async def kannel(served: Served) -> KannelLine:
    credentials = {"username": "partyline", "password": "s3cret", "hook_token": TOKEN}
    made = (await served.bearer.post("/api/v1/carriers", json={"kind": "kannel", "name": "Kannel", "credentials": credentials})).json()
    await served.bearer.post("/api/v1/dids", json={"number": OURS, "carrier": made["id"], "capabilities": ["sms"]})
    return KannelLine(served, made["hook_url"], made["status_url"])


async def test_a_text_is_durable_and_answered_with_nothing(served: Served, kannel: KannelLine) -> None:
    answer = await kannel.text(body="Größe 😀")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/plain")
    assert await served.rows("messages where body = 'Größe 😀'") == 1


async def test_a_repeat_is_200_and_nothing_new(served: Served, kannel: KannelLine) -> None:
    assert [(await kannel.text("7")).status_code for _ in range(3)] == [200] * 3
    assert await served.rows("messages") == 1


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], TOKEN + "0", TOKEN.upper()])
async def test_a_wrong_token_is_403_empty_and_stores_nothing(served: Served, kannel: KannelLine, token: str, logged: Logged) -> None:
    for answer in (await kannel.text(token=token), await kannel.call(kannel.status, token=token, message="x", state="1")):
        assert (answer.status_code, answer.content) == (403, b"")
    assert [await served.rows(table) for table in ("messages", "malformed", "inbox")] == [0, 0, 0]
    assert len(logged.of("webhook.refused")) == 2
    assert TOKEN[:8] not in logged.text


async def test_it_calls_by_get_alone(kannel: KannelLine) -> None:
    answer = await kannel.served.client().post(f"{kannel.hook}?token={TOKEN}", content=b"")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


async def test_what_a_wrong_get_url_brings_is_kept_once_without_its_token(served: Served, kannel: KannelLine, logged: Logged) -> None:
    """Kannel repeats it for as long as its http-request-retry says."""
    for _ in range(3):
        answer = await kannel.call(kannel.hook, token=TOKEN, sender=THEIRS, words="planted")
        assert (answer.status_code, answer.content) == (400, b"")
    assert await served.rows("malformed") == 1
    kept = await served.desk.read(lambda tx: tx.one("select raw from malformed"))
    assert kept is not None
    assert kept["raw"] == urlencode({"sender": THEIRS, "words": "planted"})
    assert "planted" not in logged.text
    assert TOKEN not in logged.text


async def test_a_receipt_for_a_token_that_we_never_gave_is_403(kannel: KannelLine) -> None:
    assert (await kannel.call(kannel.status, token=TOKEN, message="guessed", state="1", reason="")).status_code == 403
