"""The limit on unanswered conversations of one person holds across processes."""

import asyncio

from server.desk.claim import ClaimLimit, claim
from server.desk.desk import Desk
from server.desk.settings import Changes, change_settings
from tests.fixtures.office import Office


async def test_two_processes_do_not_let_one_person_pass_the_limit(office: Office, second_desk: Desk) -> None:
    await change_settings(office.desk, office.mia, Changes(claim_limit=3))
    phones = [f"+1202555{number:04}" for number in range(110, 130)]
    for phone in phones:
        await office.text("Hi", sender=phone)
    ids = [await office.conversation(phone) for phone in phones]
    desks = [office.desk if number % 2 else second_desk for number in range(len(ids))]
    outcomes = await asyncio.gather(*(claim(desk, office.ana, id) for desk, id in zip(desks, ids, strict=True)), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, ClaimLimit)]
    assert len(refused) == len(ids) - 3
    assert {refusal.extra["has"] for refusal in refused} == {3}
    owned = await office.all("select id from conversations where owner = :ana", ana=office.ana.id)
    assert len(owned) == 3
