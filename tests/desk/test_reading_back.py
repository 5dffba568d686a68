"""Telnyx and Bandwidth read back, over lists as their own SDKs read them: what was lost during a stop comes in, doubts are cleared up.

Twilio's have `test_reconcile.py` and `test_reconcile_doubtful.py`, which go further.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx2
import pytest

from server.carriers.carrier import Connection, Credentials, InboundText
from server.desk.dispatch import lease
from server.desk.receive import receive_texts
from server.desk.reconcile import due_readings
from server.ids import new_id
from server.store import lines
from server.store.accounts import Did
from server.store.database import Transaction
from tests.carriers import test_bandwidth_log, test_telnyx_log
from tests.carriers.rig_bandwidth import BANDWIDTH
from tests.carriers.rig_telnyx import TELNYX
from tests.fixtures.carrier_api import Answering, CarrierApi, answers
from tests.fixtures.office import MARIA, WEI, Office
from tests.fixtures.reading_back import FRONT, doubtful, inbound, outbound, read

RIGS = {rig.kind: rig for rig in (TELNYX, BANDWIDTH)}
LOST = "Its words are not in the carrier's list: look it up at the carrier, or ask."


@dataclass
class Text:
    """One that the carrier has: `token` is in the address at which the receipts of ours were asked for."""

    ref: str
    body: str
    ours: bool
    ago: timedelta
    person: str = MARIA
    status: str = ""
    token: str = ""

    @property
    def at(self) -> str:
        return (datetime.now(UTC) - self.ago).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    @property
    def ends(self) -> tuple[str, str]:
        return (FRONT, self.person) if self.ours else (self.person, FRONT)


@dataclass
class Book:
    """A carrier whose list is read over loopback."""

    connection: Connection
    api: CarrierApi
    texts: list[Text] = field(default_factory=list)

    @property
    def telnyx(self) -> bool:
        return self.connection.kind == "telnyx"

    def arrives(self, body: str, minutes: int, person: str = MARIA) -> None:
        self.texts.append(Text(f"ref-{len(self.texts)}", body, False, timedelta(minutes=minutes), person))
        self._serve()

    def takes(self, body: str, token: str, status: str, person: str = MARIA) -> None:
        self.texts.append(Text(f"ref-{len(self.texts)}", body, True, timedelta(), person, status, token))
        self._serve()

    def _serve(self) -> None:
        newest = sorted(self.texts, key=lambda text: text.ago)
        page = self._telnyx(newest) if self.telnyx else self._bandwidth(newest)
        words = {f"/v2/messages/{text.ref}": test_telnyx_log.words(text.body) for text in self.texts}

        async def answer(writer: object) -> None:
            path = urlsplit(self.api.seen[-1].target).path
            assert self.api.seen[-1].method == "GET", "nothing is ever sent while a list is read"
            listed = path.endswith(("/detail_records", "/messages"))
            await (page if listed else words.get(path, answers(404, b"{}")))(writer)  # type: ignore[arg-type]

        self.api.answer = answer

    @staticmethod
    def _telnyx(texts: list[Text]) -> Answering:
        records = []
        for text in texts:
            sender, to = text.ends
            fields = {"cli": sender, "cld": to, "created_at": text.at}
            if text.ours:
                back = f"https://sms.example.com/hooks/telnyx/01jd/status?token={text.token}"
                fields |= {"direction": "outbound", "status": text.status, "delivery_status_webhook_url": back}
            records.append(test_telnyx_log.record(text.ref, **fields))
        return test_telnyx_log.page(*records)

    @staticmethod
    def _bandwidth(texts: list[Text]) -> Answering:
        items = []
        for text in texts:
            make = test_bandwidth_log.ours(text.ref, text.status.upper()) if text.ours else test_bandwidth_log.item(text.ref)
            sender, to = text.ends
            items.append(make | {"sourceTn": sender, "destinationTn": to, "receiveTime": text.at})
        return test_bandwidth_log.page(*items)


@pytest.fixture(params=["telnyx", "bandwidth"])
async def book(request: pytest.FixtureRequest, office: Office, carrier_api: CarrierApi) -> Book:
    """A number of the office's over this carrier, two hours ago."""
    kind = request.param
    connection = Connection(new_id(1), office.account, kind, "Main", Credentials(RIGS[kind].credentials), {}, carrier_api.url)

    async def add(tx: Transaction) -> None:
        before = tx.now - 7_200_000_000
        await lines.add(tx, lines.Line(connection.id, office.account, kind, "Main", "", {}, before))
        await lines.add_did(tx, Did(new_id(2), office.account, FRONT, connection.id, kind, None, "Front", ("sms",)))
        await tx.run("update dids set created_at = :at where number = :number", at=before, number=FRONT)

    await office.desk.db.write(add)
    made = Book(connection, carrier_api)
    made._serve()
    return made


async def token(office: Office) -> str:
    """Of the last text of ours."""
    return str((await office.one("select token from messages where direction = 'outbound' order by seq desc limit 1") or {})["token"])


async def test_what_was_lost_during_a_stop_comes_in_once_and_in_order(office: Office, book: Book, http: httpx2.AsyncClient) -> None:
    book.arrives("second", 20)
    book.arrives("first", 50)
    started = await office.desk.read(_now)
    assert [id for id, _ in await due_readings(office.desk, started)] == [book.connection.id], "at the start"
    assert [(await read(office, book.connection, http)).texts for _ in range(2)] == [2, 0]
    rows = await inbound(office)
    assert [row["body"] for row in rows] == (["first", "second"] if book.telnyx else ["", ""])
    assert [row["error_says"] for row in rows] == [None if book.telnyx else LOST] * 2
    assert [int(row["created_at"] - row["sent_at"]) // 60_000_000 for row in rows] == [50, 20]  # type: ignore[operator]
    reviews = await office.all("select number from consent_reviews")
    assert reviews == ([] if book.telnyx else [{"number": MARIA}]), "words that nobody has may have been STOP"
    office.later(minutes=61)
    assert [id for id, _ in await due_readings(office.desk, started)] == [book.connection.id], "and every hour"


async def test_a_stop_that_was_lost_is_obeyed_where_its_words_are_known(office: Office, book: Book, http: httpx2.AsyncClient) -> None:
    book.arrives("STOP", 5)
    await read(office, book.connection, http)
    [row] = await office.all("select kind from consent")
    assert row["kind"] == ("opted_out" if book.telnyx else "review")
    await receive_texts(office.desk, book.connection, [InboundText(book.texts[0].ref, MARIA, FRONT, "STOP")], 1)
    assert await office.all("select number from opt_outs") == [{"number": MARIA}], "the webhook for it has the words"
    assert await office.all("select number from consent_reviews") == []


@pytest.mark.parametrize(("status", "state"), [("delivered", "delivered"), ("sending", "sent")])
async def test_a_text_whose_answer_was_lost_is_found_and_not_sent_again(
    office: Office, book: Book, http: httpx2.AsyncClient, status: str, state: str
) -> None:
    body = await doubtful(office, book.connection)
    book.takes("Another's words", "another's", status, WEI)
    book.takes(body, await token(office), status)
    office.later(minutes=2)
    assert (await read(office, book.connection, http)).cleared == 1
    assert await outbound(office) == [(state, None)]
    assert await lease(office.desk) == []


async def test_of_two_at_the_same_time_each_is_found_by_its_token_and_none_where_the_carrier_gives_nothing_back(
    office: Office, book: Book, http: httpx2.AsyncClient
) -> None:
    for body, status in (("One", "delivered"), ("Two", "sending")):
        book.takes(await doubtful(office, book.connection, body), await token(office), status)
    office.later(minutes=3)
    await read(office, book.connection, http)
    assert [state for state, _ in await outbound(office)] == (["delivered", "sent"] if book.telnyx else ["unconfirmed"] * 2)


async def test_a_text_that_the_list_does_not_show_says_so(office: Office, book: Book, http: httpx2.AsyncClient) -> None:
    await doubtful(office, book.connection)
    office.later(minutes=16)
    await read(office, book.connection, http)
    assert await outbound(office) == [("unconfirmed", "not_found")]


async def _now(tx: Transaction) -> int:
    return tx.now
