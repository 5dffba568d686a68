"""What a carrier says once is spent in the transaction of what came with it, in whatever process."""

import asyncio
from itertools import count

import pytest

from server.carriers.carrier import BadSignature, InboundText, Receipt
from server.carriers.nonce import Nonce
from server.desk import nonces
from server.desk.desk import Desk
from server.desk.nonces import prune_nonces
from server.desk.receipts import apply_receipts
from server.desk.receive import receive_texts
from server.domain.message import MessageState
from tests.fixtures.office import MARIA, SUPPORT, WEI, Office

AT = 1_700_000_000_000_000
DAY = 24 * 60
refs = count()


async def come(office: Office, desk: Desk, body: str, nonce: str, sender: str = MARIA) -> bool:
    """Whether a text with this nonce came in."""
    text = InboundText(f"ref {next(refs)}", sender, SUPPORT, body)
    try:
        await receive_texts(desk, office.connection, [text], AT, Nonce(nonce, body, alone=True))
    except BadSignature:
        return False
    return True


async def kept(office: Office) -> list[str]:
    return [row["nonce"] for row in await office.all("select nonce from nonces order by received_at, nonce")]


async def test_of_two_texts_with_one_nonce_in_two_processes_one_comes_in_and_nobody_waits_for_ever(
    office: Office, second_desk: Desk
) -> None:
    for turn in range(8):
        pairs = [
            (desk, f"{turn} {n} {sender}", f"{turn} {n}", sender)
            for n in range(4)
            for desk, sender in ((office.desk, MARIA), (second_desk, WEI))
        ]
        came = await asyncio.gather(
            *(come(office, desk, body, nonce, sender) for desk, body, nonce, sender in (pairs if turn % 2 else pairs[::-1]))
        )
        assert sum(came) == 4
    assert len(await office.all("select id from messages")) == 32
    assert len(await kept(office)) == 32


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_two_processes_that_are_told_the_same_never_lock_each_other_out(office: Office, second_desk: Desk) -> None:
    async def deadlocks() -> int:
        return int((await office.all("select deadlocks from pg_stat_database where datname = current_database()"))[0]["deadlocks"])

    before = await deadlocks()
    for turn in range(10):
        said = [str(n) for n in range(6)]
        await asyncio.gather(
            *(come(office, office.desk, f"{turn} {n}", f"{turn} {n}") for n in said),
            *(come(office, second_desk, f"{turn} {n}", f"{turn} {n}", WEI) for n in reversed(said)),
        )
    assert await deadlocks() == before


async def test_receipts_and_texts_of_a_connection_share_its_nonces(office: Office) -> None:
    sent = Receipt("ref", None, MessageState.SENT)
    await apply_receipts(office.desk, office.connection, [sent], Nonce("1", "sent", alone=True))
    await apply_receipts(office.desk, office.connection, [sent], Nonce("1", "sent", alone=True))
    with pytest.raises(BadSignature):
        await apply_receipts(office.desk, office.connection, [sent], Nonce("1", "failed", alone=True))
    assert not await come(office, office.desk, "text", "1")
    assert len(await office.all("select id from receipts")) == 2
    assert await office.all("select id from messages") == []


@pytest.mark.parametrize(
    ("said", "token"), [("failed", None), ("sent", "a token that we never gave")], ids=["spent by another", "unknown token"]
)
async def test_a_receipt_that_is_refused_spoils_nothing_that_shares_its_transaction(office: Office, said: str, token: str | None) -> None:
    fine = Receipt("ref", None, MessageState.SENT)
    await apply_receipts(office.desk, office.connection, [fine], Nonce("1", "sent", alone=True))
    batches = office.desk.writer.batches
    answers = await asyncio.gather(
        *(apply_receipts(office.desk, office.connection, [fine], Nonce(f"first {n}", "sent", alone=True)) for n in range(3)),
        apply_receipts(office.desk, office.connection, [Receipt("ref", token, MessageState.FAILED)], Nonce("1", said, alone=True)),
        *(apply_receipts(office.desk, office.connection, [fine], Nonce(f"then {n}", "sent", alone=True)) for n in range(3)),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [*[type(None)] * 3, BadSignature, *[type(None)] * 3]
    assert office.desk.writer.batches == batches + 1
    assert [row["state"] for row in await office.all("select state from receipts")] == ["sent"] * 7


async def test_what_is_refused_for_its_token_spends_no_nonce(office: Office) -> None:
    strange = Receipt("ref", "a token that we never gave", MessageState.FAILED)
    for _ in range(2):
        with pytest.raises(BadSignature):
            await apply_receipts(office.desk, office.connection, [strange], Nonce("1", "failed", alone=True))
    assert await kept(office) == []


async def test_it_is_remembered_for_more_than_a_year(office: Office) -> None:
    assert await prune_nonces(office.desk) == 0
    await come(office, office.desk, "a", "1")
    office.later(minutes=DAY)
    await come(office, office.desk, "b", "2")
    office.later(minutes=398 * DAY)
    assert await prune_nonces(office.desk) == 0
    assert not await come(office, office.desk, "forged", "1")
    office.later(minutes=DAY)
    assert await prune_nonces(office.desk) == 1
    assert await kept(office) == ["2"]


async def test_many_are_forgotten_a_little_at_a_time_the_oldest_first(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nonces, "AT_ONCE", 2)
    for nonce in "312":
        await come(office, office.desk, nonce, nonce)
        office.later(seconds=1)
    office.later(minutes=400 * DAY)
    assert await prune_nonces(office.desk) == 2
    assert await kept(office) == ["2"]
    assert await prune_nonces(office.desk) == 1
