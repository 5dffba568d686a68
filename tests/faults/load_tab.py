"""One of many tabs of the load client: speaks the contract's websocket, applies by number, and writes down what it was given.

It resumes from the last N of `ready`, `ping` or `reset`; of a conversation that it receives whole it applies only the event after its
last, drops an older one and asks `watch … after` for a gap; others it takes as they come. It comes back by itself, to any process that
answers, after the waits of the page's own socket.
"""

import asyncio
import json
import random
import time
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from tests.faults.ledger import Book, Given

NOT_BACK = {4401, 4409}
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0


class _User(msgspec.Struct, gc=False):
    id: str


class _Row(msgspec.Struct, gc=False):
    owner: _User | None = None
    subscribers: list[_User] = []


class _Data(msgspec.Struct, gc=False):
    conversation: _Row | str | None = None
    user: _User | None = None


class _Event(msgspec.Struct, gc=False):
    type: str
    conversation: str | None
    seq: int | None
    position: int
    data: _Data


class _Frame(msgspec.Struct, gc=False):
    op: str
    events: list[_Event] = []
    position: int = 0
    epoch: str | None = None
    id: int = 0
    seq: int = 0
    why: str = ""
    retry_ms: int = 0


_decode = msgspec.json.Decoder(_Frame).decode


class Spec(msgspec.Struct):
    """What a tab is told at its start. `parts`: the conversations its user takes part in, each with its last number, read while nothing
    is written."""

    tab: str
    account: str
    user: str
    token: str
    manager: bool
    parts: dict[str, int]
    topics: tuple[str, ...] = ()
    watched: dict[str, int] = {}


class LoadTab:
    """`ports` are those of the processes, which may change."""

    def __init__(self, spec: Spec, ports: list[int], host: str, chance: random.Random, *, resumes: bool = True) -> None:
        self.book = Book(spec.tab, spec.user, spec.manager, began=-1, n=-1, topics=spec.topics, watched=spec.watched, account=spec.account)
        self.port: int | None = None
        self.over = False
        self.must_come_back = 0
        """Before this connection it is not current, whatever it knows: a tab may not have noticed yet that it was cut."""
        self.current_at = 0.0
        self._spec = spec
        self._ports = ports
        self._host = host
        self._chance = chance
        self._resumes = resumes
        self._epoch: str | None = None
        self._parts = set(spec.parts)
        self._seqs = dict(spec.parts) | spec.watched
        self._applied: set[int] = set()
        self._asked: dict[int, str] = {}
        self._asked_here: set[str] = set()
        self._behind: dict[str, int] = {}
        """Topics of which not everything up to N may be here, and from where on: what is missing comes after N has moved."""
        self._topics_asked: dict[int, str] = {}
        self._promised: dict[str, int] = {}
        self._until: dict[str, int] = {}
        self._ids = 0
        self._failures = 0
        self._told: float | None = None

    def mark(self, port: int | None) -> None:
        """What is at this port, or at any, is about to be cut."""
        if port is None or self.port == port:
            self.must_come_back = self.book.connections + 1

    def current(self, head: int) -> bool:
        """It is connected, anew if it was to be cut, and was told of this position."""
        return self.port is not None and self.book.connections >= self.must_come_back and self.book.n >= head

    async def run(self) -> None:
        """Until it is told not to come back."""
        while not self.over:
            socket = await self._connect()
            if socket is not None:
                self._begin()
                try:
                    async with socket:
                        while True:
                            await self._take(socket, _decode(await socket.recv(decode=False)))
                except ConnectionClosed:
                    pass
                self.port = None
                self.book.codes.append(socket.close_code or 0)
                self.over = socket.close_code in NOT_BACK
            self._failures += 1
            wait, self._told = self._told, None
            await asyncio.sleep(self._wait() if wait is None else wait)

    def _wait(self) -> float:
        most: float = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(self._failures - 1, 6))
        return most / 2 + self._chance.random() * most / 2

    async def _connect(self) -> ClientConnection | None:
        """To one of the processes, as a proxy before them finds one that answers."""
        for port in self._chance.sample(self._ports, len(self._ports)):
            try:
                made = await connect(
                    f"ws://{self._host}/ws",
                    host="127.0.0.1",
                    port=port,
                    additional_headers={"Authorization": f"Bearer {self._spec.token}"},
                    subprotocols=[Subprotocol("partyline.v1")],
                    compression=None,
                    ping_interval=None,
                    open_timeout=15,
                    close_timeout=1,
                    max_size=2**22,
                    proxy=None,
                )
            except InvalidHandshake:
                return None
            except (OSError, TimeoutError):
                continue
            self.port = port
            return made
        return None

    def _begin(self) -> None:
        self.book.connections += 1
        self._asked.clear()
        self._asked_here.clear()
        self._topics_asked.clear()
        self._promised.clear()
        self._until.clear()

    async def _take(self, socket: ClientConnection, frame: _Frame) -> None:
        op, book = frame.op, self.book
        if op == "events":
            now = time.time()
            for event in frame.events:
                await self._event(socket, event, now)
        elif op == "ready":
            await self._be_ready(socket, frame.position)
        elif op == "ping":
            self._reach(frame.position)
            await socket.send('{"op":"pong"}')
        elif op == "hello":
            await self._greet(socket, frame)
        elif op == "ok":
            await self._confirmed(socket, frame)
        elif op == "reset":
            book.resets.append(frame.position)
            self._reach(frame.position)
            self._seqs.clear()
        elif op == "bye":
            self._told = frame.retry_ms / 1000

    async def _confirmed(self, socket: ClientConnection, frame: _Frame) -> None:
        """A watch is there: what was missed up to the number that it tells follows."""
        conversation = self._asked.pop(frame.id, None)
        if conversation is not None:
            self._until[conversation] = frame.seq
            await self._settle(socket, conversation)
        elif frame.id in self._topics_asked:
            self._promised[self._topics_asked.pop(frame.id)] = frame.position

    async def _be_ready(self, socket: ClientConnection, position: int) -> None:
        self._reach(position)
        if self.book.began < 0:
            self.book.began = position
            await self._watch_all(socket)

    async def _greet(self, socket: ClientConnection, frame: _Frame) -> None:
        self._failures = 0
        n = self.book.n
        known = {"position": n, "epoch": self._epoch} if n >= 0 and self._resumes else {}
        self._epoch = frame.epoch
        await self._say(socket, op="resume", **known)
        if n >= 0:
            await self._watch_all(socket)

    def _reach(self, position: int) -> None:
        for topic in [topic for topic, promised in self._promised.items() if position >= promised]:
            self._behind.pop(topic, None)
            del self._promised[topic]
        self.book.n = max(position, self.book.n)
        self.current_at = time.time()

    async def _event(self, socket: ClientConnection, event: _Event, now: float) -> None:
        id, seq, applies = event.conversation, event.seq, True
        if id is not None and seq is not None:
            last = self._seqs.get(id)
            if id in self._parts or id in self._spec.watched:
                applies = last is None or seq == last + 1
                if last is not None and seq > last + 1:
                    self.book.gaps += 1
                    await self._ask(socket, id, last)
            else:
                applies = event.position not in self._applied
            if applies:
                self._seqs[id] = max(seq, last or 0)
                self._note_part(id, event.data)
        asked = id in self._asked_here
        if applies:
            self._applied.add(event.position)
        self.book.given.append(Given(self.book.connections, event.position, id, seq, event.type, now, now if applies else 0.0, asked))
        if id in self._until and applies:
            await self._settle(socket, id)

    def _note_part(self, id: str, data: _Data) -> None:
        row = data.conversation
        if not isinstance(row, _Row):
            return
        me = self._spec.user
        if (row.owner is not None and row.owner.id == me) or any(user.id == me for user in row.subscribers):
            self._parts.add(id)
        else:
            self._parts.discard(id)

    async def _watch_all(self, socket: ClientConnection) -> None:
        """What is on screen, from where this tab has it: of a conversation that it takes part in, what it missed may come twice."""
        for topic in self._spec.topics:
            self._ids += 1
            self._topics_asked[self._ids] = topic
            after = {"after": self._behind.setdefault(topic, self.book.n)} if self._resumes else {}
            await self._say(socket, op="watch", id=self._ids, topic=topic, **after)
        for conversation in self._spec.watched:
            self._ids += 1
            after = {"after": self._seqs[conversation]} if self._resumes and conversation in self._seqs else {}
            if after:
                self._asked_here.add(conversation)
            await self._say(socket, op="watch", id=self._ids, conversation=conversation, **after)

    async def _ask(self, socket: ClientConnection, id: str, last: int) -> None:
        """For what is after the last that was applied, unless that is under way."""
        if id in self._asked.values() or not self._resumes:
            return
        self._ids += 1
        self._asked[self._ids] = id
        self._asked_here.add(id)
        await self._say(socket, op="watch", id=self._ids, conversation=id, after=last)

    async def _settle(self, socket: ClientConnection, id: str) -> None:
        """A watch that was only for a gap is let go when all of it is here."""
        if self._seqs.get(id, 0) >= self._until[id]:
            del self._until[id]
            if id not in self._spec.watched:
                self._ids += 1
                await self._say(socket, op="unwatch", id=self._ids, conversation=id)

    async def _say(self, socket: ClientConnection, **frame: Any) -> None:
        await socket.send(json.dumps(frame))
