"""Waits as the reports count them: each begins, goes public and ends in the transaction that does it to its conversation."""

import random
from itertools import pairwise

import pytest

from server.carriers.carrier import Receipt, SendResult
from server.desk import claim, settle
from server.desk.dispatch import lease, record
from server.desk.receipts import apply_receipts
from server.desk.send import Draft, send
from server.desk.sweep import sweep
from server.domain.message import MessageState
from tests.fixtures.history import History
from tests.fixtures.office import SALES, WEI, Office

SECOND_US = 1_000_000


async def rows(office: Office) -> list[dict[str, object]]:
    return await office.all("select * from waits order by conversation, since")


async def ends(office: Office) -> list[tuple[object, object]]:
    return [(row["how"], row["ended_by"]) for row in await rows(office)]


async def fail(office: Office) -> str:
    """The first text that is to leave is refused for good; the token that its receipts carry."""
    [leased] = await lease(office.desk)
    await record(office.desk, leased, SendResult("rejected", code="30005", says="No such number.", permanent=True))
    token = leased.text.token
    assert token is not None
    return token


async def test_a_wait_begins_with_the_first_text_and_ends_with_the_answer(office: Office) -> None:
    await office.text("Hi", to=SALES)
    office.later(minutes=2)
    await office.text("Still there?", to=SALES)
    office.later(minutes=1)
    id = await office.conversation()
    [running] = await rows(office)
    assert (running["conversation"], running["did"], running["public_at"], running["ended_at"]) == (id, office.sales, None, None)
    await send(office.desk, office.dana, id, Draft("Hello", "c1"))
    [ended] = await rows(office)
    assert (ended["how"], ended["ended_by"], ended["since"]) == ("answered", office.dana.id, running["since"])
    assert 180 <= (ended["ended_at"] - ended["since"]) / SECOND_US < 190  # type: ignore[operator]


async def test_what_ends_a_wait_is_kept_by_name(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    await settle.no_reply_needed(office.desk, office.ana, id)
    office.later(seconds=1)
    await office.text("Hm", to=SALES)
    await settle.close(office.desk, office.ben, id)
    office.later(seconds=1)
    await office.text("STOP", to=SALES)
    assert await ends(office) == [("no_reply_needed", office.ana.id), ("closed", office.ben.id)]


async def test_a_wait_that_goes_public_keeps_the_first_time(office: Office) -> None:
    await office.text("Hi", to=SALES)
    office.later(minutes=21)
    await sweep(office.desk)
    id = await office.conversation()
    [public] = await rows(office)
    assert (public["public_at"] - public["since"]) // (60 * SECOND_US) == 21  # type: ignore[operator]
    await claim.claim(office.desk, office.ana, id)
    office.later(minutes=21)
    await sweep(office.desk)
    await claim.claim(office.desk, office.dana, id)
    await send(office.desk, office.dana, id, Draft("Hello", "c1", 1_000))
    [ended] = await rows(office)
    assert ended["public_at"] == public["public_at"]
    claims = await office.all("select user_id, did, conversation from claims order by seq")
    assert [row["user_id"] for row in claims] == [office.ana.id, office.dana.id]
    assert {(row["did"], row["conversation"]) for row in claims} == {(office.sales, id)}


async def test_an_answer_that_failed_opens_its_wait_again_and_one_that_arrived_after_all_ends_it(office: Office) -> None:
    await office.text("Hi", to=SALES)
    await send(office.desk, office.ben, await office.conversation(), Draft("Hello", "c1"))
    before = await rows(office)
    token = await fail(office)
    assert await ends(office) == [(None, None)]
    assert [row["since"] for row in await rows(office)] == [row["since"] for row in before]
    await apply_receipts(office.desk, office.connection, [Receipt(None, token, MessageState.DELIVERED)])
    assert await ends(office) == [("answered", office.ben.id)]


async def test_a_wait_that_comes_back_takes_the_later_ones_into_itself(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    await send(office.desk, office.ben, id, Draft("Hello", "c1"))
    office.later(seconds=5)
    await office.text("And?", to=SALES)
    await send(office.desk, office.ben, id, Draft("Yes", "c2", 1_000))
    office.later(seconds=5)
    await office.text("Really?", to=SALES)
    assert len(await rows(office)) == 3
    await fail(office)
    assert [row["how"] for row in await rows(office)] == ["answered", "answered", None], "another answer stands"
    await fail(office)
    [row] = await rows(office)
    conversation = await office.one("select waiting_since from conversations")
    assert conversation is not None
    assert (row["since"], row["how"]) == (conversation["waiting_since"], None)


async def test_what_is_refused_leaves_no_trace(office: Office) -> None:
    await office.text("Hi", to=SALES)
    await office.text("Hi", sender=WEI)
    before = await rows(office)
    with pytest.raises(Exception, match="not public"):
        await claim.claim(office.desk, office.ana, await office.conversation())
    assert await rows(office) == before
    assert await office.all("select * from claims") == []


@pytest.mark.parametrize("seed", range(3))
async def test_after_any_history_what_waits_is_what_has_a_running_wait_and_no_two_overlap(office: Office, seed: int) -> None:
    history = History(office, random.Random(seed))
    for _ in range(120):
        await history.step()
        office.later(seconds=1)
    waiting = await office.all("select id, waiting_since, public_since from conversations where waiting_since is not null order by id")
    running = [row for row in await rows(office) if row["ended_at"] is None]
    assert [(row["conversation"], row["since"]) for row in running] == [(row["id"], row["waiting_since"]) for row in waiting]
    public = {row["id"] for row in waiting if row["public_since"] is not None}
    assert public <= {row["conversation"] for row in running if row["public_at"] is not None}
    ended = [row for row in await rows(office) if row["ended_at"] is not None]
    assert "answered" in {row["how"] for row in ended}
    assert all(row["ended_by"] for row in ended)
    every = await rows(office)
    for earlier, later in pairwise(every):
        if earlier["conversation"] == later["conversation"]:
            assert earlier["ended_at"] is not None
            assert earlier["ended_at"] <= later["since"]  # type: ignore[operator]
    claimed = [event for event in office.events if event["type"] == "conversation.claimed"]
    stored = {(row["conversation"], row["seq"], row["user_id"]) for row in await office.all("select * from claims")}
    assert stored == {(event["conversation"], event["seq"], event["data"]["user"]["id"]) for event in claimed}
