"""A carrier's word counts once, however often it is repeated (PRODUCT rules 23, 27)."""

from server.carriers.carrier import Receipt, SendResult
from server.desk.dispatch import lease, record
from server.desk.receipts import apply_receipts
from server.desk.send import Draft, send
from server.domain.message import MessageState
from tests.fixtures.office import SALES, Office


async def test_an_opt_out_that_the_carrier_repeats_undoes_no_later_start(office: Office) -> None:
    await office.text("Hi", to=SALES)
    await send(office.desk, office.ben, await office.conversation(), Draft("Hello", "c1", 100))
    [leased] = await lease(office.desk)
    await record(office.desk, leased, SendResult("accepted", "carrier-1"))
    stopped = Receipt("carrier-1", None, MessageState.FAILED, "21610", "The contact opted out.", True, opted_out=True)
    await apply_receipts(office.desk, office.connection, [stopped])
    assert len(await office.all("select number from opt_outs")) == 1
    await office.text("START", to=SALES)
    await apply_receipts(office.desk, office.connection, [stopped])
    assert await office.all("select number from opt_outs") == []
    assert [row["kind"] for row in await office.all("select kind from consent order by at, id")] == ["opted_out", "opted_in"]
