"""Plivo's V2 signs an address and a word: whoever has seen one pair of headers writes nothing else with it."""

import asyncio
import hmac
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx2
import pytest
from plivo.utils import validate_signature
from plivo.utils.signature_v3 import construct_post_url, get_signature_v3

from tests.carriers.rig_plivo import PLIVO
from tests.fixtures.logged import Logged
from tests.fixtures.served import Served

TOKEN = PLIVO.credentials["auth_token"]
UUIDS = ["5dc07a5e-25da-11eb-8ed8-0242ac110004", "6dc07a5e-25da-11eb-8ed8-0242ac110004"]
REFUSED, TAKEN = (403, b""), (200, b"")


def by_v2(url: str, nonce: str = "1234") -> dict[str, str]:
    """The SDK only checks V2; what it takes is its own."""
    signature = b64encode(hmac.digest(TOKEN.encode(), (url.partition("?")[0] + nonce).encode(), "sha256")).decode()
    assert validate_signature(url, nonce, signature, TOKEN)
    return {"x-plivo-signature-v2": signature, "x-plivo-signature-v2-nonce": nonce}


def by_v3(url: str, fields: dict[str, str]) -> dict[str, str]:
    signature = get_signature_v3(TOKEN, construct_post_url(url, dict(fields)).decode(), "99").decode()
    return {"x-plivo-signature-v3": signature, "x-plivo-signature-v3-nonce": "99"}


@dataclass
class Line:
    served: Served
    hook: str
    status: str
    path: str

    async def call(self, headers: dict[str, str], address: str | None = None, **fields: str) -> tuple[int, bytes]:
        body = urlencode(fields).encode()
        headers = headers | {"content-type": "application/x-www-form-urlencoded"}
        answer = await self.served.client().post(address or self.hook, content=body, headers=headers)
        return answer.status_code, answer.content

    async def text(self, body: str, headers: dict[str, str], uuid: str = UUIDS[0]) -> tuple[int, bytes]:
        return await self.call(headers, **text(body, uuid))

    async def bodies(self) -> list[str]:
        async def read(tx: object) -> list[str]:
            rows = await tx.all("select body from messages where direction = 'inbound' order by seq")  # type: ignore[attr-defined]
            return [row["body"] for row in rows]

        return await self.served.desk.read(read)


def text(body: str, uuid: str = UUIDS[0]) -> dict[str, str]:
    return {"From": "12025550143", "To": "12025550142", "MessageUUID": uuid, "Type": "sms", "Text": body}


@pytest.fixture
async def line(served: Served) -> Line:
    made = await served.bearer.post("/api/v1/carriers", json={"kind": "plivo", "name": "Plivo", "credentials": PLIVO.credentials})
    given = made.json()
    did = await served.bearer.post("/api/v1/dids", json={"number": "+12025550142", "carrier": given["id"], "capabilities": ["sms"]})
    assert did.status_code == 201, did.text
    return Line(served, given["hook_url"], given["status_url"], f"/api/v1/carriers/{given['id']}")


async def test_another_text_with_a_pair_that_was_seen_is_refused_and_the_true_repeat_is_nothing_new(line: Line, logged: Logged) -> None:
    seen = by_v2(line.hook)
    assert await line.text("true", seen) == TAKEN
    for uuid in UUIDS:
        assert await line.text("forged", seen, uuid) == REFUSED
    assert await line.text("true", seen) == TAKEN
    assert await line.text("another", by_v2(line.hook, "1235"), UUIDS[1]) == TAKEN
    assert await line.bodies() == ["true", "another"]
    assert await line.served.rows("inbox") == 2
    assert "forged" not in logged.text
    assert logged.text.count("webhook.refused") == 2


async def test_of_two_texts_with_one_nonce_at_the_same_instant_one_comes_in(line: Line) -> None:
    seen = by_v2(line.hook)
    answers = await asyncio.gather(
        *(line.text(f"number {n}", seen, UUIDS[n % 2]) for n in range(6)), line.text("alone", by_v2(line.hook, "2"), "3")
    )
    assert sorted(answers[:6]) == [TAKEN] + [REFUSED] * 5
    assert answers[6] == TAKEN, "who came in the same batch is not spoiled"
    assert len(await line.bodies()) == 2


async def test_a_receipt_s_nonce_tells_nothing_else(line: Line) -> None:
    seen = by_v2(line.status)
    told = {"MessageUUID": UUIDS[0], "Status": "sent"}
    assert await line.call(seen, line.status, **told) == TAKEN
    assert await line.call(seen, line.status, **told | {"Status": "failed"}) == REFUSED
    assert await line.call(seen, line.status, **told) == TAKEN

    async def states(tx: object) -> list[str]:
        return [row["state"] for row in await tx.all("select distinct state from receipts")]  # type: ignore[attr-defined]

    assert await line.served.desk.read(states) == ["sent"]


async def test_what_could_not_be_read_has_spent_its_nonce_too(line: Line) -> None:
    seen = by_v2(line.hook)
    odd = {"MessageUUID": "", "Text": "odd"}
    assert await line.call(seen, **odd) == (400, b"")
    assert await line.text("forged", seen) == REFUSED
    assert await line.call(seen, **odd | {"Text": "forged"}) == REFUSED
    assert await line.call(seen, **odd) == (400, b"")
    assert (await line.served.rows("malformed"), await line.bodies()) == (1, [])


async def test_leaving_out_the_better_signature_forges_nothing(line: Line) -> None:
    weak = by_v2(line.hook)
    assert await line.text("true", weak | by_v3(line.hook, text("true"))) == TAKEN
    assert await line.text("forged", weak, UUIDS[1]) == REFUSED
    assert await line.text("also true", weak | by_v3(line.hook, text("also true", UUIDS[1])), UUIDS[1]) == TAKEN, "V3 vouches for itself"
    assert await line.bodies() == ["true", "also true"]


async def test_a_text_that_could_not_be_kept_has_spent_nothing(line: Line) -> None:
    """Plivo comes again with what was not answered 2xx."""
    seen, db = by_v2(line.hook), line.served.desk.db
    await db.write(lambda tx: tx.run("alter table inbox rename to away"))
    assert (await line.text("true", seen))[0] >= 500
    assert await line.served.rows("nonces") == 0
    await db.write(lambda tx: tx.run("alter table away rename to inbox"))
    assert await line.text("true", seen) == TAKEN
    assert await line.bodies() == ["true"]


async def test_a_connection_without_numbers_goes_with_what_it_has_heard(line: Line) -> None:
    assert await line.call(by_v2(line.hook), MessageUUID="", Text="odd") == (400, b"")
    assert await line.served.rows("nonces") == 1
    did = (await line.served.bearer.get("/api/v1/dids")).json()["items"]
    mine = next(each for each in did if each["number"] == "+12025550142")
    assert (await line.served.bearer.delete(f"/api/v1/dids/{mine['id']}")).status_code == 204
    removed: httpx2.Response = await line.served.bearer.delete(line.path)
    assert removed.status_code == 204, removed.text
    assert await line.served.rows("nonces") == 0
