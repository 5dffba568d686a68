"""One browser tab: a reader and a pulse that live and die together, and what each frame does."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from channels.ear import Ear
from channels.frames import Outbox, frame
from channels.hub import Hub
from channels.presence import Presence
from server.desk.identity import Session
from server.desk.stream import Page, Stream
from server.live.missed import Over, write
from server.live.pace import Pace
from server.live.protocol import (
    BAD_FRAMES,
    BadFrame,
    Close,
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
from server.live.wire import WireProtocol
from server.log import get_logger

log = get_logger(__name__)

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
"""ASGI's."""


class Tab:
    """`retry_ms` says how long a tab that is sent away shall wait before it comes back."""

    def __init__(
        self, wire: WireProtocol, session: Session, *, hub: Hub, stream: Stream, presence: Presence, pace: Pace, retry_ms: Callable[[], int]
    ) -> None:
        user = session.user
        self.session = session
        self.ear = Ear(user.account, user.id, manager=user.manages, outbox=Outbox(wire.transport, hub.turn))
        self._wire = wire
        self._hub = hub
        self._stream = stream
        self._presence = presence
        self._pace = pace
        self._retry_ms = retry_ms
        self._user = {"id": user.id, "name": user.name, "role": str(user.role)}
        self._shown = msgspec.json.encode(self._user)
        self._watching = Watching(self.ear, wire, hub, stream, pace.watches)
        self._viewing: str | None = None
        self._rate = FrameRate(pace)
        self._senseless = 0
        self._entered = False
        self._resumed = False
        self._heard_at = asyncio.get_running_loop().time()
        wire.tab = self

    async def run(self, receive: Receive) -> None:
        """Until the socket is gone."""
        try:
            account = await self._hub.account(self.ear.account)
            self._push(hello(self._user, self._hub.sweep.epoch, account.floor, self._pace))
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read(receive))
                group.create_task(self._pulse())
        except* Over:
            pass
        except* Exception:
            # The tab's outermost loop: the database is away or worse. The browser comes back, and reads again what it missed.
            log.warning("A tab is sent away", exc_info=True)
            self.send_away()
        finally:
            self._leave()

    def close(self, code: int) -> None:
        """Says why, and ends the connection soon, whether the peer reads or not."""
        outbox = self.ear.outbox
        if not outbox.closed:
            outbox.flush()
            outbox.closed = True
            self._wire.finish(code)

    def send_away(self) -> None:
        """The tab shall come back, a little later than others."""
        self._push({"op": "bye", "code": int(Close.COME_BACK), "retry_ms": self._retry_ms()})
        self.close(Close.COME_BACK)

    def pinged(self) -> None:
        if not self._rate.allows(_now()):
            self.close(Close.TOO_MANY_FRAMES)

    def drain(self) -> None:
        self.send_away()

    def cut(self) -> None:
        self.ear.outbox.cut()

    async def _read(self, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                raise Over
            if self.ear.outbox.closed:
                continue
            if message.get("text") is None:
                self.close(Close.BINARY)
            elif not self._rate.allows(_now()):
                self.close(Close.TOO_MANY_FRAMES)
            else:
                await self._take(message["text"])

    async def _pulse(self) -> None:
        """Pings, and ends a tab that does not answer."""
        pace, began = self._pace, _now()
        ping_at = began + pace.ping_seconds
        while not self.ear.outbox.closed:
            deadline = self._heard_at + pace.pong_seconds
            if not self._resumed:
                deadline = min(deadline, began + pace.first_frame_seconds)
            now = _now()
            if now >= deadline:
                self.close(Close.NO_PONG)
                return
            if now >= ping_at:
                ping_at += pace.ping_seconds
                if self.ear.told >= 0:
                    self._push({"op": "ping", "position": self.ear.told})
            await asyncio.sleep(max(0.0, min(deadline, ping_at) - now))

    async def _take(self, text: str) -> None:
        try:
            asked = parse(text)
            if isinstance(asked, Pong):
                self._heard_at = _now()
            elif isinstance(asked, Resume):
                await self._resume(asked)
            elif not self._resumed:
                raise BadFrame(senseless=True)
            elif isinstance(asked, Watch):
                await self._watching.watch(asked)
            elif isinstance(asked, Unwatch):
                self._watching.unwatch(asked)
            else:
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
        account = await self._hub.account(ear.account)
        ear.hold()
        self._entered = True
        await self._hub.enter(ear)
        page, parts = await self._stream.unasked(user, asked.position)
        why = _why_not(asked, page)
        self._watching.origin = page.position if why or asked.position is None else asked.position
        if why:
            ear.reset(page.position, why)
        else:
            await write(ear, self._wire, page.events)
            while page.more:
                ear.hold()
                page, _ = await self._stream.unasked(user, page.events[-1].position)
                await write(ear, self._wire, page.events)
            ear.serve(page.position)
        account.know(parts, page.position)
        await self._hub.attend(ear, parts)
        ear.let_go()
        ear.tell(max(page.position, account.floor) if why is None else account.floor)

    async def _be_seen(self, asked: Typing | Viewing) -> None:
        ear, conversation = self.ear, asked.conversation
        if conversation is not None and not await self._knows(conversation):
            self._push(error("not_found"))
        elif isinstance(asked, Typing):
            self._presence.type(ear, self._shown, asked.conversation)
        elif conversation != self._viewing:
            await self._view(conversation)

    async def _view(self, conversation: str | None) -> None:
        ear, before = self.ear, self._viewing
        self._viewing = conversation
        if before is not None:
            self._hub.look_away(ear, before, "view")
        new = conversation is not None and await self._hub.look(ear, conversation, "view")
        self._presence.view(ear, self._shown, conversation)
        if conversation is not None:
            self._presence.show(ear, conversation)
            if new:
                self._presence.ask(ear.account, conversation)

    async def _knows(self, conversation: str) -> bool:
        return (
            conversation == self._viewing
            or self._watching.has(conversation)
            or await self._stream.has(self.ear.account, plausible(conversation))
        )

    def _push(self, message: dict[str, Any]) -> None:
        self.ear.outbox.push(frame(message))

    def _leave(self) -> None:
        if self._entered:
            self._presence.gone(self.ear)
            if self._viewing is not None:
                self._hub.look_away(self.ear, self._viewing, "view")
            self._watching.stop()
            self._hub.leave(self.ear)


def _why_not(asked: Resume, page: Page) -> str | None:
    """Why the tab must load anew instead: it comes from another database, from the future, or from too long ago."""
    if asked.epoch is not None and asked.epoch != page.epoch:
        return "epoch"
    if asked.position is not None and asked.position > page.position:
        return "epoch"
    return "too_far" if page.too_far else None


def _now() -> float:
    return asyncio.get_running_loop().time()
