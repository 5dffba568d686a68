"""The bus on a real Redis: fast, slow, frozen, killed and absent."""

import asyncio
import re
import threading
import time
from pathlib import Path

import pytest

from channels.bus import Bus
from channels.envelope import Envelope, encode, routes
from channels.line import READ_BYTES, SLICE_BYTES, Message
from tests.channels.conftest import running
from tests.fixtures.processes import ROOT
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.waiting import until
from tests.fixtures.wire import slow_wire


def an_event(position: int, **changes: object) -> Envelope:
    fields: dict[str, object] = {
        "account": "a",
        "position": position,
        "conversation": "c",
        "seq": position,
        "reach": "participants",
        "pool": False,
        "audience": ("u",),
        "joined": (),
        "body": b'{"n":%d}' % position,
    }
    return Envelope(**{**fields, **changes})  # type: ignore[arg-type]


def collect(bus: Bus) -> list[Message]:
    got: list[Message] = []
    bus.receive = got.extend
    return got


async def test_what_one_process_publishes_another_receives_in_order(redis_url: str) -> None:
    async with running(redis_url) as one, running(redis_url) as other:
        got = collect(other)
        assert await other.subscribe(["partyline:{a}:conversation:c"])
        events = [an_event(n) for n in range(1, 300)]
        one.publish(events)
        await until(lambda: len(got) == 299)
        assert [data for _, data in got] == [encode(event) for event in events]


async def test_the_rights_that_the_document_gives_to_its_user_are_enough(own_redis: RedisServer) -> None:
    document = (ROOT / "docs/operate/many-machines.md").read_text()
    [(rights, channels)] = re.findall(r"Give its user no more than `([^`]+)` on the channels `([^`]+)`", document)
    assert own_redis.ask(f"ACL SETUSER partyline on >secret resetchannels &{channels} -@all {rights}") == b"+OK\r\n"
    assert own_redis.ask("ACL SETUSER default off") == b"+OK\r\n"
    url = own_redis.url.replace("unix://", "unix://partyline:secret@")
    async with running(url) as one, running(url) as other:
        got = collect(other)
        assert await other.subscribe(["partyline:{a}:conversation:c"])
        one.publish([an_event(1)])
        await until(lambda: got)
        assert one.counters.publish_failures == 0


async def test_everything_of_one_read_is_handed_over_at_once(redis_url: str) -> None:
    async with running(redis_url) as one, running(redis_url) as other:
        calls: list[int] = []
        other.receive = lambda messages: calls.append(len(messages))
        await other.subscribe(["partyline:{a}:conversation:c"])
        one.publish([an_event(n) for n in range(1000)])
        await until(lambda: sum(calls) == 1000)
        assert len(calls) < 100


async def test_messages_larger_than_what_is_read_at_once_come_whole_and_in_order(redis_url: str) -> None:
    async with running(redis_url) as one, running(redis_url) as other:
        got = collect(other)
        await other.subscribe(["partyline:{a}:conversation:c"])
        sent = [bytes([97 + n]) * size for n, size in enumerate((READ_BYTES + 7, 1, SLICE_BYTES, 3 * SLICE_BYTES + 5, 2))]
        for data in sent:
            one.send("partyline:{a}:conversation:c", data)
        await until(lambda: len(got) == len(sent))
        assert [data for _, data in got] == sent


async def test_on_a_slow_wire_a_subscription_returns_only_when_nothing_is_missed_any_more(shared_redis: RedisServer) -> None:
    async with slow_wire(shared_redis.socket) as wire, running(shared_redis.url) as one, running(f"redis://127.0.0.1:{wire.port}") as other:
        wire.delay = 0.2
        got = collect(other)
        began = time.monotonic()
        assert await other.subscribe(["partyline:{a}:conversation:slow"])
        assert time.monotonic() - began >= 0.4
        one.send("partyline:{a}:conversation:slow", b"first")
        await until(lambda: got)
        assert got == [(b"partyline:{a}:conversation:slow", b"first")]


async def test_a_second_subscriber_waits_for_the_confirmation_of_the_first(shared_redis: RedisServer) -> None:
    async with slow_wire(shared_redis.socket, delay=0.2) as wire, running(f"redis://127.0.0.1:{wire.port}") as bus:
        answers: list[bool] = []

        async def ask() -> None:
            answers.append(await bus.subscribe(["partyline:{a}:conversation:both"]))

        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(ask())
            group.create_task(ask())
        assert answers == [True, True]
        assert time.monotonic() - began >= 0.4


@pytest.mark.alone
async def test_without_redis_it_runs_and_nobody_waits(tmp_path: Path) -> None:
    async with running(f"unix://{tmp_path}/none.sock", healthy=False) as bus:
        began = time.monotonic()
        assert not await bus.subscribe(["partyline:{a}:conversation:c"])
        bus.publish([an_event(1)])
        assert time.monotonic() - began < 0.1
        assert not bus.healthy
        await until(lambda: bus.counters.publish_failures)


async def test_what_was_subscribed_without_redis_is_there_when_redis_comes_and_a_gap_is_told(own_redis: RedisServer) -> None:
    own_redis.kill()
    async with running(own_redis.url, healthy=False) as bus:
        gaps: list[bool] = []
        bus.gap = lambda: gaps.append(bus.healthy)
        got = collect(bus)
        assert not await bus.subscribe(["partyline:{a}:conversation:c"])
        own_redis.start()
        await until(lambda: bus.healthy)
        await until(lambda: gaps)
        bus.send("partyline:{a}:conversation:c", b"x")
        await until(lambda: got)


async def test_a_killed_redis_that_comes_back_has_all_subscriptions_again(own_redis: RedisServer) -> None:
    async with running(own_redis.url) as bus:
        gaps: list[int] = []
        bus.gap = lambda: gaps.append(1)
        got = collect(bus)
        channels = [f"partyline:{{a}}:conversation:{n}" for n in range(1200)]
        assert await bus.subscribe(channels)
        own_redis.kill()
        await until(lambda: gaps)
        gaps.clear()
        own_redis.start()
        await until(lambda: gaps)
        assert await bus.subscribe(channels)
        for channel in channels:
            bus.send(channel, b"again")
        await until(lambda: len(got) == 1200)
        assert bus.counters.reconnects >= 1


@pytest.mark.alone
async def test_a_frozen_redis_is_noticed_within_four_seconds_and_left_for_a_new_line(own_redis: RedisServer) -> None:
    async with running(own_redis.url) as bus:
        gaps: list[float] = []
        bus.gap = lambda: gaps.append(time.monotonic())
        own_redis.freeze()
        frozen_at = time.monotonic()
        try:
            await until(lambda: bus.counters.canaries_lost == 1)
            assert 2.0 < time.monotonic() - frozen_at < 4.0
            assert gaps[0] - frozen_at < 2.0, "what could not be published is a gap long before"
            assert not bus.healthy
            began = time.monotonic()
            assert not await bus.subscribe(["partyline:{a}:conversation:c"])
            assert time.monotonic() - began < 1.1
        finally:
            own_redis.thaw()
        await until(lambda: bus.healthy)


async def test_what_cannot_be_published_is_a_gap_at_once(own_redis: RedisServer) -> None:
    """The canary is missed only after three seconds; until then every event would wait for the steady sweep."""
    async with running(own_redis.url) as bus:
        gaps: list[float] = []
        bus.gap = lambda: gaps.append(time.monotonic())
        own_redis.freeze()
        began = time.monotonic()
        bus.publish([an_event(1)])
        try:
            await until(lambda: gaps)
            assert gaps[0] - began < 1.0
            assert not bus.healthy
        finally:
            own_redis.thaw()
        await until(lambda: bus.healthy)


async def test_a_line_that_only_sends_is_noticed_within_four_seconds(shared_redis: RedisServer) -> None:
    async with slow_wire(shared_redis.socket) as wire, running(f"redis://127.0.0.1:{wire.port}") as bus:
        gaps: list[int] = []
        bus.gap = lambda: gaps.append(1)
        wire.stall("down")
        await until(lambda: gaps)
        wire.let_go("down")
        await until(lambda: bus.healthy)


async def test_a_blocked_loop_is_no_silent_redis(bus: Bus) -> None:
    threading.Event().wait(3.3)
    published = bus.counters.published
    await until(lambda: bus.healthy and bus.counters.published > published + 2)
    assert (bus.counters.canaries_lost, bus.counters.reconnects) == (0, 0)


async def test_a_client_that_reads_too_slowly_is_cut_by_redis_and_told_a_gap(own_redis: RedisServer) -> None:
    assert own_redis.ask('CONFIG SET client-output-buffer-limit "pubsub 64kb 32kb 1"').startswith(b"+OK")
    async with slow_wire(own_redis.socket) as wire, running(own_redis.url) as one, running(f"redis://127.0.0.1:{wire.port}") as other:
        gaps: list[int] = []
        other.gap = lambda: gaps.append(1)
        await other.subscribe(["partyline:{a}:conversation:c"])
        wire.stall("down")
        for _ in range(20):
            one.publish([an_event(n, body=b"x" * 1000) for n in range(500)])
        # A pipeline that takes longer than half a second is given up, which says nothing of who reads slowly.
        await until(lambda: one.counters.published + one.counters.publish_failures + one.counters.publish_dropped >= 20_000)
        assert one.counters.published > 1_000
        wire.let_go("down")
        await until(lambda: gaps and other.healthy)


async def test_after_the_last_unsubscribe_nothing_comes(redis_url: str) -> None:
    async with running(redis_url) as bus:
        got = collect(bus)
        await bus.subscribe(["partyline:{a}:conversation:c", "partyline:{a}:conversation:d"])
        bus.unsubscribe(["partyline:{a}:conversation:c"])
        assert await bus.subscribe(["partyline:{a}:conversation:e"])
        bus.send("partyline:{a}:conversation:c", b"1")
        bus.send("partyline:{a}:conversation:d", b"2")
        await until(lambda: got)
        assert got == [(b"partyline:{a}:conversation:d", b"2")]


async def test_a_call_gets_its_own_channel_and_nobody_else_does(bus: Bus) -> None:
    got, woken = collect(bus), list[bytes]()
    bus.on("partyline:wake:timer", woken.append)
    assert await bus.subscribe(["partyline:wake:timer"])
    bus.send("partyline:wake:timer", b"{}")
    await until(lambda: woken == [b"{}"])
    assert got == []


def test_an_event_travels_where_somebody_it_concerns_may_listen() -> None:
    assert routes(an_event(1)) == ["partyline:{a}:feed", "partyline:{a}:conversation:c"]
    assert routes(an_event(1, reach="account", pool=True, joined=("v",))) == [
        "partyline:{a}:feed",
        "partyline:{a}:conversation:c",
        "partyline:{a}:account",
        "partyline:{a}:pool",
        "partyline:{a}:user:v",
    ]
    assert routes(an_event(1, reach="person", audience=("u", "v"))) == ["partyline:{a}:user:u", "partyline:{a}:user:v"]
    assert routes(an_event(1, reach="managers", conversation=None, seq=None)) == ["partyline:{a}:feed", "partyline:{a}:account"]


@pytest.mark.alone
async def test_a_bus_ends_whenever_it_is_told_to(redis_url: str) -> None:
    """On Python 3.11 `asyncio.wait_for`, by which the Redis client writes, may take a cancellation for its own."""
    for turns in range(80):
        bus = Bus(redis_url)
        async with asyncio.TaskGroup() as tasks:
            run = tasks.create_task(bus.run())
            await until(lambda bus=bus: bus.healthy)  # type: ignore[misc]
            bus.publish([an_event(1)])
            for _ in range(turns):
                await asyncio.sleep(0)
            run.cancel()
            ended, _ = await asyncio.wait([run], timeout=1)
            run.cancel()
        assert ended, f"told after {turns} turns of the loop"
