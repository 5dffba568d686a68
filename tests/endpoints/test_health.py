"""Whether a process runs, whether it is ready, and what it tells about itself (docs/operate/health.md)."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.middleware import Middleware

from channels.counters import Counters
from server.crowd import Crowds
from server.desk.desk import Desk
from server.desk.send import Draft, send
from server.endpoints.errors import Boundary, Faults
from server.endpoints.health import Health
from server.endpoints.measures import Measures
from server.endpoints.routes import at
from server.lateness import Lateness
from server.metrics import Metrics
from server.settings import Settings
from server.store.database import Transaction, Unavailable
from server.store.engines import open_database
from tests.fixtures.clocks import HandClock
from tests.fixtures.databases import PostgresCluster
from tests.fixtures.office import Office
from tests.fixtures.queued import QUEUED, queue_one
from tests.fixtures.served import Served
from tests.fixtures.waiting import PATIENCE_SECONDS
from tests.house.tree import ROOT
from web.render import Renderer

Figures = dict[tuple[str, str], float]


async def read(client: httpx2.AsyncClient) -> Figures:
    """By name and the value of its only label."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    return {(each.name, next(iter(each.labels.values()), "")): each.value for family in families for each in family.samples}


@asynccontextmanager
async def asked(app: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x") as client:
        yield client


async def ready(health: Health) -> tuple[int, dict[str, str]]:
    async with asked(Starlette(routes=[at("/readyz", get=health.ready)])) as client:
        answer = await client.get("/readyz")
        return answer.status_code, answer.json()


async def test_without_redis_a_process_is_ready_and_one_that_is_told_to_stop_is_not(office: Office) -> None:
    away = Health(office.desk, redis_answers=lambda: False, draining=lambda: False)
    assert await ready(away) == (200, {"status": "ok", "database": "ok", "redis": "away"})
    leaving = Health(office.desk, redis_answers=lambda: True, draining=lambda: True)
    assert await ready(leaving) == (503, {"status": "draining", "database": "ok", "redis": "ok"})


async def test_without_its_database_a_process_is_not_ready(
    postgres: PostgresCluster, migrated_postgres: str, settings: Settings, office: Office
) -> None:
    name = postgres.create(migrated_postgres)
    db = await open_database(postgres.url(name))
    desk = Desk(db, office.desk.writer, {}, settings)
    health = Health(desk, redis_answers=lambda: True, draining=lambda: False)
    assert (await ready(health))[0] == 200
    await asyncio.to_thread(postgres.drop, name)
    assert await ready(health) == (503, {"status": "away", "database": "away", "redis": "ok"})
    async with asked(Starlette(routes=[at("/metrics", get=measures(desk).show), at("/healthz", get=health.live)])) as client:
        told = await read(client)
        runs = await client.get("/healthz")
    assert (runs.status_code, runs.json()) == (200, {"status": "ok"})
    assert told["partyline_database_up", ""] == 0
    assert ("partyline_queue_waiting", "outbox") not in told
    await db.close()


def measures(desk: Desk, *networks: str, proxied: bool = False) -> Measures:
    counters = Counters(swept=2, canaries_lost=1)
    told = Metrics(desk, counters, Lateness(), tabs=lambda: 3, healthy=lambda: True, crowds=Crowds(HandClock()))
    return Measures(told.text, networks, proxied=proxied)


async def test_metrics_tell_what_waits_what_was_committed_and_who_is_here(office: Office) -> None:
    await office.text("Hi")
    await send(office.desk, office.ana, await office.conversation(), Draft("Hello", "c1", 10_000))
    await office.text("And?")
    office.later(minutes=21)
    async with asked(Starlette(routes=[at("/metrics", get=measures(office.desk).show)])) as client:
        told = await read(client)
    assert told["partyline_tabs", ""] == 3
    assert told["partyline_database_up", ""] == 1
    assert told["partyline_queue_waiting", "outbox"] == 1
    assert 21 * 60 <= told["partyline_queue_oldest_seconds", "outbox"] < 30 * 60
    assert told["partyline_queue_waiting", "pool"] == 0
    assert 60 <= told["partyline_timer_late_seconds", ""] < 600
    assert told["partyline_commit_items_count", ""] == office.desk.writer.batches
    assert told["partyline_commit_items_sum", ""] == office.desk.writer.written
    assert told["partyline_swept_total", ""] == 2
    assert told["partyline_canaries_lost_total", ""] == 1
    office.later(minutes=-20)
    async with asked(Starlette(routes=[at("/metrics", get=measures(office.desk).show)])) as client:
        text = (await client.get("/metrics")).text
    assert 'partyline_recent_texts{direction="outbound",state="queued"} 1.0' in text
    assert "Hello" not in text


@pytest.mark.parametrize("queue", QUEUED)
async def test_each_queue_tells_how_many_wait_and_for_how_long_the_first_has(office: Office, queue: str) -> None:
    await queue_one(office, queue, seconds=90)
    async with asked(Starlette(routes=[at("/metrics", get=measures(office.desk).show)])) as client:
        told = await read(client)
    waiting = {name: value for (metric, name), value in told.items() if metric == "partyline_queue_waiting"}
    assert waiting == {name: float(name == queue) for name in QUEUED}
    oldest = {name: value for (metric, name), value in told.items() if metric == "partyline_queue_oldest_seconds"}
    assert 90 <= oldest.pop(queue) < 90 + PATIENCE_SECONDS
    assert set(oldest.values()) == {0}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_commits_that_a_full_disk_refuses_are_counted_apart_from_those_that_were_timed(office: Office) -> None:
    async def commits() -> tuple[float, float, float]:
        async with asked(Starlette(routes=[at("/metrics", get=measures(office.desk).show)])) as client:
            told = await read(client)
        names = ("partyline_commit_failures_total", "partyline_commit_seconds_count", "partyline_commit_seconds_sum")
        return told[names[0], ""], told[names[1], ""], told[names[2], ""]

    assert await commits() == (0, 0, 0)
    await office.text("Hi")
    failed, timed, seconds = await commits()
    assert (failed, timed, 0 < seconds < PATIENCE_SECONDS) == (0, 1, True)
    await office.desk.db.write(lambda tx: tx.one("pragma max_page_count = 1"))
    with pytest.raises(Unavailable):
        await office.text("x" * 100_000)
    assert await commits() == (1, 1, seconds)


async def test_a_scheduled_text_that_does_not_leave_in_time_is_in_a_queue_and_one_that_waits_for_a_person_is_not(office: Office) -> None:
    async def waiting() -> tuple[float, float]:
        async with asked(Starlette(routes=[at("/metrics", get=measures(office.desk).show)])) as client:
            told = await read(client)
        return told["partyline_queue_waiting", "scheduled"], told["partyline_queue_oldest_seconds", "scheduled"]

    await office.text("Hi")
    now = await office.desk.read(_now)
    await send(office.desk, office.ana, await office.conversation(), Draft("At nine", "c1", 10_000, send_at=now + 60_000_000))
    assert await waiting() == (0, 0)
    office.later(minutes=3)
    count, seconds = await waiting()
    assert (count, 120 <= seconds < 130) == (1, True)
    await office.text("wrong number")
    assert await office.all("select number from consent_reviews")
    assert await waiting() == (0, 0)


async def _now(tx: Transaction) -> int:
    return tx.now


async def test_every_metric_and_queue_is_in_the_document_and_no_other(office: Office) -> None:
    document = (ROOT / "docs/operate/health.md").read_text()
    written = {f"partyline{name}" for name in re.findall(r"`(?:partyline)?(_[a-z_]+)(?:\{[a-z,]+\})?`", document)}
    async with asked(Starlette(routes=[at("/metrics", get=measures(office.desk).show)])) as client:
        told = (await client.get("/metrics")).text
    shown = {line.split()[2] for line in told.splitlines() if line.startswith("# TYPE partyline_")}
    assert written == shown
    [queues] = re.findall(r"^\| `partyline_queue_waiting.*?\| Database: (.*?) \|", document, re.MULTILINE)
    assert sorted(re.findall(r"`([a-z]+)`", queues)) == sorted(re.findall(r'queue_waiting\{queue="([a-z]+)"', told))


@pytest.mark.parametrize(
    ("address", "headers", "proxied", "status"),
    [
        ("127.0.0.1", {}, False, 200),
        ("::1", {}, False, 200),
        ("::ffff:127.0.0.1", {}, False, 200),
        ("127.0.0.1", {"x-forwarded-for": "203.0.113.9"}, False, 403),
        ("127.0.0.1", {"forwarded": "for=203.0.113.9"}, True, 403),
        ("203.0.113.9", {}, False, 403),
        ("10.1.2.3", {}, False, 200),
        ("10.1.2.3", {"x-forwarded-for": "203.0.113.9"}, False, 403),
        ("10.1.2.3", {"x-forwarded-for": "10.1.2.3"}, True, 200),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_metrics_are_for_this_machine_and_named_networks_and_not_through_a_proxy(
    office: Office, address: str, headers: dict[str, str], proxied: bool, status: int
) -> None:
    shown = measures(office.desk, "10.0.0.0/8", proxied=proxied)
    around = [Middleware(Boundary, faults=Faults(Renderer(), sandbox=False))]
    app = Starlette(routes=[at("/metrics", get=shown.show)], middleware=around)
    transport = httpx2.ASGITransport(app, client=(address, 4000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
        assert (await client.get("/metrics", headers=headers)).status_code == status


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_metrics_are_asked_for_by_a_process_s_own_address_and_under_no_name_but_the_public_one(served: Served) -> None:
    """SECURITY 29: a name that anybody may let lead here, also to a browser on this machine, is refused as everywhere."""
    for host in ("10.0.0.7:8001", "[::1]:8001", "[fd00::7]", "localhost:8001"):
        client = served.client(host=host)
        assert (await read(client))["partyline_redis_up", ""] == 1
        assert (await client.get("/healthz")).status_code == 400
    for host in ("evil.example", "evil.example:8001", "10.0.0.7.evil.example", "127.0.0.1@evil.example", "[::1", "localhost.evil", ""):
        refused = await served.client(host=host).get("/metrics")
        assert (refused.status_code, refused.json()["code"]) == (400, "host"), host
    assert (await served.client().get("/metrics")).status_code == 200
