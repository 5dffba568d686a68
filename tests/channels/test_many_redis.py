"""The bus on a master that Sentinels watch over and on a Cluster: both follow when the channels go elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice

import pytest
from redis.crc import key_slot
from redis.exceptions import AskError

from channels import names
from channels.address import parse
from channels.bus import Bus
from channels.envelope import encode
from channels.line import Message
from channels.ways import Shards
from server.wakes import Wakes
from tests.channels.conftest import running
from tests.channels.test_bus import an_event
from tests.fixtures.redis_many import RedisCluster, SentinelSet, redis_cluster
from tests.fixtures.waiting import until

ACCOUNTS = ("a", "b", "c", "d")
FEEDS = [names.feed(account) for account in ACCOUNTS]


@dataclass
class Heard:
    bus: Bus
    messages: list[Message] = field(default_factory=list)
    gaps: int = 0

    def gap(self) -> None:
        self.gaps += 1


@asynccontextmanager
async def two(url: str) -> AsyncIterator[tuple[Bus, Heard]]:
    """One publishes, the other one listens to what four accounts tell."""
    async with running(url) as one, running(url) as other:
        heard = Heard(other)
        other.receive, other.gap = heard.messages.extend, heard.gap
        assert await other.subscribe(FEEDS)
        yield one, heard


async def comes_through(one: Bus, heard: Heard) -> None:
    """In the end each account's feed is heard again, everything there is in order once it is."""

    async def each() -> bool:
        heard.messages.clear()
        for channel in FEEDS:
            one.send(channel, b"x")
        await asyncio.sleep(0.05)
        return {channel.decode() for channel, _ in heard.messages} == set(FEEDS)

    await until(each, within=20)
    await until(lambda: one.healthy and heard.bus.healthy, within=20)


async def test_in_a_cluster_each_account_is_heard_over_its_own_shard_in_order(cluster: RedisCluster) -> None:
    assert len({cluster.keeper(feed).port for feed in FEEDS}) > 1, "the accounts are to be on several shards"
    async with two(cluster.url) as (one, heard):
        for account in ACCOUNTS:
            one.publish([an_event(n, account=account) for n in range(1, 100)])
        await until(lambda: len(heard.messages) == 99 * len(ACCOUNTS))
        for account in ACCOUNTS:
            of_it = [data for channel, data in heard.messages if channel == names.feed(account).encode()]
            assert of_it == [encode(an_event(n, account=account)) for n in range(1, 100)]
        for feed in FEEDS:
            assert [cluster.listeners(master, feed) for master in cluster.masters] == [
                int(master is cluster.keeper(feed)) for master in cluster.masters
            ]


async def test_a_slot_that_moves_is_followed_by_who_listens_and_who_publishes_and_a_gap_is_told(
    cluster: RedisCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what the shards say at once, without the steady look at the whole Cluster."""
    monkeypatch.setattr("channels.ways.READ_SECONDS", 600.0)
    async with two(cluster.url) as (one, heard):
        gaps = heard.gaps
        after = await asyncio.to_thread(cluster.move, FEEDS[0])
        await until(lambda: heard.gaps > gaps and cluster.listeners(after, FEEDS[0]) == 1)
        heard.messages.clear()
        failures = one.counters.publish_failures
        one.send(FEEDS[0], b"there")
        await until(lambda: (FEEDS[0].encode(), b"there") in heard.messages)
        assert one.counters.publish_failures == failures
        await comes_through(one, heard)


async def test_while_a_slot_is_on_its_way_its_channels_are_told_and_heard_where_they_were(cluster: RedisCluster) -> None:
    """A key that is not there any more is to be asked for (ASK) at the other server then. A channel is not: nothing has to follow and
    nothing is late until the slot is given away."""
    feed = FEEDS[0]
    async with two(cluster.url) as (one, heard):
        before, after = await asyncio.to_thread(cluster.begin_move, feed)
        try:
            with pytest.raises(AskError):
                before.ask("GET", "{a}")
            gaps, failures = heard.gaps, one.counters.publish_failures
            one.publish([an_event(n, account="a") for n in range(1, 300)])
            await until(lambda: len(heard.messages) == 299)
            async with running(cluster.url) as late:
                assert await late.subscribe([names.pool("a"), feed]), "who comes now is let in where the others are"
                assert (cluster.listeners(before, feed), cluster.listeners(after, feed)) == (2, 0)
            assert [data for _, data in heard.messages] == [encode(an_event(n, account="a")) for n in range(1, 300)]
            assert (heard.gaps, one.counters.publish_failures) == (gaps, failures)
        finally:
            await asyncio.to_thread(cluster.end_move, feed, before, after)
        await until(lambda: cluster.listeners(after, feed) == 1)
        await comes_through(one, heard)


async def test_what_is_subscribed_after_a_slot_has_moved_is_subscribed_where_it_is_now(cluster: RedisCluster) -> None:
    async with running(cluster.url) as bus:
        await asyncio.to_thread(cluster.move, FEEDS[0])
        await bus.subscribe(FEEDS)
        await until(lambda: cluster.listeners(cluster.keeper(FEEDS[0]), FEEDS[0]) == 1)


async def test_a_canary_whose_slot_moves_goes_with_it_and_the_strand_that_is_left_takes_another(cluster: RedisCluster) -> None:
    """To a server of which nothing was wanted so far, whose own canary then has the name that the other one had."""
    async with running(cluster.url) as bus:
        home = cluster.keeper(names.canary(bus.process))
        at = cluster.masters.index(home)
        there, empty = (cluster.masters[(at + step) % len(cluster.masters)] for step in (1, 2))
        feeds = (names.feed(f"account{number}") for number in range(100))
        some = list(islice((feed for feed in feeds if cluster.keeper(feed) is there), 4))
        assert await bus.subscribe(some)
        canary = next(strand.canary for node, strand in bus._strands.items() if node.port == there.port)
        followed = next(feed for feed in some if key_slot(feed.encode()) == key_slot(canary))
        assert await asyncio.to_thread(cluster.move, followed) is empty
        await until(lambda: cluster.listeners(empty, followed) == 1)
        await until(lambda: bus.healthy)
        assert bus.counters.canaries_lost == 0


async def test_a_shard_that_dies_leaves_the_others_heard_and_is_heard_again_when_it_is_back(cluster: RedisCluster) -> None:
    async with two(cluster.url) as (one, heard):
        dead = cluster.keeper(FEEDS[0])
        alive = next(feed for feed in FEEDS if cluster.keeper(feed) is not dead)
        dead.kill()
        await until(lambda: not heard.bus.healthy)
        one.send(alive, b"still")
        await until(lambda: (alive.encode(), b"still") in heard.messages)
        await asyncio.to_thread(dead.start)
        await comes_through(one, heard)


async def test_a_frozen_shard_is_noticed_by_the_canary_that_goes_through_it(cluster: RedisCluster) -> None:
    async with two(cluster.url) as (one, heard):
        frozen = cluster.keeper(FEEDS[0])
        frozen.freeze()
        try:
            await until(lambda: heard.bus.counters.canaries_lost > 0)
        finally:
            frozen.thaw()
        await comes_through(one, heard)


async def test_a_server_that_has_left_a_cluster_has_no_connection_of_who_asked_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.ways.READ_SECONDS", 0.01)
    monkeypatch.setattr("channels.ways.DOUBT_SECONDS", 0.01)
    with redis_cluster() as own:
        leaving, *others = reversed(own.masters)

        def asked() -> bool:
            """Besides by this question."""
            return len(str(leaving.ask("CLIENT", "LIST")).strip().splitlines()) > 1

        way = Shards(parse(own.url))
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(way.run())
            await until(asked)
            id = leaving.ask("CLUSTER", "MYID")
            leaving.ask("CLUSTER", "RESET")
            for other in others:
                other.ask("CLUSTER", "FORGET", id)
            await until(lambda: {node.port for node in way.nodes()} == {other.port for other in others})
            await until(lambda: not asked())
            reading.cancel()


async def test_wakes_and_hints_come_through_a_cluster(cluster: RedisCluster) -> None:
    async with running(cluster.url) as one, running(cluster.url, healthy=False) as other:
        wakes, woken = Wakes(one), Wakes(other)
        for role in ("timer", "sender", "chores", "fetcher"):
            await until(lambda: other.healthy)
            wakes.wake(role)
            await asyncio.wait_for(woken.wait(role, asyncio.Event(), 30), 10)


async def test_a_master_that_hangs_is_left_for_the_one_that_the_sentinels_name(sentinels: SentinelSet) -> None:
    async with two(sentinels.url) as (one, heard):
        one.send(FEEDS[0], b"before")
        await until(lambda: (FEEDS[0].encode(), b"before") in heard.messages)
        before = sentinels.master
        gaps = heard.gaps
        before.freeze()
        try:
            await until(lambda: sentinels.master is not before, within=20)
            await comes_through(one, heard)
            assert heard.gaps > gaps
        finally:
            before.thaw()
        await comes_through(one, heard)


async def test_sentinels_that_come_later_are_asked_again(sentinels: SentinelSet) -> None:
    for sentinel in sentinels.sentinels:
        sentinel.freeze()
    async with running(sentinels.url, healthy=False) as bus:
        assert not await bus.subscribe(FEEDS)
        bus.send(FEEDS[0], b"nobody")
        assert not bus.healthy
        for sentinel in sentinels.sentinels:
            sentinel.thaw()
        await until(lambda: bus.healthy)
        assert await bus.subscribe(FEEDS)


def test_the_channels_of_an_account_are_in_one_slot_and_a_canary_in_that_of_its_neighbour() -> None:
    of_it = [names.feed("a"), names.pool("a"), names.account("a"), names.user("a", "u"), names.conversation("a", "c")]
    assert len({key_slot(name.encode()) for name in of_it}) == 1
    for name in (names.feed("a"), names.WAKE_TIMER):
        assert key_slot(names.canary("p", name.encode()).encode()) == key_slot(name.encode())
