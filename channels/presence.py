"""Who is looking at a conversation and who is typing, across processes. Leases that expire; never counters, never stored.

Each process says over the conversation's channel what its own tabs do, again and again while it lasts, and believes the others for as
long as they said. A process that dies is forgotten when its leases run out; without Redis the tabs of one process still see each other.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Literal

import msgspec

from channels import names
from channels.bus import Bus
from channels.ear import Ear
from channels.frames import text

VIEWING_SECONDS = 25.0
TYPING_SECONDS = 5.0
RENEW_SECONDS = 10.0
TICK_SECONDS = 0.5

Kind = Literal["viewing", "typing"]


class Sign(msgspec.Struct, frozen=True):
    """What one process says of one user; `shown` is how the user is shown to others. No seconds: it is over."""

    presence: Literal["lease"]
    process: str
    account: str
    kind: Kind
    user: str
    shown: msgspec.Raw
    seconds: float


class Question(msgspec.Struct, frozen=True):
    """A process that has just begun to listen asks the others to say again what they know."""

    question: Literal["presence"]
    process: str
    account: str


_sign = msgspec.json.Decoder(Sign).decode
_question = msgspec.json.Decoder(Question).decode
_encode = msgspec.json.Encoder().encode


class _Lease(msgspec.Struct, gc=False):
    until: float
    shown: bytes


Leases = dict[tuple[Kind, str, str], _Lease]
"""By kind, user and process."""


class Presence:
    """`onlookers(account, conversation)` are the tabs that are shown it."""

    def __init__(self, bus: Bus, onlookers: Callable[[str, str], set[Ear]]) -> None:
        self._bus = bus
        self._onlookers = onlookers
        self._process = secrets.token_hex(8)
        self._leases: dict[tuple[str, str], Leases] = {}
        self._frames: dict[tuple[str, str], bytes] = {}
        self._viewing: dict[Ear, tuple[str, bytes]] = {}
        self._owed: set[tuple[Ear, str]] = set()
        """Who had a backlog when the presence of which conversation changed."""
        self._renew_at = 0.0

    async def run(self) -> None:
        """Until cancelled: lets leases run out and renews those of our own tabs."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.tick(_now())

    def view(self, ear: Ear, shown: bytes, conversation: str | None) -> None:
        """The tab's user looks at this conversation now, and at no other in this tab."""
        before = self._viewing.pop(ear, None)
        if conversation is not None:
            self._viewing[ear] = (conversation, shown)
        if before is not None and before[0] != conversation and not self._looks_elsewhere(ear, before[0]):
            self._say(ear, "viewing", before[0], shown, 0.0)
            self._say(ear, "typing", before[0], shown, 0.0)
        if conversation is not None:
            self._say(ear, "viewing", conversation, shown, VIEWING_SECONDS)

    def type(self, ear: Ear, shown: bytes, conversation: str) -> None:
        self._say(ear, "typing", conversation, shown, TYPING_SECONDS)

    def gone(self, ear: Ear) -> None:
        before = self._viewing.get(ear)
        if before is not None:
            self.view(ear, before[1], None)

    def show(self, ear: Ear, conversation: str) -> None:
        """Tells a tab that begins to look what is known."""
        frame = self._frames.get((ear.account, conversation))
        if frame is not None:
            self._whisper(ear, conversation, frame)

    def ask(self, account: str, conversation: str) -> None:
        self._bus.send(names.conversation(account, conversation), _encode(Question("presence", self._process, account)))

    def hear(self, account: str, conversation: str, data: bytes) -> None:
        """What another process said. Whatever is not meant for this account, or is none of ours, is dropped and counted."""
        try:
            if data.startswith(b'{"question"'):
                self._answer(account, conversation, _question(data))
                return
            sign = _sign(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._bus.counters.foreign += 1
            return
        if sign.account != account:
            self._bus.counters.foreign += 1
        elif sign.process != self._process:
            self._set(account, conversation, (sign.kind, sign.user, sign.process), bytes(sign.shown), min(sign.seconds, VIEWING_SECONDS))

    def tick(self, now: float) -> None:
        for key in list(self._leases):
            leases = self._leases[key]
            over = [who for who, lease in leases.items() if lease.until <= now]
            for who in over:
                del leases[who]
            if over:
                self._changed(*key)
        owed, self._owed = self._owed, set()
        for ear, conversation in owed:
            if not ear.outbox.closed:
                self._whisper(ear, conversation, self._frames.get((ear.account, conversation)) or _frame(conversation, {}))
        if now >= self._renew_at:
            self._renew_at = now + RENEW_SECONDS
            for ear, (conversation, shown) in list(self._viewing.items()):
                self._say(ear, "viewing", conversation, shown, VIEWING_SECONDS)

    def _looks_elsewhere(self, ear: Ear, conversation: str) -> bool:
        return any(other.user == ear.user and seen[0] == conversation for other, seen in self._viewing.items())

    def _answer(self, account: str, conversation: str, question: Question) -> None:
        if question.account != account:
            self._bus.counters.foreign += 1
        elif question.process != self._process:
            for ear, (seen, shown) in list(self._viewing.items()):
                if seen == conversation:
                    self._say(ear, "viewing", conversation, shown, VIEWING_SECONDS)

    def _say(self, ear: Ear, kind: Kind, conversation: str, shown: bytes, seconds: float) -> None:
        """To our own tabs at once, to the other processes through Redis."""
        self._set(ear.account, conversation, (kind, ear.user, self._process), shown, seconds)
        sign = Sign("lease", self._process, ear.account, kind, ear.user, msgspec.Raw(shown), seconds)
        self._bus.send(names.conversation(ear.account, conversation), _encode(sign))

    def _set(self, account: str, conversation: str, who: tuple[Kind, str, str], shown: bytes, seconds: float) -> None:
        leases = self._leases.setdefault((account, conversation), {})
        if seconds > 0:
            leases[who] = _Lease(_now() + seconds, shown)
        else:
            leases.pop(who, None)
        self._changed(account, conversation)

    def _changed(self, account: str, conversation: str) -> None:
        key = (account, conversation)
        leases = self._leases[key]
        frame = _frame(conversation, leases)
        if not leases:
            del self._leases[key]
        if frame == self._frames.get(key) or (not leases and key not in self._frames):
            return
        if leases:
            self._frames[key] = frame
        else:
            del self._frames[key]
        for ear in self._onlookers(account, conversation):
            self._whisper(ear, conversation, frame)

    def _whisper(self, ear: Ear, conversation: str, frame: bytes) -> None:
        if not ear.outbox.whisper(frame):
            self._owed.add((ear, conversation))


def _frame(conversation: str, leases: Leases) -> bytes:
    return text(
        b'{"op":"presence","conversation":%b,"viewing":[%b],"typing":[%b]}'
        % (_encode(conversation), _shown(leases, "viewing"), _shown(leases, "typing"))
    )


def _shown(leases: Leases, kind: Kind) -> bytes:
    """Each user once, in a steady order."""
    users = {user: lease.shown for (of, user, _), lease in leases.items() if of == kind}
    return b",".join(users[user] for user in sorted(users))


def _now() -> float:
    return asyncio.get_running_loop().time()
