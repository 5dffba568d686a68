"""Carriers and DIDs are changed by several managers at once."""

import pytest

from server.desk.desk import Desk
from server.desk.dids import DidChange, change_did, get_did
from server.desk.lines import CarrierChange, Options, change_carrier, get_carrier
from server.desk.work import Work
from server.store import lines
from tests.fixtures.meanwhile import meanwhile
from tests.fixtures.office import Office

on_postgres = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@on_postgres
async def test_what_two_processes_change_of_a_carrier_is_all_kept(office: Office, second_desk: Desk) -> None:
    id = office.connection.id

    async def rename(work: Work) -> None:
        assert await lines.lock(work.tx, office.account, id) is not None
        await work.tx.run("update carriers set name = 'Renamed' where id = :id", id=id)

    change = CarrierChange(options=Options(answers_stop=True))
    await meanwhile(second_desk, rename, lambda: change_carrier(office.desk, office.mia, id, change))
    shown = await get_carrier(office.desk, office.mia, id)
    assert (shown.name, shown.options) == ("Renamed", {"answers_stop": True})


@on_postgres
async def test_what_two_processes_change_of_a_did_is_all_kept(office: Office, second_desk: Desk) -> None:
    id = office.sales

    async def relabel(work: Work) -> None:
        assert await lines.lock_did(work.tx, office.account, id) is not None
        await work.tx.run("update dids set label = 'Front desk' where id = :id", id=id)

    await meanwhile(second_desk, relabel, lambda: change_did(office.desk, office.mia, id, DidChange(capabilities=["sms", "mms"])))
    shown = await get_did(office.desk, office.mia, id)
    assert (shown.label, shown.capabilities) == ("Front desk", ["sms", "mms"])
