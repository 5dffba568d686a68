"""A number that moves to another carrier: what waits leaves there only if that one takes it whole, and what left stays with the first."""

import asyncio

import httpx2
import pytest

from server.carriers.carrier import Connection, Credentials, Receipt, SendResult
from server.desk.dids import DidChange, change_did
from server.desk.dispatch import Leased, lease, record
from server.desk.lines import remove_carrier
from server.desk.media import Attachments, Given
from server.desk.receipts import apply_parked, apply_receipts
from server.desk.reconcile import due_readings
from server.desk.scheduled import leave_due
from server.desk.send import Draft, send, start
from server.desk.shapes import MediaShape
from server.domain.message import MessageState
from server.ids import new_id
from server.store import lines, messages, readings_back
from server.store.database import Transaction
from tests.fixtures.office import MINUTE_US, SUPPORT, Office
from tests.fixtures.pictures import picture
from tests.fixtures.reading_back import doubtful, outbound, read
from tests.fixtures.twilio_api import TwilioApi

ACCEPTED = SendResult("accepted")
AGAIN = SendResult("retry", says="It is tried again by itself.")
REJECTED = SendResult("rejected", code="30005", says="The number does not exist.", permanent=True)
LINE = "Reply STOP to unsubscribe."
FAILED, DELIVERED = MessageState.FAILED, MessageState.DELIVERED


async def carrier(office: Office, kind: str = "sandbox") -> Connection:
    """One more of the office's."""
    made = Connection(new_id(1), office.account, kind, "Other", Credentials({}))
    await office.desk.db.write(lambda tx: lines.add(tx, lines.Line(made.id, office.account, kind, "Other", "", {}, tx.now)))
    return made


async def move(office: Office, to: Connection, did: str | None = None) -> None:
    await change_did(office.desk, office.mia, did or office.support, DidChange(carrier=to.id))


async def draft(office: Office, body: str = "Look", *, later: bool = False, media: bytes | None = None) -> Draft:
    count = len(await office.all("select id from messages"))
    ids: tuple[str, ...] = ()
    if media is not None:
        added = await Attachments(office.desk).add(office.ana, Given("photo.png", media), 1_700_000_000_000_000)
        assert isinstance(added, MediaShape)
        ids = (added.id,)
    return Draft(body, f"c{count}", 10_000, media=ids, send_at=office.now() + 30 * MINUTE_US if later else None)


async def write(office: Office, made: Draft) -> str:
    return str((await send(office.desk, office.ana, await office.conversation(), made)).id)  # type: ignore[union-attr]


async def the_one(office: Office) -> Leased:
    [leased] = await lease(office.desk)
    return leased


async def stands(office: Office, id: str) -> tuple[str, str | None]:
    row = await office.one("select state, error_code from messages where id = :id", id=id)
    assert row is not None
    return row["state"], row["error_code"]


@pytest.mark.parametrize("waits", ["scheduled", "queued", "tried again"])
async def test_a_picture_whose_number_moves_to_a_carrier_that_takes_none_fails_with_words_and_is_not_dropped(
    office: Office, waits: str
) -> None:
    await office.text("Hi")
    id = await write(office, await draft(office, later=waits == "scheduled", media=picture()))
    if waits == "tried again":
        await record(office.desk, await the_one(office), AGAIN)
    await move(office, await carrier(office, "kannel"))
    office.later(minutes=31)
    await leave_due(office.desk)
    assert await lease(office.desk) == []
    assert await stands(office, id) == ("failed", "no_mms")
    says = "This number cannot send pictures any more. Send it without them, or from another number."
    [failed] = [event for event in office.events if event["type"] == "message.failed"]
    assert failed["data"]["message"]["error"]["says"] == says
    assert (await office.one("select waiting_since from conversations") or {})["waiting_since"] is not None


async def test_attachments_that_the_new_carrier_finds_too_large_fail_and_smaller_ones_leave(office: Office) -> None:
    await office.text("Hi")
    large = await write(office, await draft(office, media=b"%PDF-" + bytes(700_000)))
    small = await write(office, await draft(office, media=picture()))
    await move(office, await carrier(office, "vonage"))
    assert await lease(office.desk) == []
    assert await stands(office, large) == ("failed", "too_large")
    leased = await the_one(office)
    assert (leased.message, len(leased.text.media_urls)) == (small, 1)


@pytest.mark.parametrize(("length", "state"), [(1_000, "sending"), (1_001, "failed")])
async def test_a_text_that_is_too_long_for_the_new_carrier_fails_by_a_single_character(office: Office, length: int, state: str) -> None:
    await office.text("Hi")
    id = await write(office, await draft(office, "x" * (length - len(f" {LINE}"))))
    await move(office, await carrier(office, "vonage"))
    await lease(office.desk)
    assert await stands(office, id) == (state, "too_long" if state == "failed" else None)


@pytest.mark.parametrize("kind", ["sandbox", "kannel"])
async def test_a_scheduled_text_that_only_the_opt_out_line_makes_too_long_fails_and_does_not_lose_it(office: Office, kind: str) -> None:
    await office.text("Hi")
    await write(office, await draft(office, "First"))
    first = await the_one(office)
    id = await write(office, await draft(office, "x" * 1_520, later=True))
    await record(office.desk, first, REJECTED)
    await move(office, await carrier(office, kind))
    office.later(minutes=31)
    await leave_due(office.desk)
    assert await lease(office.desk) == []
    assert await stands(office, id) == ("failed", "too_long")


async def left(office: Office, ref: str) -> str:
    """A text that its carrier took and knows by this name."""
    id = await write(office, await draft(office))
    await record(office.desk, await the_one(office), SendResult("accepted", ref))
    return id


async def test_a_receipt_finds_the_text_that_was_handed_to_its_carrier_wherever_the_number_is_now(office: Office) -> None:
    await office.text("Hi")
    first, other = await left(office, "1001"), await carrier(office)
    await move(office, other)
    second = await left(office, "1001")
    ours = [await office.desk.read(lambda tx, id=id: readings_back.ours(tx, id, ["1001"])) for id in (office.connection.id, other.id)]  # type: ignore[misc]
    assert [found["1001"].id for found in ours] == [first, second]
    await apply_receipts(office.desk, other, [Receipt("1001", None, DELIVERED)])
    assert (await stands(office, first), await stands(office, second)) == (("sent", None), ("delivered", None))
    await apply_receipts(office.desk, office.connection, [Receipt("1001", None, FAILED, "30003")])
    assert (await stands(office, first), await stands(office, second)) == (("failed", "30003"), ("delivered", None))


async def test_receipts_of_two_carriers_with_the_same_name_in_one_commit_are_of_two_texts(office: Office) -> None:
    await office.text("Hi")
    first, other = await left(office, "1001"), await carrier(office)
    await move(office, other)
    second = await left(office, "1001")
    news = [(office.connection, Receipt("1001", None, FAILED, "30003")), (other, Receipt("1001", None, DELIVERED))]
    await asyncio.gather(*(apply_receipts(office.desk, connection, [receipt]) for connection, receipt in news))
    assert (await stands(office, first), await stands(office, second)) == (("failed", "30003"), ("delivered", None))


async def test_a_receipt_that_came_first_waits_for_the_text_of_its_own_carrier(office: Office) -> None:
    await office.text("Hi")
    id, other = await write(office, await draft(office)), await carrier(office)
    leased = await the_one(office)
    await move(office, other)
    await apply_receipts(office.desk, office.connection, [Receipt("1001", None, DELIVERED)])
    await apply_receipts(office.desk, other, [Receipt("1001", None, FAILED, "30003")])
    await record(office.desk, leased, SendResult("accepted", "1001"))
    await apply_parked(office.desk)
    assert await stands(office, id) == ("delivered", None)


async def test_a_text_from_before_its_carrier_was_kept_is_of_the_one_that_its_number_has(office: Office) -> None:
    await office.text("Hi")
    await apply_receipts(office.desk, office.connection, [Receipt("1001", None, DELIVERED)])
    id = await left(office, "1001")
    await office.desk.db.write(lambda tx: tx.run("update messages set carrier = null"))
    await apply_parked(office.desk)
    assert await stands(office, id) == ("delivered", None), "the word that came before its reference was known"
    assert await office.desk.read(lambda tx: messages.by_carrier_ref(tx, office.connection.id, "1001")) is not None
    other = await carrier(office)
    await move(office, other)
    late = await left(office, "1001")
    found = await office.desk.read(lambda tx: messages.by_carrier_ref(tx, other.id, "1001"))
    assert found is not None
    assert found.id == late, "a text that is known to be its own comes first"


async def test_a_doubtful_text_is_looked_for_in_the_list_of_the_carrier_that_it_was_handed_to(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    await read(office, twilio, http)
    body = await doubtful(office, twilio)
    twilio_api.takes("+12025550120", "+12025550143", body)
    other = await carrier(office, "twilio")
    [front] = await office.all("select id from dids where carrier = :id", id=twilio.id)
    await move(office, other, front["id"])
    await read(office, Connection(other.id, office.account, "twilio", "Other", twilio.credentials, {}, twilio_api.url), http)
    office.later(minutes=2, seconds=1)

    async def doubts(tx: Transaction) -> list[int]:
        return [len(await readings_back.doubts(tx, id, 0)) for id in (twilio.id, other.id)]

    assert await office.desk.read(doubts) == [1, 0]
    assert await due_readings(office.desk, 0) == [(twilio.id, "twilio")]
    assert (await read(office, twilio, http)).cleared == 1
    assert await outbound(office) == [("sent", None)]


async def test_a_doubtful_text_from_before_its_carrier_was_kept_is_looked_for_as_before(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    body = await doubtful(office, twilio)
    twilio_api.takes("+12025550120", "+12025550143", body)
    await office.desk.db.write(lambda tx: tx.run("update messages set carrier = null"))
    await read(office, twilio, http)
    office.later(minutes=2, seconds=1)
    assert await due_readings(office.desk, 0) == [(twilio.id, "twilio")]
    assert (await read(office, twilio, http)).cleared == 1


async def test_a_carrier_that_only_texts_of_ours_left_over_can_be_removed_once_it_has_no_numbers(office: Office) -> None:
    before = await carrier(office)
    await move(office, before)
    await start(office.desk, office.ana, await draft(office), to="+12025550150")
    leased = await the_one(office)
    assert (leased.text.sender, leased.carrier) == (SUPPORT, before.id)
    await record(office.desk, leased, ACCEPTED)
    await move(office, office.connection)
    await remove_carrier(office.desk, office.mia, before.id)
    assert await stands(office, leased.message) == ("sent", None)
