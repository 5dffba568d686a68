"""What a tab finds that was away: what it missed, in order; and what it lost the right to, but not before the word of it."""

from tests.faults.conftest import Carrier, open_with_ana, settle
from tests.fixtures.centre import ANAS_OWN, MARIA, Centre
from tests.fixtures.figures import Figures
from tests.fixtures.tab import Ledger, open_tab
from tests.fixtures.waiting import until


async def test_a_tab_that_was_away_gets_what_it_missed_by_itself(centre: Centre, carrier: Carrier, figures: Figures) -> None:
    """It slept through texts, a claim and a send, and comes back to the other process."""
    await open_with_ana(centre, webs=2)
    async with open_tab(centre, "ana", web=0) as ana, open_tab(centre, "ben", web=0) as ben:
        await carrier.send(10, every=0.01)
        await ana.until_current()
        before, known = ana.n, dict(ana.seqs)
        await ana.leave()
        await carrier.send(200, every=0.005, webs=(0, 1))
        id = next(iter(known))
        sent = await centre.call("ben", "POST", f"conversations/{id}/messages", body="I am on it", client_id="c-1")
        assert sent.status_code == 202, sent.text
        assert ana.n == before, "it heard nothing meanwhile"
        ana.web = 1
        ana.come_back()
        await settle(centre, carrier, (ana, ben), figures)
        assert len(ana.given) == 2
        assert ana.seqs[id] > known[id]


async def test_a_removed_subscriber_gets_the_removal_after_a_reconnect_and_nothing_more(centre: Centre) -> None:
    await open_with_ana(centre, webs=1)
    async with open_tab(centre, "ben") as ben:
        await centre.text(MARIA, "Hi", to=ANAS_OWN)
        id = await centre.conversation(MARIA)
        assert (await centre.call("ben", "PUT", f"conversations/{id}/subscription")).status_code == 200
        await until(lambda: id in ben.seqs)
        await centre.text(MARIA, "Ben hears this", to=ANAS_OWN)
        await ben.until_type("message.received")
        await ben.until_current()
        await ben.leave()
        await centre.text(MARIA, "And reads this later", to=ANAS_OWN)
        removal = await centre.call("mia", "DELETE", f"conversations/{id}/subscribers/{centre.people['ben'].id}")
        assert removal.status_code == 200, removal.text
        await centre.text(MARIA, "This is none of his business", to=ANAS_OWN)
        ben.come_back()
        removed = await ben.until_type("subscriber.removed")
        assert removed["data"]["user"]["id"] == centre.people["ben"].id
        await ben.until_current()
        await centre.text(MARIA, "Nor is this", to=ANAS_OWN)
        await ben.until_current()
        bodies = [event["data"]["message"]["body"] for event in ben.of("message.received")]
        assert bodies == ["Ben hears this", "And reads this later"]
        assert id not in ben.seqs
        assert await ben.ledger() == Ledger()
