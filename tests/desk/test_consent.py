"""Every text of the vectors file in the whole house; the confirmation, once; START, carriers' blocks and loops (PRODUCT rules 21-23)."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.carriers.carrier import InboundText, Receipt, SendResult
from server.desk import contacts, inbox
from server.desk.consent_ledger import ConsentShape, consent_ledger
from server.desk.desk import Desk
from server.desk.dispatch import lease, next_look, record
from server.desk.receipts import apply_receipts
from server.desk.receive import receive_texts
from server.desk.send import Draft, send
from server.desk.settings import Changes, change_settings
from server.domain.consent import EDITION
from server.domain.errors import OptedOut
from server.domain.message import MessageState
from tests.fixtures.office import MARIA, SALES, SUPPORT, Office
from tests.fixtures.page import assert_page_equals_fresh_load

VECTORS = json.loads((Path(__file__).parents[1] / "data/consent.json").read_text())["vectors"]
ACCEPTED = SendResult("accepted", "carrier-1")


async def contact_of(office: Office, phone: str = MARIA) -> str:
    return (await inbox.conversation(office.desk, office.mia, await office.conversation(phone))).contact.id


async def ledger(office: Office, phone: str = MARIA) -> list[ConsentShape]:
    return await consent_ledger(office.desk, office.ana, await contact_of(office, phone))


async def automatic(office: Office, phone: str = MARIA) -> list[str]:
    rows = await office.all(
        "select purpose from messages where direction = 'outbound' and purpose is not null and conversation = :id order by seq",
        id=await office.conversation(phone),
    )
    return [row["purpose"] for row in rows]


async def leaves(office: Office) -> list[str]:
    """The words of everything that may leave now, until nothing does."""
    words: list[str] = []
    while (await next_look(office.desk)) == 0:
        for one in await lease(office.desk):
            words.append(one.text.body)
            await record(office.desk, one, SendResult("accepted", f"ref-{one.message}"))
    return words


async def test_every_vector_does_in_the_whole_house_what_is_agreed(office: Office) -> None:
    for number, vector in enumerate(VECTORS):
        new, out = f"+1303555{2 * number:04}", f"+1303555{2 * number + 1:04}"
        body, action = vector["text"].replace("\0", ""), vector["action"]
        await office.text(body, sender=new)
        shown = await inbox.conversation(office.desk, office.ana, await office.conversation(new))
        assert shown.opted_out is (action == "stop"), vector
        assert (shown.consent_review is not None) is (action == "review"), vector
        assert (shown.waiting_since is None) is (action in ("stop", "start", "help")), f"a handled keyword starts no wait: {vector}"
        assert await automatic(office, new) == {"stop": ["opted_out"], "help": ["help"]}.get(action, []), vector
        assert [entry.kind for entry in await ledger(office, new)] == {"stop": ["opted_out"], "review": ["review"]}.get(action, []), vector
        await office.text("STOP", sender=out)
        await office.text(body, sender=out)
        again = await inbox.conversation(office.desk, office.ana, await office.conversation(out))
        assert again.opted_out is (vector["if_opted_out"] != "start"), vector
        assert again.consent_review is None, f"there is nothing to decide about who is opted out: {vector}"
        assert await automatic(office, out) == ["opted_out", *(["opted_in"] if vector["if_opted_out"] == "start" else [])], vector
    await assert_page_equals_fresh_load(office, office.mia)


async def test_the_ledger_holds_the_words_the_text_the_person_and_the_edition_of_the_rules(office: Office) -> None:
    await office.text("Stop texting me!", to=SALES)
    id = await contact_of(office)
    await office.text("unstop", to=SALES)
    await contacts.opt_out_by_hand(office.desk, office.ana, id, MARIA, "Said so on the phone")
    out, back, by_hand = await ledger(office)
    texts = {row["id"]: row["body"] for row in await office.all("select id, body from messages where direction = 'inbound'")}
    assert (out.kind, out.source, out.says, out.by, out.rules) == ("opted_out", "keyword", "Stop texting me!", None, EDITION)
    assert texts[out.message or ""] == "Stop texting me!"
    assert (back.kind, back.source, back.says, texts[back.message or ""]) == ("opted_in", "keyword", "unstop", "unstop")
    assert (by_hand.kind, by_hand.source, by_hand.says, by_hand.message) == ("opted_out", "user", "Said so on the phone", None)
    assert by_hand.by is not None
    assert by_hand.by.name == "Ana"


async def test_start_lifts_an_opt_out_by_hand_since_it_is_the_persons_own_word(office: Office) -> None:
    await office.text("Hi", to=SALES)
    await contacts.opt_out_by_hand(office.desk, office.ana, await contact_of(office), MARIA, "Asked on the phone")
    await office.text("Hello?", to=SALES)
    assert (await inbox.conversation(office.desk, office.ana, await office.conversation())).opted_out, "only START lifts it"
    await office.text("START", to=SALES)
    assert not (await inbox.conversation(office.desk, office.ana, await office.conversation())).opted_out


async def refused(office: Office, to: str) -> None:
    """A text from this number of ours is refused by the carrier, which has the person's opt-out."""
    await office.text("Hi", to=to)
    await send(office.desk, office.ben, await office.conversation(), Draft("Hello", f"c{len(office.events)}", 10_000))
    (one,) = await lease(office.desk)
    await record(office.desk, one, SendResult("rejected", code="21610", says="Unsubscribed.", permanent=True, opted_out=True))
    with pytest.raises(OptedOut):
        await send(office.desk, office.ben, await office.conversation(), Draft("Hello", "again", 10_000))


@pytest.mark.parametrize(("start_to", "reason"), [(SALES, "keyword"), (SUPPORT, "carrier_block")])
async def test_a_start_to_another_number_than_the_blocked_one_says_that_the_carrier_may_still_block(
    office: Office, start_to: str, reason: str
) -> None:
    await refused(office, SALES)
    await office.text("START", to=start_to)
    assert not (await inbox.conversation(office.desk, office.ana, await office.conversation())).opted_out
    (told,) = [event for event in office.events if event["type"] == "contact.opted_in"]
    assert told["data"]["reason"] == reason


async def test_a_receipt_that_says_opted_out_after_the_text_arrived_is_an_opt_out_too(office: Office) -> None:
    await office.text("Hi", to=SALES)
    await send(office.desk, office.ben, await office.conversation(), Draft("Hello", "c1", 10_000))
    (one,) = await lease(office.desk)
    await record(office.desk, one, ACCEPTED)
    await apply_receipts(office.desk, office.connection, [Receipt("carrier-1", None, MessageState.DELIVERED)])
    late = Receipt("carrier-1", None, MessageState.FAILED, "21610", "Unsubscribed.", permanent=True, opted_out=True)
    await apply_receipts(office.desk, office.connection, [late])
    assert (await inbox.conversation(office.desk, office.ana, await office.conversation())).opted_out
    await assert_page_equals_fresh_load(office, office.mia)


async def test_stops_that_cross_in_two_processes_get_one_confirmation(office: Office, second_desk: Desk) -> None:
    words = ["STOP", "stop!", "Unsubscribe", "please stop", "QUIT", "End"]
    texts = [InboundText(f"r{number}", MARIA, SALES, body) for number, body in enumerate(words * 2)]
    desks = (office.desk, second_desk)
    await asyncio.gather(
        *(
            receive_texts(desks[number % 2], office.connection, [text], 1_700_000_000_000_000)
            for number, text in enumerate([*texts, *texts])
        )
    )
    assert await automatic(office) == ["opted_out"]
    assert len(await ledger(office)) == len(texts), "a carrier's repeat is no second request"
    assert len(await leaves(office)) == 1


@pytest.mark.parametrize("how", ["option", "said"])
async def test_where_the_carrier_confirms_itself_we_do_not(office: Office, how: str) -> None:
    connection = replace(office.connection, options={"answers_stop": True}) if how == "option" else office.connection
    for number, body in enumerate(["STOP", "START", "HELP"]):
        said: Any = body.lower() if how == "said" else None
        text = InboundText(f"r{number}", MARIA, SALES, body, carrier_answered=said)
        await receive_texts(office.desk, connection, [text], 1_700_000_000_000_000)
    assert await automatic(office) == []
    assert [entry.kind for entry in await ledger(office)] == ["opted_out", "opted_in"]


@pytest.mark.parametrize("sender", ["12345", "ACME-BANK", SUPPORT])
async def test_short_codes_names_and_our_own_numbers_are_obeyed_and_never_answered(office: Office, sender: str) -> None:
    for body in ("HELP", "STOP", "START"):
        await office.text(body, sender=sender, to=SALES)
    assert [entry.kind for entry in await ledger(office, sender)] == ["opted_out", "opted_in"]
    assert await automatic(office, sender) == []


async def test_a_text_that_is_word_by_word_our_own_answer_is_obeyed_and_not_answered(office: Office) -> None:
    await change_settings(office.desk, office.mia, Changes(stop_answer="Stop!", help_answer="HELP"))
    await office.text("HELP")
    await office.text("Stop!")
    assert (await inbox.conversation(office.desk, office.ana, await office.conversation())).opted_out
    assert await automatic(office) == []


async def test_machines_that_answer_each_other_come_to_rest(office: Office) -> None:
    for _ in range(20):
        await office.text("STOP")
        await office.text("START")
        await leaves(office)
    assert sorted(await automatic(office)) == ["opted_in"] * 3 + ["opted_out"] * 3
    office.later(minutes=6)
    await office.text("STOP")
    assert (await automatic(office)).count("opted_out") == 4, "a person who asks later is answered"


async def test_a_confirmation_does_not_leave_once_the_person_is_back(office: Office) -> None:
    await office.text("STOP")
    await office.text("START")
    assert await leaves(office) == ["Acme: You are subscribed again. Reply STOP to unsubscribe."]
    await office.text("STOP")
    await office.text("Hello")
    assert await leaves(office) == ["Acme: You are unsubscribed and will get no more messages. Reply START to resubscribe."]
    await assert_page_equals_fresh_load(office, office.mia)
