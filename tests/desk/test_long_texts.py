"""A long text that comes in parts is one message, in whatever order and however often they come (PRODUCT rules 2, 3, 25)."""

import asyncio
from itertools import permutations

import pytest

from server.carriers.carrier import InboundText, Part
from server.desk import inbox
from server.desk.desk import Desk
from server.desk.dids import remove_did
from server.desk.long_texts import PATIENCE_US
from server.desk.receive import receive_incomplete, receive_texts
from server.domain.errors import InUse
from tests.fixtures.office import MARIA, SUPPORT, WEI, Office

WORDS = ("Is there parking ", "nearby, and ", "what does it cost?")
MINUTES = PATIENCE_US / 60_000_000


def part(number: int, *, ref: str = "08B5", total: int = 3, sender: str = MARIA, body: str | None = None, id: str = "") -> InboundText:
    words = WORDS[number - 1] if body is None else body
    return InboundText(id or f"{ref}.{sender}.{total}.{number}", sender, SUPPORT, words, part=Part(ref, number, total))


async def come(office: Office, *texts: InboundText, desk: Desk | None = None) -> None:
    for text in texts:
        await receive_texts(desk or office.desk, office.connection, [text], 1_700_000_000_000_000)


async def bodies(office: Office, phone: str = MARIA) -> list[str]:
    found = await office.one("select id from conversations where phone = :phone", phone=phone)
    return [m.body for m in (await inbox.message_list(office.desk, office.ana, found["id"])).items] if found else []


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
async def test_parts_in_any_order_are_one_text_when_the_last_has_come(office: Office, order: tuple[int, ...]) -> None:
    *first, last = order
    await come(office, *(part(number) for number in first))
    assert await bodies(office) == []
    assert office.events == []
    await come(office, part(last))
    assert await bodies(office) == ["".join(WORDS)]
    assert office.types() == ["contact.created", "conversation.opened", "message.received", "conversation.public"]
    assert await office.all("select id from long_texts") == []
    assert await office.all("select number from long_text_parts") == []


async def test_parts_of_one_batch_are_one_text(office: Office) -> None:
    await asyncio.gather(*(come(office, part(number)) for number in (2, 3, 1)), come(office, part(1, sender=WEI, total=2)))
    assert office.desk.writer.batches == 1, "they were to share a transaction"
    assert await bodies(office) == ["".join(WORDS)]
    assert await bodies(office, WEI) == []


async def test_a_repeated_part_changes_nothing_before_the_text_is_whole_and_after(office: Office) -> None:
    await come(office, part(1), part(1), part(1, id="the network's second"), part(3), part(2), part(2), part(1), part(3))
    await asyncio.gather(*(come(office, part(number)) for number in (1, 2, 3, 1)))
    office.later(minutes=MINUTES + 1)
    await receive_incomplete(office.desk)
    assert await bodies(office) == ["".join(WORDS)]
    assert office.types().count("message.received") == 1


async def test_every_part_leads_to_the_message_that_it_became(office: Office) -> None:
    await come(office, part(1), part(2), part(3))
    [message] = await office.all("select id, carrier_ref from messages")
    assert await office.all("select message, carrier_ref from inbox order by carrier_ref") == [
        {"message": message["id"], "carrier_ref": part(number).carrier_ref} for number in (1, 2, 3)
    ]
    assert message["carrier_ref"] == part(1).carrier_ref


async def test_other_senders_other_references_and_other_texts_do_not_mix(office: Office) -> None:
    await come(office, part(1), part(2), part(1, sender=WEI), part(1, ref="08B6"), part(1, total=2))
    await office.text("Hello?")
    await come(office, part(3, sender=WEI), part(2, ref="08B6"), part(3))
    assert await bodies(office) == ["Hello?", "".join(WORDS)]
    assert await bodies(office, WEI) == []
    await come(office, part(2, sender=WEI), part(3, ref="08B6"), part(2, total=2))
    assert await bodies(office) == ["Hello?", "".join(WORDS), "".join(WORDS), "".join(WORDS[:2])]
    assert await bodies(office, WEI) == ["".join(WORDS)]


async def test_after_the_limit_what_is_there_is_shown_and_says_what_is_missing(office: Office) -> None:
    await come(office, part(3), part(1))
    office.later(minutes=MINUTES, seconds=-5)
    assert await receive_incomplete(office.desk) == 0
    assert await bodies(office) == []
    office.later(seconds=6)
    await receive_incomplete(office.desk)
    await receive_incomplete(office.desk)
    shown = "Is there parking [part 2 of 3 is missing] what does it cost?"
    assert await bodies(office) == [shown]
    assert office.types() == ["contact.created", "conversation.opened", "message.received", "conversation.public"]
    await come(office, part(2), part(1), part(3))
    office.later(minutes=MINUTES + 1)
    await receive_incomplete(office.desk)
    assert await bodies(office) == [shown, "[part 1 of 3 is missing] nearby, and [part 3 of 3 is missing]"]


async def test_a_reference_that_is_used_again_does_not_swallow_a_text(office: Office) -> None:
    await come(office, part(1), part(1, body="Another ", id="b1"), part(2, body="long ", id="b2"), part(3, body="text", id="b3"))
    assert await bodies(office) == ["Is there parking [part 2 of 3 is missing] [part 3 of 3 is missing]", "Another long text"]


async def test_a_half_text_is_no_keyword(office: Office) -> None:
    await come(office, part(1, body="STOP", total=2))
    office.later(minutes=MINUTES + 1)
    await receive_incomplete(office.desk)
    assert await bodies(office) == ["STOP [part 2 of 2 is missing]"]
    assert await office.all("select kind from consent where kind = 'opted_out'") == []


async def test_parts_for_a_number_that_is_nobody_s_are_kept(office: Office) -> None:
    texts = [InboundText(f"n{number}", MARIA, "+12025559999", "words", part=Part("1", number, 2)) for number in (1, 2)]
    await come(office, *texts)
    assert len(await office.all("select carrier_ref from inbox where unrouted is not null")) == 2
    assert await office.all("select id from long_texts") == []


async def test_two_processes_with_the_last_two_parts_make_one_text(office: Office, second_desk: Desk) -> None:
    """Whoever comes second has to see what the first one left, though neither had seen the other's part when it began."""
    for ref in (f"r{number}" for number in range(20)):
        await come(office, part(1, ref=ref))
        await asyncio.gather(come(office, part(2, ref=ref)), come(office, part(3, ref=ref), desk=second_desk))
    assert await bodies(office) == ["".join(WORDS)] * 20
    assert await office.all("select id from long_texts") == []


async def test_two_timers_and_the_missing_part_show_a_text_once(office: Office, second_desk: Desk) -> None:
    for ref in (f"r{number}" for number in range(10)):
        await come(office, part(1, ref=ref, total=2))
    office.later(minutes=MINUTES + 1)
    second_desk.db.shift_us = office.desk.db.shift_us
    late = come(office, *(part(2, ref=f"r{number}", total=2) for number in range(10)), desk=second_desk)
    await asyncio.gather(late, receive_incomplete(office.desk), receive_incomplete(second_desk))
    office.later(minutes=MINUTES + 1)
    await receive_incomplete(office.desk)
    shown = " ".join(await bodies(office))
    assert (shown.count(WORDS[0].strip()), shown.count(WORDS[1].strip())) == (10, 10)


async def test_a_number_whose_texts_are_not_whole_yet_stays(office: Office) -> None:
    await come(office, part(1))
    with pytest.raises(InUse):
        await remove_did(office.desk, office.mia, office.support)
