"""One account in a process: each event once, in order, in one frame for each tab, the same bytes for tabs that get the same."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from channels.account import Account
from channels.counters import Counters
from channels.ear import Ear
from channels.envelope import Envelope
from channels.frames import Outbox, Turn
from channels.groups import Group, Person
from tests.fixtures.waiting import PATIENCE_SECONDS

ACCOUNT = "a"


class Room:
    """An account whose tabs write to real sockets, read here without websocket masks."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.joined: list[tuple[str, str]] = []
        self.noticed: list[Envelope] = []
        self.turn = Turn(self.counters)
        self.account = Account(ACCOUNT, 0, self.turn, self._join, self.noticed.append)
        self._far: dict[Ear, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}
        self._transports: list[asyncio.Transport] = []

    async def tab(self, user: str, *, manager: bool = False) -> Ear:
        near, far = socket.socketpair()
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=near)
        self._transports.append(transport)
        ear = Ear(ACCOUNT, user, manager=manager, outbox=Outbox(transport, self.turn))
        ear.serve(0)
        self._far[ear] = await asyncio.open_connection(sock=far)
        person = self.account.people.setdefault(user, Person(user))
        for group in (self.account.everyone, person, *([self.account.managers] if manager else [])):
            group.ears[ear] = None
        return ear

    async def frame(self, ear: Ear) -> bytes:
        """The next text frame's payload, which must have come by now."""
        reader = self._far[ear][0]
        async with asyncio.timeout(PATIENCE_SECONDS):
            first, size = await reader.readexactly(2)
            assert first == 0x81
            if size == 126:
                size = int.from_bytes(await reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await reader.readexactly(8), "big")
            return await reader.readexactly(size)

    async def positions(self, ear: Ear) -> list[int]:
        frame: dict[str, Any] = json.loads(await self.frame(ear))
        assert frame["op"] == "events"
        return [event["position"] for event in frame["events"]]

    async def is_silent(self, ear: Ear) -> bool:
        ear.outbox.push(b"\x81\x03end")
        return await self.frame(ear) == b"end"

    def close(self) -> None:
        for transport in self._transports:
            transport.abort()
        for _, writer in self._far.values():
            writer.transport.abort()

    def _join(self, account: str, person: Person, conversation: str) -> None:
        assert account == ACCOUNT
        person.attended.add(conversation)
        self.joined.append((person.user, conversation))


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    room = Room()
    yield room
    room.close()
    await asyncio.sleep(0)


def an_event(position: int, conversation: str | None = "c", seq: int | None = None, **changes: Any) -> Envelope:
    fields: dict[str, Any] = {"reach": "participants", "pool": False, "audience": (), "joined": ()} | changes
    return Envelope(account=ACCOUNT, position=position, conversation=conversation, seq=seq, body=b'{"position":%d}' % position, **fields)


async def test_an_event_that_came_over_three_channels_is_dispatched_once(room: Room) -> None:
    ear = await room.tab("u")
    event = an_event(1, seq=1, audience=("u",))
    assert room.account.arrive([event, event, event]) == (False, False)
    room.account.arrive([event])
    room.account.swept([event])
    assert await room.positions(ear) == [1]
    assert await room.is_silent(ear)
    assert (room.counters.dispatched, room.counters.repeated) == (1, 3)


async def test_a_gap_waits_for_the_sweep_and_nothing_overtakes_it(room: Room) -> None:
    ear = await room.tab("u")
    events = [an_event(n, seq=n, audience=("u",)) for n in range(1, 6)]
    assert room.account.arrive([events[0], events[2], events[3]]) == (True, False)
    assert await room.positions(ear) == [1]
    room.account.swept(events[1:4])
    assert await room.positions(ear) == [2, 3, 4]
    assert room.account.arrive([events[4]]) == (False, False)
    assert await room.positions(ear) == [5]
    assert room.account.floor == 5


async def test_a_conversation_seen_for_the_first_time_in_its_middle_is_only_a_hint(room: Room) -> None:
    await room.tab("u")
    assert room.account.arrive([an_event(9, seq=4, audience=("u",))]) == (True, False)
    assert room.account.arrive([an_event(10, "new", seq=1, audience=("u",))]) == (False, False)


async def test_what_a_snapshot_says_of_seqs_counts_only_when_all_of_it_was_dispatched(room: Room) -> None:
    await room.tab("u")
    room.account.know({"c": 4}, 3)
    assert room.account.arrive([an_event(9, seq=5, audience=("u",))]) == (True, False)
    room.account.swept([an_event(n, None) for n in range(1, 4)])
    room.account.know({"c": 4}, 3)
    assert room.account.arrive([an_event(9, seq=5, audience=("u",))]) == (False, False)


async def test_the_floor_rises_over_what_came_early(room: Room) -> None:
    await room.tab("u")
    room.account.arrive([an_event(2, "x", seq=1), an_event(4, "y", seq=1)])
    assert room.account.floor == 0
    room.account.arrive([an_event(1, "z", seq=1)])
    assert room.account.floor == 2
    room.account.swept([an_event(3, None), an_event(4, "y", seq=1)])
    assert (room.account.floor, room.account.above) == (4, set())
    assert room.counters.swept == 1


async def test_an_event_without_a_seq_is_dispatched_only_when_nothing_can_be_before_it(room: Room) -> None:
    ear = await room.tab("u")
    first, second = (an_event(n, None, reach="account") for n in (1, 2))
    assert room.account.arrive([second]) == (False, True)
    assert await room.is_silent(ear)
    assert room.account.arrive([first]) == (False, False)
    assert room.account.arrive([second]) == (False, False)
    assert await room.positions(ear) == [1]
    assert await room.positions(ear) == [2]
    assert room.noticed == [first, second]


async def test_all_events_of_a_read_come_in_one_frame_each_once_and_in_order(room: Room) -> None:
    manager, agent, stranger = await room.tab("m", manager=True), await room.tab("u"), await room.tab("s")
    room.account.feed.ears[manager] = None
    room.account.pool.ears[manager] = None
    room.account.pool.ears[stranger] = None
    room.account.watched["c"] = Group()
    room.account.watched["c"].ears[agent] = None
    room.account.deliver(
        [
            an_event(1, audience=("u", "m"), pool=True),
            an_event(2, "d"),
            an_event(3, "d", audience=("u",), reach="account", pool=True),
            an_event(4, None, reach="managers"),
            an_event(5, "d", audience=("m",), reach="person"),
        ]
    )
    assert await room.positions(manager) == [1, 2, 3, 4, 5]
    assert await room.positions(agent) == [1, 3]
    assert await room.positions(stranger) == [1, 3]
    for ear in (manager, agent, stranger):
        assert await room.is_silent(ear)


async def test_a_participant_who_also_watches_gets_an_event_once(room: Room) -> None:
    ear = await room.tab("u")
    room.account.watched["c"] = Group()
    room.account.watched["c"].ears[ear] = None
    room.account.deliver([an_event(1, audience=("u",)), an_event(2), an_event(3, audience=("u",))])
    assert await room.positions(ear) == [1, 2, 3]


async def test_tabs_that_get_the_same_share_the_same_bytes(room: Room) -> None:
    tabs = [await room.tab("m", manager=True) for _ in range(3)] + [await room.tab("u") for _ in range(2)]
    for ear in tabs[:3]:
        room.account.feed.ears[ear] = None
    room.account.deliver([an_event(1, audience=("u",)), an_event(2)])
    for ear in tabs:
        ear.outbox.push(b"\x81\x03end")
    waiting = [ear.outbox._frames for ear in tabs]
    assert [len(each) for each in waiting] == [2] * 5
    assert waiting[0][0] is waiting[1][0] is waiting[2][0]
    assert waiting[3][0] is waiting[4][0]


async def test_everything_of_one_loop_turn_is_one_write_and_its_events_one_frame(room: Room) -> None:
    ear = await room.tab("u")
    for position in range(1, 4):
        room.account.deliver([an_event(position, audience=("u",))])
    assert len(ear.outbox.bodies) == 3
    await asyncio.sleep(0)
    assert ear.outbox.bodies == []
    assert await room.positions(ear) == [1, 2, 3]


async def test_a_tab_that_reads_for_itself_gets_nothing_twice_and_in_order(room: Room) -> None:
    ear, other = await room.tab("u"), await room.tab("u")
    ear.hold()
    room.account.deliver([an_event(n, audience=("u",)) for n in (4, 5, 6)])
    ear.serve(5)
    ear.let_go()
    await asyncio.sleep(0)
    room.account.deliver([an_event(n, audience=("u",)) for n in (3, 5, 7)])
    assert await room.positions(ear) == [6]
    assert await room.positions(ear) == [7]
    assert await room.positions(other) == [4, 5, 6]


async def test_while_older_events_may_still_come_a_tab_gets_none_that_it_has_read(room: Room) -> None:
    ear = await room.tab("u")
    ear.serve(3)
    room.account.arrive([an_event(4, "x", seq=1, audience=("u",))])
    room.account.arrive([an_event(1, "y", seq=1, audience=("u",)), an_event(2, "z", seq=1, audience=("u",))])
    ear.outbox.push(b"\x81\x03end")
    room.account.arrive([an_event(3, "v", seq=1, audience=("u",)), an_event(5, "w", seq=1, audience=("u",))])
    assert await room.positions(ear) == [4]
    assert await room.frame(ear) == b"end"
    assert await room.positions(ear) == [5]
    assert ear.straight is ear.outbox.bodies


async def test_what_a_watch_has_read_does_not_come_again_and_the_rest_does(room: Room) -> None:
    ear = await room.tab("u")
    ear.cover(5, lambda event: event.conversation == "c", floor=0)
    room.account.deliver([an_event(4, "c", audience=("u",)), an_event(5, "d", audience=("u",)), an_event(6, "c", audience=("u",))])
    assert await room.positions(ear) == [5, 6]


async def test_a_user_found_in_an_audience_attends_the_conversation_from_then_on(room: Room) -> None:
    await room.tab("u")
    room.account.deliver([an_event(1, audience=("u", "elsewhere")), an_event(2, audience=("u",))])
    assert room.joined == [("u", "c")]


async def test_a_tab_whose_held_events_grow_too_large_is_cut(room: Room) -> None:
    ear = await room.tab("u")
    ear.hold()
    big = Envelope(ACCOUNT, 1, "c", 1, "participants", False, ("u",), (), b"x" * 100_000)
    for _ in range(3):
        ear.give([big])
    assert ear.outbox.closed
    assert room.counters.cut == 1


async def test_after_a_restored_backup_everybody_is_reset(room: Room) -> None:
    ear, reading = await room.tab("u"), await room.tab("u")
    reading.hold()
    room.account.swept([an_event(n, seq=n) for n in range(1, 9)])
    room.account.restart(3)
    assert json.loads(await room.frame(ear)) == {"op": "reset", "position": 3, "why": "epoch"}
    assert reading.outbox.closed
    assert room.account.arrive([an_event(4, seq=1, audience=("u",))]) == (False, False)
    assert await room.positions(ear) == [4]


async def test_only_so_many_conversations_are_remembered_and_one_that_was_forgotten_is_read_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.account.KNOWN", 10)
    ear = await room.tab("u")
    room.account.arrive([an_event(number, f"c{number}", 1, audience=("u",)) for number in range(1, 101)])
    assert len(room.account.seqs) <= 10
    more = an_event(101, "c1", 2, audience=("u",))
    assert room.account.arrive([more]) == (True, False)
    room.account.swept([more])
    assert await room.positions(ear) == list(range(1, 102))
    assert room.account.arrive([an_event(102, "c1", 3)]) == (False, False)
