"""Inbound texts become messages, conversations and waits as PRODUCT rules 1-4, 8, 20-22 and 25 say."""

import asyncio

from server.carriers.carrier import InboundText
from server.desk import inbox
from server.desk.receive import receive_texts
from server.desk.shapes import instant
from tests.fixtures.office import MARIA, MINUTE_US, SALES, SUPPORT, WEI, Office


async def test_a_first_text_to_the_accounts_number_makes_contact_and_conversation_and_is_public_at_once(office: Office) -> None:
    await office.text("Is there parking nearby?")
    shown = await inbox.conversation(office.desk, office.ana, await office.conversation())
    assert shown.contact.name == MARIA
    assert shown.owner is None
    assert shown.public_since is not None
    assert shown.waiting_since is not None
    assert shown.last_message is not None
    assert shown.last_message.body == "Is there parking nearby?"
    assert office.types() == ["contact.created", "conversation.opened", "message.received", "conversation.public"]


async def test_a_first_text_to_a_users_own_number_makes_that_user_owner_and_starts_the_clock(office: Office) -> None:
    await office.text("Hello Ben", to=SALES)
    shown = await inbox.conversation(office.desk, office.ben, await office.conversation())
    assert shown.owner is not None
    assert shown.owner.id == office.ben.id
    assert shown.public_since is None
    assert shown.unread == 1
    row = await office.one("select waiting_since, clock_start from conversations")
    assert row is not None
    assert row["waiting_since"] == row["clock_start"]
    received = next(event for event in office.events if event["type"] == "message.received")
    assert received["alert"] == [office.ben.id]


async def test_the_same_carrier_message_id_is_one_message_even_in_one_batch(office: Office) -> None:
    await asyncio.gather(*(office.text("once", ref="same") for _ in range(5)))
    await office.text("once", ref="same")
    assert await office.all("select id from messages") == await office.all("select message as id from inbox")
    assert office.types().count("message.received") == 1


async def test_two_conversations_and_two_texts_of_one_batch_get_their_own_numbers(office: Office) -> None:
    await asyncio.gather(office.text("Maria 1"), office.text("Wei 1", sender=WEI), office.text("Maria 2"), office.text("Wei 2", sender=WEI))
    assert office.desk.writer.batches == 1, "they were to share a transaction"
    for phone, name in ((MARIA, "Maria"), (WEI, "Wei")):
        id = await office.conversation(phone)
        page = await inbox.message_list(office.desk, office.ana, id)
        assert [m.body for m in page.items] == [f"{name} 1", f"{name} 2"]
        seqs = [event["seq"] for event in office.events if event["conversation"] == id]
        assert seqs == list(range(1, len(seqs) + 1))
        assert page.seq == seqs[-1]
    assert [event["position"] for event in office.events] == list(range(1, len(office.events) + 1))


async def test_a_later_text_does_not_move_the_wait(office: Office) -> None:
    await office.text("first", to=SALES)
    before = await office.one("select waiting_since, clock_start from conversations")
    office.later(minutes=3)
    await office.text("second", to=SALES)
    assert await office.one("select waiting_since, clock_start from conversations") == before


async def test_a_text_to_a_number_that_is_nobodys_is_kept_as_unrouted(office: Office) -> None:
    await office.text("anybody there?", to="+12025559999")
    row = await office.one("select message, unrouted from inbox")
    assert row is not None
    assert row["message"] is None
    assert "anybody there?" in row["unrouted"]
    assert await office.all("select id from conversations") == []
    assert office.events == []


async def test_a_name_as_sender_is_accepted_and_marked_not_repliable(office: Office) -> None:
    await office.text("Your code is 1234", sender="ACME-BANK")
    shown = await inbox.conversation(office.desk, office.ana, await office.conversation("ACME-BANK"))
    assert shown.repliable is False


async def test_stop_opts_out_confirms_once_and_starts_no_wait(office: Office) -> None:
    await office.text("Stop.")
    await office.text("STOP")
    shown = await inbox.conversation(office.desk, office.ana, await office.conversation())
    assert shown.opted_out
    assert shown.waiting_since is None
    assert shown.public_since is None
    purposes = [row["purpose"] for row in await office.all("select purpose from messages where direction = 'outbound'")]
    assert purposes == ["opted_out"]
    kinds = [row["kind"] for row in await office.all("select kind from consent order by id")]
    assert kinds == ["opted_out", "opted_out"], "the ledger keeps both"
    assert office.types().count("contact.opted_out") == 1


async def test_start_opts_in_again_and_yes_does_so_only_when_opted_out(office: Office) -> None:
    await office.text("yes")
    assert (await office.one("select waiting_since from conversations") or {})["waiting_since"] is not None
    await office.text("STOP")
    await office.text("yes")
    shown = await inbox.conversation(office.desk, office.ana, await office.conversation())
    assert not shown.opted_out
    assert office.types().count("contact.opted_in") == 1


async def test_help_is_answered_once_in_five_minutes(office: Office) -> None:
    await office.text("HELP")
    await office.text("help?")
    assert len(await office.all("select id from messages where purpose = 'help' and direction = 'outbound'")) == 1
    office.later(minutes=6)
    await office.text("info")
    assert len(await office.all("select id from messages where purpose = 'help' and direction = 'outbound'")) == 2


async def test_stop_and_a_text_in_one_batch_keep_their_order(office: Office) -> None:
    await asyncio.gather(office.text("STOP"), office.text("START"), office.text("Hello"))
    shown = await inbox.conversation(office.desk, office.ana, await office.conversation())
    assert not shown.opted_out
    assert shown.waiting_since is not None


async def test_odd_characters_are_stored_as_they_are(office: Office) -> None:
    body = "<img src=x onerror=alert(1)> {{7*7}} \u2028 \u202e 🙂 ' \" \\ %s :name $1"
    await office.text(body)
    page = await inbox.message_list(office.desk, office.ana, await office.conversation())
    assert page.items[0].body == body


async def test_zero_public_minutes_make_a_new_wait_public_at_once(office: Office) -> None:
    await office.desk.db.write(lambda tx: tx.run("update accounts set public_minutes = 0"))
    await office.text("Hello", to=SALES)
    shown = await inbox.conversation(office.desk, office.ben, await office.conversation())
    assert shown.public_since is not None
    assert shown.owner is not None, "public is not ownerless"


async def test_the_deadline_follows_the_setting(office: Office) -> None:
    await office.text("Hello", to=SALES)
    row = await office.one("select clock_start from conversations")
    assert row is not None
    shown = await inbox.conversation(office.desk, office.ben, await office.conversation())
    assert shown.public_at == instant(row["clock_start"] + 20 * MINUTE_US)


async def test_a_text_to_a_group_says_to_whom_else_it_went_and_belongs_to_its_sender_alone(office: Office) -> None:
    listed = ("12025550145", WEI, MARIA, SUPPORT, WEI)
    text = InboundText("group", MARIA, SUPPORT, "STOP", others=listed)
    await receive_texts(office.desk, office.connection, [text], 1_700_000_000_000_000)
    page = await inbox.message_list(office.desk, office.ana, await office.conversation())
    assert page.items[0].also_to == ["+12025550145", WEI]
    received = next(event for event in office.events if event["type"] == "message.received")
    assert received["data"]["message"]["also_to"] == ["+12025550145", WEI]
    assert [row["phone"] for row in await office.all("select phone from conversations")] == [MARIA]
    assert {row["number"] for row in await office.all("select number from consent")} == {MARIA}
    await office.text("To you alone")
    shown = await inbox.conversation(office.desk, office.ana, await office.conversation())
    assert shown.last_message is not None
    assert shown.last_message.also_to == []
