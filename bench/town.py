"""A database with thousands of users who are signed in and thousands of conversations that they take part in, and texts into them.

Users, sessions and who takes part are inserted in bulk. The conversations come from texts that the desk received, and so does every event.
"""

import asyncio
import json
import random
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from channels.envelope import Envelope
from server.carriers.carrier import Connection, Credentials, InboundText
from server.desk.desk import Desk
from server.desk.dids import NewDid, add_did
from server.desk.lines import NewCarrier, add_carrier
from server.desk.receive import receive_texts
from server.desk.writer import Writer
from server.domain.user import Role, User
from server.ids import new_id
from server.parts import open_parts
from server.settings import Settings, prepare_var
from server.store import people, sessions
from server.store.database import Transaction
from tests.fixtures.processes import Partyline

NUMBER = "+12025550100"
FIRST_SEQ = 100_000
FIRST_POSITION = 10_000_000
"""High enough that no number grows by a digit while events are made by the thousand."""
FEWEST, MOST = 3, 10
"""Users who take part in a conversation."""
AT_ONCE = 200
TEXT = "Hello, is my order on its way?"


@dataclass(frozen=True, slots=True)
class Town:
    """`agents` and `managers` are cookies, one a user. By phone, `parts` says which of the agents take part in a conversation, and `events`
    has the event of its last text."""

    folder: Path
    account: str
    carrier: str
    agents: Sequence[str]
    managers: Sequence[str]
    parts: dict[str, list[int]]
    events: dict[str, Envelope]

    def copy(self, to: Path) -> "Town":
        """Another database with the same people."""
        shutil.copytree(self.folder, to)
        return Town(to, self.account, self.carrier, self.agents, self.managers, self.parts, self.events)

    def settings(self, redis_url: str) -> Settings:
        mine = {"database_url": self.url, "redis_url": redis_url, "var": self.folder, "secret_key": SecretStr("")}
        return prepare_var(Settings().model_copy(update=mine))

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/partyline.db"


@dataclass(slots=True)
class Writing:
    """A process that writes beside the server. `kept` are the events in the order of their commits, `at` when each position's commit
    was over, in ns of the monotonic clock."""

    desk: Desk
    connection: Connection
    kept: list[Envelope]
    at: dict[int, int]
    texts: int = 0

    async def text(self, phones: Sequence[str]) -> None:
        """One text from each; returns when all are committed."""
        for first in range(0, len(phones), AT_ONCE):
            some = []
            for phone in phones[first : first + AT_ONCE]:
                self.texts += 1
                some.append(InboundText(f"{time.time_ns()}-{self.texts}", phone, NUMBER, TEXT))
            await receive_texts(self.desk, self.connection, some, time.time_ns() // 1_000)


@asynccontextmanager
async def writing(town: Town, redis_url: str) -> AsyncIterator[Writing]:
    """Its events go to Redis as after every commit."""
    async with open_parts(town.settings(redis_url)) as parts:
        sandbox = Connection(town.carrier, town.account, "sandbox", "Sandbox", Credentials({}))
        kept: list[Envelope] = []
        at: dict[int, int] = {}

        def committed(envelopes: Sequence[Envelope], roles: frozenset[str]) -> None:
            now = time.monotonic_ns()
            parts.bus.publish(envelopes)
            for role in roles:
                parts.wakes.wake(role)
            kept.extend(envelopes)
            at.update((envelope.position, now) for envelope in envelopes)

        writer = Writer(parts.db, committed)
        desk = Desk(parts.db, writer, parts.desk.carriers, parts.settings)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(writer.run())
            try:
                yield Writing(desk, sandbox, kept, at)
            finally:
                writer.stop()


async def build(folder: Path, redis_url: str, *, agents: int, managers: int, conversations: int) -> Town:
    """Takes some seconds. Who takes part where is drawn with a seed: the same each time."""
    partyline = Partyline(folder.parent, VAR=str(folder), REDIS_URL=redis_url, LOG_LEVEL="warning")
    made = partyline.call("init", "--account", "Acme", "--email", "m@example.com", "--password", "correct horse battery", "--json")
    who = json.loads(made.stdout)
    phones = [f"+1303{6_000_000 + number}" for number in range(conversations)]
    chance = random.Random(5)
    parts = {phone: sorted(chance.sample(range(agents), min(agents, chance.randint(FEWEST, MOST)))) for phone in phones}
    town = Town(
        folder, who["account"], "", [f"agent-{n:05}" for n in range(agents)], [f"manager-{n:05}" for n in range(managers)], parts, {}
    )
    async with open_parts(town.settings(redis_url)) as opened:
        desk, mia = opened.desk, User(who["user"], who["account"], "mia", Role.MANAGER)
        line: Any = await add_carrier(desk, mia, NewCarrier("sandbox", "Sandbox", {}))
        await add_did(desk, mia, NewDid(NUMBER, line.id, ["sms"]))
    town = Town(town.folder, town.account, line.id, town.agents, town.managers, town.parts, {})
    async with writing(town, redis_url) as beside:
        await beside.text(phones)
        by_phone = await beside.desk.db.write(lambda tx: _people(tx, town))
        await beside.text(phones)
        events = {event.conversation: event for event in beside.kept}
        town.events.update((phone, events[by_phone[phone]]) for phone in phones)
    return town


async def _people(tx: Transaction, town: Town) -> dict[str, str]:
    """The conversations' ids by phone."""
    ids: list[str] = []
    for role, cookies in ((Role.AGENT, town.agents), (Role.MANAGER, town.managers)):
        for cookie in cookies:
            user = User(new_id(tx.now), town.account, cookie, role)
            await people.add(tx, people.Person(user, f"{cookie}@example.com", "-", tx.now, None))
            digest = sha256(cookie.encode()).hexdigest()
            await sessions.add_session(tx, digest=digest, id=new_id(tx.now), user=user.id, expires_at=tx.now + 86_400_000_000)
            ids.append(user.id)
    by_phone = {row["phone"]: row["id"] for row in await tx.all("select id, phone from conversations")}
    for phone, some in town.parts.items():
        for number in some:
            await tx.run(
                """insert into participants (conversation, user_id, part, read_seq)
                   values (:conversation, :user, 'subscriber', 0)""",
                conversation=by_phone[phone],
                user=ids[number],
            )
    await tx.run("update conversations set seq = :seq", seq=FIRST_SEQ)
    await tx.run("update accounts set position = :position", position=FIRST_POSITION)
    return by_phone
