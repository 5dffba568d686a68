"""Settings are changed by several managers at once."""

import pytest

from server.desk.desk import Desk
from server.desk.settings import Changes, change_settings, settings
from server.desk.work import Work
from server.store import accounts
from tests.fixtures.meanwhile import meanwhile
from tests.fixtures.office import Office


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_what_two_processes_change_of_the_settings_is_all_kept(office: Office, second_desk: Desk) -> None:
    async def reword(work: Work) -> None:
        await accounts.lock(work.tx, office.account)
        await work.tx.run("update accounts set opt_out_text = 'Text STOP to end.'")

    await meanwhile(second_desk, reword, lambda: change_settings(office.desk, office.mia, Changes(sms_public_minutes=5)))
    shown = await settings(office.desk, office.mia)
    assert (shown.sms_public_minutes, shown.opt_out_text) == (5, "Text STOP to end.")
    assert office.events[-1]["data"]["settings"]["opt_out_text"] == "Text STOP to end."
