"""A carrier whose answer is lost, and a sender that dies with a text in its hands: shown as unconfirmed, and never sent again."""

from tests.faults.conftest import open_with_ana
from tests.fixtures.carrier_api import hangs_up
from tests.fixtures.centre import ANAS_OWN, MARIA, Centre, new_sid
from tests.fixtures.tab import Ledger, open_tab
from tests.fixtures.waiting import until


async def answer_maria(centre: Centre) -> tuple[str, str]:
    """She asked, Ana answered; the ids of conversation and message."""
    await centre.text(MARIA, "Hi", to=ANAS_OWN)
    id = await centre.conversation(MARIA)
    sent = await centre.call("ana", "POST", f"conversations/{id}/messages", body="Hello", client_id="c-1")
    assert sent.status_code == 202, sent.text
    return id, str(sent.json()["id"])


async def state_of(centre: Centre, conversation: str) -> str:
    return str((await centre.call("ana", "GET", f"conversations/{conversation}/messages")).json()["items"][-1]["state"])


async def test_a_lost_answer_of_the_carrier_is_unconfirmed_until_its_receipt_comes_and_the_text_is_sent_once(centre: Centre) -> None:
    """The carrier took the request and hung up."""
    centre.carrier_api.answer = hangs_up
    await open_with_ana(centre, webs=1, senders=2)
    async with open_tab(centre, "ana") as ana:
        id, message = await answer_maria(centre)
        shown = await ana.until_type("message.unconfirmed")
        assert shown["data"]["message"]["id"] == message
        assert shown["data"]["conversation"]["waiting_since"] is None, "it counts as an answer until it fails"
        [request] = centre.handed
        assert (await centre.receipt(request, new_sid(), "delivered")).status_code == 200
        await ana.until_type("message.delivered")
        await ana.until_current()
        assert await state_of(centre, id) == "delivered"
        assert len(centre.handed) == 1
        assert await ana.ledger() == Ledger()


async def test_a_sender_killed_with_a_text_in_its_hands_leaves_it_unconfirmed_and_no_other_sends_it_again(centre: Centre) -> None:
    """Killed after the request was written and before the answer came; the lease is ended by hand, as time would."""
    centre.carrier_api.answer = centre.carrier_api.never
    await open_with_ana(centre, webs=1, senders=1)
    async with open_tab(centre, "ana") as ana:
        id, message = await answer_maria(centre)
        await until(lambda: len(centre.handed) == 1)
        centre.senders[0].kill()
        assert await state_of(centre, id) == "sending"

        centre.start(senders=2)
        ended = "update messages set lease_until = :now where id = :id and lease_until is not null"
        assert await (await centre.database()).write(lambda tx: tx.run(ended, now=tx.now, id=message)) == 1
        await ana.until_type("message.unconfirmed")
        await centre.text(MARIA, "Are you there?", to=ANAS_OWN)
        again = await centre.call("ana", "POST", f"conversations/{id}/messages", body="Yes", client_id="c-2")
        assert again.status_code == 202, again.text
        await until(lambda: len(centre.handed) == 2)
        bodies = [dict(request.form)["Body"] for request in centre.handed]
        assert bodies[0].startswith("Hello")
        assert bodies[1] == "Yes", "the next text leaves, the unconfirmed one does not"
        assert await ana.ledger() == Ledger()
