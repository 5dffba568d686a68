"""One browser tab: what each frame does, and its pulse. Nothing of it runs while it is idle."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import msgspec

from channels.ear import Ear
from channels.frames import Outbox, frame
from channels.hub import Hub
from channels.presence import Presence
from server.desk.identity import Session
from server.desk.stream import Stream
from server.domain.user import User
from server.live.missed import Over, catch_up
from server.live.pace import Pace
from server.live.protocol import (
    BAD_FRAMES,
    BadFrame,
    Close,
    Frame,
    FrameRate,
    Pong,
    Resume,
    Typing,
    Unwatch,
    Viewing,
    Watch,
    error,
    hello,
    parse,
    plausible,
)
from server.live.watching import Watching
from server.live.wire import Wire
from server.log import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Around:
    """What the tabs of a process share. `retry_ms` says how long a tab that is sent away shall wait before it comes back, `work` runs
    what never raises, and `left` is told when nothing of a tab is left."""

    hub: Hub
    stream: Stream
    presence: Presence
    pace: Pace
    retry_ms: Callable[[], int]
    work: Callable[[Coroutine[Any, Any, None]], object]
    left: Callable[["Tab"], None]


class Tab:
    """Frames are answered one after the other. `answer` is what the handshake is answered.

    `due`: when it wants its next `beat`, in seconds of the loop's clock.
    """

    __slots__ = (
        "_around",
        "_asked",
        "_entered",
        "_heard_at",
        "_is_over",
        "_opened_at",
        "_ping_at",
        "_rate",
        "_resumed",
        "_senseless",
        "_viewing",
        "_watching",
        "_wire",
        "due",
        "ear",
        "session",
    )

    def __init__(self, wire: Wire, answer: bytes, session: Session, around: Around) -> None:
        user, pace, hub = session.user, around.pace, around.hub
        self.session = session
        self.ear = Ear(user.account, user.id, manager=user.manages, outbox=Outbox(wire.transport, hub.turn))
        self._wire = wire
        self._around = around
        self._watching = Watching(self.ear, wire, hub, around.stream, pace.watches)
        self._viewing: str | None = None
        self._rate = FrameRate(pace)
        self._senseless = 0
        self._entered = False
        self._resumed = False
        self._is_over = False
        self._asked: list[Frame | BadFrame] | None = None
        """What is being answered or waits for it; None while nobody is at work on it."""
        self._opened_at = self._heard_at = _now()
        self._ping_at = self._opened_at + pace.ping_seconds
        self.due = self._opened_at
        wire.tab = self
        shown = {"id": user.id, "name": user.name, "role": str(user.role)}
        self.ear.outbox.push(answer)
        self._push(hello(shown, hub.sweep.epoch, hub.accounts[user.account].floor, pace))
        self.ear.outbox.flush()

    def heard(self, text: str | None) -> None:
        if self.ear.outbox.closed:
            return
        if text is None:
            self.close(Close.BINARY)
            return
        now = _now()
        if not self._rate.allows(now):
            self.close(Close.TOO_MANY_FRAMES)
            return
        asked = _parsed(text)
        if isinstance(asked, Pong):
            self._heard_at = now
        elif self._asked is None:
            self._asked = [asked]
            self._around.work(self._work(self._asked))
        else:
            self._asked.append(asked)
            self._wire.pause()

    def close(self, code: int) -> None:
        """Says why, and ends the connection soon, whether the peer reads or not."""
        outbox = self.ear.outbox
        if not outbox.closed:
            outbox.flush()
            outbox.closed = True
            self._wire.finish(code)
            self.gone()

    def send_away(self) -> None:
        """The tab shall come back, a little later than others."""
        self._push({"op": "bye", "code": int(Close.COME_BACK), "retry_ms": self._around.retry_ms()})
        self.close(Close.COME_BACK)

    def pinged(self) -> None:
        if not self._rate.allows(_now()):
            self.close(Close.TOO_MANY_FRAMES)

    def took(self) -> None:
        """While it is sent what it missed, its pongs may come late: that it takes it proves enough."""
        if self.ear.held is not None:
            self._heard_at = _now()

    def excuse(self, seconds: float) -> None:
        """This process itself stood still for so long: that proves nothing."""
        self._heard_at += seconds
        self._opened_at += seconds

    def drain(self) -> None:
        if not self.ear.outbox.closed:
            self.send_away()

    def cut(self) -> None:
        self.ear.outbox.cut()

    def gone(self) -> None:
        self.ear.outbox.closed = True
        if not self._is_over:
            self._is_over = True
            if self._asked is None:
                asyncio.get_running_loop().call_soon(self._leave)

    def beat(self, now: float) -> None:
        """Pings, and ends a tab that does not answer."""
        pace = self._around.pace
        deadline = self._heard_at + pace.pong_seconds
        if not self._resumed:
            deadline = min(deadline, self._opened_at + pace.first_frame_seconds)
        if now >= deadline:
            self.close(Close.NO_PONG)
        elif now >= self._ping_at and self.ear.held is None:
            # While older events are being written no N is told: a tab may take it for theirs.
            self._ping_at += pace.ping_seconds
            if self.ear.told >= 0:
                self._push({"op": "ping", "position": self.ear.told})
        self.due = min(deadline, self._ping_at)

    async def _work(self, asked: list[Frame | BadFrame]) -> None:
        try:
            try:
                while asked and not self.ear.outbox.closed:
                    await self._take(asked.pop(0))
            finally:
                self._asked = None
                if self._is_over:
                    self._leave()
                else:
                    self._wire.read_on()
        except Over:
            pass
        except Exception:
            # The tab's outermost loop: the database is away or worse. The browser comes back, and reads again what it missed.
            log.warning("A tab is sent away", exc_info=True)
            self.send_away()

    async def _take(self, asked: Frame | BadFrame) -> None:
        try:
            if isinstance(asked, BadFrame):
                raise asked
            if isinstance(asked, Resume):
                await self._resume(asked)
            elif not self._resumed:
                raise BadFrame(senseless=True)
            elif isinstance(asked, Watch):
                await self._watching.watch(asked)
            elif isinstance(asked, Unwatch):
                self._watching.unwatch(asked)
            elif not isinstance(asked, Pong):
                await self._be_seen(asked)
        except BadFrame as bad:
            self._push(error("bad_request", bad.id))
            self._senseless += bad.senseless
            if self._senseless == BAD_FRAMES:
                self.close(Close.BAD_FRAMES)

    async def _resume(self, asked: Resume) -> None:
        """Listens first, then reads up to a head of the database, then lets go what came meanwhile and is newer."""
        if self._resumed:
            raise BadFrame(senseless=False)
        self._resumed = True
        ear, user = self.ear, self.session.user
        account = await self._around.hub.account(ear.account)
        ear.hold()
        self._entered = True
        await self._around.hub.enter(ear)
        page, why, parts = await catch_up(ear, self._wire, self._around.stream, user, asked)
        self._watching.origin = page.position if why or asked.position is None else asked.position
        account.know(parts, page.position)
        await self._around.hub.attend(ear, parts)
        ear.let_go()
        ear.tell(max(page.position, account.floor) if why is None else account.floor)

    async def _be_seen(self, asked: Typing | Viewing) -> None:
        ear, conversation = self.ear, asked.conversation
        if conversation is not None and not await self._knows(conversation):
            self._push(error("not_found"))
        elif isinstance(asked, Typing):
            self._around.presence.type(ear, _shown(self.session.user), asked.conversation)
        elif conversation != self._viewing:
            await self._view(conversation)

    async def _view(self, conversation: str | None) -> None:
        ear, before = self.ear, self._viewing
        self._viewing = conversation
        if before is not None:
            self._around.hub.look_away(ear, before, "view")
        new = conversation is not None and await self._around.hub.look(ear, conversation, "view")
        self._around.presence.view(ear, _shown(self.session.user), conversation)
        if conversation is not None:
            self._around.presence.show(ear, conversation)
            if new:
                self._around.presence.ask(ear.account, conversation)

    async def _knows(self, conversation: str) -> bool:
        return (
            conversation == self._viewing
            or self._watching.has(conversation)
            or await self._around.stream.has(self.ear.account, plausible(conversation))
        )

    def _push(self, message: dict[str, Any]) -> None:
        self.ear.outbox.push(frame(message))

    def _leave(self) -> None:
        self._around.left(self)
        if self._entered:
            self._around.presence.gone(self.ear)
            if self._viewing is not None:
                self._around.hub.look_away(self.ear, self._viewing, "view")
            self._watching.stop()
            self._around.hub.leave(self.ear)


def _parsed(text: str) -> Frame | BadFrame:
    try:
        return parse(text)
    except BadFrame as bad:
        return bad


def _shown(user: User) -> bytes:
    return msgspec.json.encode({"id": user.id, "name": user.name, "role": str(user.role)})


def _now() -> float:
    return asyncio.get_running_loop().time()
