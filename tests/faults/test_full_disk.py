"""No room on the disk: carriers and people are told so, nothing that was taken is lost, and all goes on when there is room (FAULTS 21)."""

import asyncio
import contextlib
import resource
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.conftest import open_with_ana
from tests.fixtures.centre import ANAS_OWN, Centre, new_sid
from tests.fixtures.figures import Figures
from tests.fixtures.tab import Ledger, open_tab

TEXTS = 40
FREE_BYTES = 40_000
DISK_BYTES = 128 * 2**20


class Limit:
    """No file of this process may grow by more than a little: to SQLite that is a disk that is full, and nobody needs to be root."""

    says = "a limit on the process's files"

    def fill(self, pid: int, database: Path) -> None:
        largest = max(path.stat().st_size for path in database.parent.glob(f"{database.name}*"))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest + FREE_BYTES, resource.RLIM_INFINITY))

    def free(self, pid: int, database: Path) -> None:  # noqa: ARG002 - as the other
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class SmallDisk:
    """A file system of a few megabytes, on which something else takes up what is left."""

    says = "a tmpfs"

    def fill(self, pid: int, database: Path) -> None:  # noqa: ARG002 - as the other
        left = shutil.disk_usage(database.parent).free
        (database.parent / "something-else").write_bytes(b"x" * (left - FREE_BYTES))

    def free(self, pid: int, database: Path) -> None:  # noqa: ARG002 - as the other
        (database.parent / "something-else").unlink()


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mounts one at this folder; whether we may."""
    folder.mkdir()
    words = ("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "partyline-faults", str(folder))
    may = subprocess.run(words, capture_output=True, check=False).returncode == 0
    try:
        yield may
    finally:
        if may:
            subprocess.run(("umount", "--lazy", str(folder)), check=True)


def check(database: Path) -> str:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("pragma integrity_check").fetchone()[0])


@dataclass
class Full:
    """`answers` of carriers while there was no room, `refused` a person's, `repeated` those after there was; `missing`: texts that were
    answered with 200 and are not there. `ledger` is of a tab that was open all the while."""

    answers: Counter[int] = field(default_factory=Counter)
    repeated: Counter[int] = field(default_factory=Counter)
    refused: tuple[int, str, bool] = (0, "", False)
    read: int = 0
    checked: str = ""
    sent: int = 0
    missing: int = 0
    texts: int = 0
    ended: int | None = None
    ledger: Ledger = field(default_factory=Ledger)


async def fill_and_free(centre: Centre, texts: int, disk: Limit | SmallDisk) -> Full:
    """The first web process finds no more room while contacts text and a person writes; then there is."""
    found = Full()
    database, pid = Path(centre.database_url.removeprefix("sqlite:///")), centre.webs[0].pid
    async with open_tab(centre, "ana") as ana:
        assert (await centre.text("+12025660000", "Before", to=ANAS_OWN)).status_code == 200
        id = await centre.conversation("+12025660000")
        disk.fill(pid, database)
        sids = [new_sid() for _ in range(texts)]
        taken = []
        for number, sid in enumerate(sids):
            answer = await centre.text(f"+1202566{number:04}", "x" * 1500, sid=sid, to=ANAS_OWN)
            found.answers[answer.status_code] += 1
            if answer.status_code == 200:
                taken.append(sid)
        draft = {"body": "Hello " * 200, "client_id": "c-0"}
        while (answer := await centre.call("ana", "POST", f"conversations/{id}/messages", **draft)).status_code == 202:
            draft["client_id"] = f"c-{int(draft['client_id'][2:]) + 1}"  # it needs less room than a text that comes in
        found.refused = (answer.status_code, answer.json()["code"], int(answer.headers.get("retry-after", 0)) > 0)
        found.read = (await centre.call("ana", "GET", f"conversations/{id}")).status_code
        found.checked = await asyncio.to_thread(check, database)

        disk.free(pid, database)
        for number, sid in enumerate(sids):
            found.repeated[(await centre.text(f"+1202566{number:04}", "x" * 1500, sid=sid, to=ANAS_OWN)).status_code] += 1
        found.sent = (await centre.call("ana", "POST", f"conversations/{id}/messages", **draft)).status_code
        await ana.until_current()
        found.ledger = await ana.ledger()
        await ana.assert_equals_fresh_load()
    rows = {row["carrier_ref"] for row in await centre.rows("select carrier_ref from inbox")}
    found.missing = len(set(taken) - rows)
    found.texts = len(await centre.rows("select id from messages where direction = 'inbound'")) - 1
    found.ended = centre.webs[0].ended
    return found


async def test_a_full_disk_is_503_for_carriers_and_people_spoils_nothing_and_is_over_when_there_is_room(
    centre: Centre, figures: Figures
) -> None:
    await open_with_ana(centre, webs=1)
    found = await fill_and_free(centre, TEXTS, Limit())
    figures(f"while it was full: {dict(found.answers)}")
    assert found.answers.keys() <= {200, 503}
    assert found.answers[503] > 0, "the disk was never full"
    assert found == Full(
        answers=found.answers,
        repeated=Counter({200: TEXTS}),
        refused=(503, "unavailable", True),
        read=200,
        checked="ok",
        sent=202,
        texts=TEXTS,
    )
