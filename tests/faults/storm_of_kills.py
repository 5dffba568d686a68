"""Carriers text without a pause while what answers them is killed: what is there at the end, against what was acknowledged."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from twilio.request_validator import RequestValidator

from tests.fixtures.centre import ACCOUNT_SID, AUTH_TOKEN, BASE_URL, SUPPORT, Centre, new_sid
from tests.fixtures.rush import Line, request
from tests.fixtures.waiting import until

PHONES = 40
AGAIN_SECONDS = 0.2
SOON_SECONDS = 60.0


@dataclass
class Storm:
    """`acknowledged` are the carrier's ids, each posted until it was answered with 2xx; `repeated` counts by what was answered before, and
    where nothing was, "gone". `at` is when the last was acknowledged, in seconds of the monotonic clock."""

    centre: Centre
    to: str = SUPPORT
    senders: int = 16
    acknowledged: list[str] = field(default_factory=list)
    repeated: Counter[str] = field(default_factory=Counter)
    at: float = 0.0
    over: bool = False

    async def more(self, count: int) -> None:
        """Returns when so many more have been acknowledged."""
        wanted = len(self.acknowledged) + count
        await until(lambda: len(self.acknowledged) >= wanted, within=SOON_SECONDS)

    async def refused(self) -> None:
        """Returns when another one has been refused."""
        before = self.repeated["503"]
        await until(lambda: self.repeated["503"] > before, within=SOON_SECONDS)

    async def text_until_over(self) -> None:
        line = Line(self.centre.webs[0].port)
        try:
            while not self.over:
                await self._deliver(line)
        finally:
            line.close()

    async def _deliver(self, line: Line) -> None:
        sid = new_sid()
        fields = {"MessageSid": sid, "AccountSid": ACCOUNT_SID, "From": f"+1202569{len(self.acknowledged) % PHONES:04}"}
        fields |= {"To": self.to, "Body": f"Text {sid}", "NumMedia": "0"}
        url = self.centre.carriers["twilio"]["hook_url"]
        signature = RequestValidator(AUTH_TOKEN).compute_signature(url, fields)
        text = request("POST", url.removeprefix(BASE_URL), form=fields, x_twilio_signature=signature)
        while True:
            try:
                status = (await line.ask(text)).status
            except (OSError, asyncio.IncompleteReadError):
                status = 0
            if status == 200:
                self.acknowledged.append(sid)
                self.at = time.monotonic()
                return
            self.repeated[str(status) if status else "gone"] += 1
            await asyncio.sleep(AGAIN_SECONDS)


@asynccontextmanager
async def raging(centre: Centre, to: str = SUPPORT) -> AsyncIterator[Storm]:
    """Texts come to the first web process; when it ends, whatever was begun has been acknowledged."""
    storm = Storm(centre, to)
    async with asyncio.TaskGroup() as group:
        for _ in range(storm.senders):
            group.create_task(storm.text_until_over())
        try:
            yield storm
        finally:
            storm.over = True


Fell = Callable[[], Awaitable[None]]
"""Ends what answers, and has it answer again."""


async def fell_again_and_again(storm: Storm, fell: Fell, times: int, chance: random.Random) -> list[float]:
    """How long after each the next text was acknowledged, in seconds from when it was there again."""
    waited = []
    for _ in range(times):
        await storm.more(chance.randint(1, 60))
        await asyncio.sleep(chance.uniform(0, 0.02))
        await fell()
        back = time.monotonic()
        await storm.more(storm.senders)
        waited.append(max(0.0, storm.at - back))
    return waited


async def kill_web(centre: Centre) -> None:
    centre.webs[0].kill()
    await centre.restart_web(0)


def log_of(database: Path) -> Path:
    return database.with_name(f"{database.name}-wal")


def frames(database: Path) -> list[int]:
    """Where each frame of SQLite's log begins, and at last where they end."""
    written = log_of(database).read_bytes()
    size = 24 + int.from_bytes(written[8:12], "big")
    found = [32]
    while written[found[-1] + 8 : found[-1] + 16] == written[16:24]:
        found.append(found[-1] + size)
    assert len(found) > 1, "there is no log"
    return found


def tear(database: Path) -> None:
    """What a power cut leaves in SQLite's log: half a page behind the last commit. Nobody may have the file open."""
    *_, last, end = frames(database)
    with log_of(database).open("r+b") as file:
        file.truncate(end)
        file.seek(32)
        begun = file.read(16)
        file.seek(end)
        file.write(begun + bytes((end - last) // 2))


def flip(database: Path, at: int) -> None:
    """Turns a byte of SQLite's log. Nobody may have the file open."""
    with log_of(database).open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 0xFF]))


def spoil(database: Path) -> None:
    """Damages the middle of SQLite's log."""
    found = frames(database)
    flip(database, found[len(found) * 3 // 4] + 100)


@dataclass(frozen=True)
class Kept:
    """`missing` were acknowledged and are not there, `twice` are there more than once, `gaps` are conversations and accounts whose numbers
    do not rise by one from one on."""

    missing: int = 0
    twice: int = 0
    gaps: int = 0


async def kept(storm: Storm) -> Kept:
    rows = Counter(row["carrier_ref"] for row in await storm.centre.rows("select carrier_ref from messages where direction = 'inbound'"))
    [gaps] = await storm.centre.rows(
        """select (select count(*) from (select conversation from events where seq is not null group by conversation
                   having count(*) <> max(seq)) as uneven)
                + (select count(*) from accounts a where a.position <> (select count(*) from events e where e.account = a.id)) as n"""
    )
    missing = sum(sid not in rows for sid in storm.acknowledged)
    return Kept(missing, sum(count > 1 for count in rows.values()), gaps["n"])
