"""No room on the disk: carriers and people are told so, nothing that was taken is lost, and all goes on when there is room (FAULTS 21)."""

import asyncio
import contextlib
import resource
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.conftest import open_with_ana
from tests.fixtures.centre import ANAS_OWN, Centre, new_sid
from tests.fixtures.figures import Figures
from tests.fixtures.tab import Ledger, open_tab

TEXTS = 40
FREE_BYTES = 40_000


def fill_disk(pid: int, database: Path) -> None:
    """From now on no file of this process may grow by more than a little: to SQLite that is a disk that is full."""
    largest = max(path.stat().st_size for path in database.parent.glob(f"{database.name}*"))
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest + FREE_BYTES, resource.RLIM_INFINITY))


def free_disk(pid: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def check(database: Path) -> str:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("pragma integrity_check").fetchone()[0])


@pytest.mark.timeout(60)
async def test_a_full_disk_is_503_for_carriers_and_people_spoils_nothing_and_is_over_when_there_is_room(
    centre: Centre, figures: Figures
) -> None:
    await open_with_ana(centre, webs=1)
    database, pid = Path(centre.database_url.removeprefix("sqlite:///")), centre.webs[0].pid
    async with open_tab(centre, "ana") as ana:
        assert (await centre.text("+12025660000", "Before", to=ANAS_OWN)).status_code == 200
        id = await centre.conversation("+12025660000")
        fill_disk(pid, database)
        sids = [new_sid() for _ in range(TEXTS)]
        answers: Counter[int] = Counter()
        taken = []
        for number, sid in enumerate(sids):
            answer = await centre.text(f"+1202566{number:04}", "x" * 1500, sid=sid, to=ANAS_OWN)
            answers[answer.status_code] += 1
            if answer.status_code == 200:
                taken.append(sid)
        assert answers.keys() <= {200, 503}
        assert answers[503] > 0, "the disk was never full"
        refused = await centre.call("ana", "POST", f"conversations/{id}/messages", body="Hello " * 200, client_id="c-1")
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert int(refused.headers["retry-after"]) > 0
        assert (await centre.call("ana", "GET", f"conversations/{id}")).status_code == 200, "what is there can be read"
        assert await asyncio.to_thread(check, database) == "ok"

        free_disk(pid)
        for number, sid in enumerate(sids):
            answer = await centre.text(f"+1202566{number:04}", "x" * 1500, sid=sid, to=ANAS_OWN)
            assert answer.status_code == 200, "the carrier repeats what was not taken"
        sent = await centre.call("ana", "POST", f"conversations/{id}/messages", body="Hello " * 200, client_id="c-1")
        assert sent.status_code == 202
        await ana.until_current()
        assert await ana.ledger() == Ledger()
        await ana.assert_equals_fresh_load()
    rows = {row["carrier_ref"] for row in await centre.rows("select carrier_ref from inbox")}
    assert set(taken) <= rows
    assert len(await centre.rows("select id from messages where direction = 'inbound'")) == TEXTS + 1
    assert centre.webs[0].ended is None
    figures(f"while it was full: {dict(answers)}")
