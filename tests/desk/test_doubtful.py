"""Another text goes in the place of one that is in doubt or failed: one, whoever else tries (PRODUCT rule 26)."""

import asyncio

import pytest

from server.carriers.carrier import SendResult
from server.desk.desk import Desk
from server.desk.dispatch import lease, record
from server.desk.send import Draft, send
from server.domain.errors import NotUnconfirmed
from server.domain.user import User
from tests.fixtures.office import SALES, Office

OUTCOMES = [SendResult("unconfirmed", code="timeout", says="Nobody knows."), SendResult("rejected", code="30003", says="The phone is off.")]


@pytest.mark.parametrize("result", OUTCOMES, ids=["unconfirmed", "failed"])
async def test_of_many_in_two_processes_who_send_a_text_again_one_does(office: Office, second_desk: Desk, result: SendResult) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    for turn in range(4):
        await send(office.desk, office.ben, id, Draft(f"Text {turn}", f"first {turn}", 10_000))
        [leased] = await lease(office.desk)
        await record(office.desk, leased, result)

        async def again(desk: Desk, user: User, key: str, message: str) -> bool:
            try:
                await send(desk, user, id, Draft("Once more", key, again=message))
            except NotUnconfirmed:
                return False
            return True

        people = [(desk, user) for user in (office.ana, office.ben) for desk in (office.desk, second_desk)]
        sent = await asyncio.gather(
            *(again(desk, user, f"{turn} {number}", leased.message) for number, (desk, user) in enumerate(people * 2))
        )
        assert sum(sent) == 1
        [left] = await lease(office.desk)
        await record(office.desk, left, SendResult("accepted", f"ref {turn}"))
    assert len(await office.all("select id from messages where body_asked = 'Once more'")) == 4
