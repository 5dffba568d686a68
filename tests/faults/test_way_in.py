"""Carriers' texts while the database or the process fails: 503 or nothing at all, and what was acknowledged is there once."""

import asyncio
import contextlib
import random
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.storm_of_kills import Kept, fell_again_and_again, kept, kill_web, raging, spoil, tear
from tests.fixtures.centre import Centre, new_sid
from tests.fixtures.databases import PostgresCluster
from tests.fixtures.figures import Figures

KILLS, RESTARTS, TEXTS = 2, 2, 20
BACK_SECONDS = 5.0
"""From when PostgreSQL takes connections again to the next acknowledged text."""
PHONE = "+12025690000"


def file_of(centre: Centre) -> Path:
    return Path(centre.database_url.removeprefix("sqlite:///"))


async def test_a_text_that_was_acknowledged_is_there_once_however_often_the_process_is_killed_and_if_its_log_is_torn_and_damage_is_told(
    centre: Centre, figures: Figures
) -> None:
    """Two hundred times, also on PostgreSQL: `python -m bench.kills`."""
    await centre.open(agents="")
    async with raging(centre) as storm:
        await fell_again_and_again(storm, lambda: kill_web(centre), KILLS, random.Random(41))
    figures(f"{len(storm.acknowledged)} acknowledged, before that {dict(storm.repeated)}")
    assert storm.repeated["gone"] > 0, "nothing was under way"
    centre.webs[0].kill()
    tear(file_of(centre))
    await centre.restart_web(0)
    lost = [line for running in centre.partyline.running for line in running.log() if line["event"] == "database.commits_lost"]
    assert lost == [], "a crash loses nothing"
    for number in range(TEXTS):
        assert (await centre.text(PHONE, f"Text {number}")).status_code == 200
    centre.webs[0].kill()
    spoil(file_of(centre))
    await centre.restart_web(0)
    assert 0 < centre.webs[0].event("database.commits_lost")["commits"] <= TEXTS
    assert (await centre.text(PHONE, "Afterwards")).status_code == 200
    assert await kept(storm) == Kept(), "the start before took them in from the log"
    assert [row["integrity_check"] for row in await centre.rows("pragma integrity_check")] == ["ok"]


async def test_a_database_that_another_program_holds_is_503_and_is_waited_for_without_hands(centre: Centre) -> None:
    await centre.open(agents="")
    with contextlib.closing(sqlite3.connect(file_of(centre), isolation_level=None)) as other:
        other.execute("begin immediate")
        sid = new_sid()
        refused, read = await asyncio.gather(centre.text(PHONE, "Hello", sid=sid), centre.call("mia", "GET", "conversations"))
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert int(refused.headers["retry-after"]) > 0
        assert read.status_code == 200, "who reads needs no lock"
        other.execute("rollback")
    assert (await centre.text(PHONE, "Hello", sid=sid)).status_code == 200
    assert [line["reason"] for line in centre.webs[0].log() if line["event"] == "database.unavailable"] != []
    assert len(await centre.rows("select id from messages")) == 1


class TestOnPostgres:
    @pytest.fixture
    def cluster(self) -> Iterator[PostgresCluster]:
        cluster = PostgresCluster(durable=True)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()

    @pytest.fixture
    def database_url(self, cluster: PostgresCluster) -> str:
        return cluster.url(cluster.create())

    async def test_a_server_that_is_restarted_under_load_is_503_until_it_is_back(
        self, cluster: PostgresCluster, centre: Centre, figures: Figures
    ) -> None:
        await centre.open(agents="")

        async def restart() -> None:
            await asyncio.to_thread(cluster.crash)
            await storm.refused()
            await asyncio.to_thread(cluster.serve)

        began = time.monotonic()
        async with raging(centre) as storm:
            waited = await fell_again_and_again(storm, restart, RESTARTS, random.Random(18))
        figures(f"{len(storm.acknowledged)} acknowledged in {time.monotonic() - began:.1f} s, before that {dict(storm.repeated)}")
        figures(f"after PostgreSQL was back: {', '.join(f'{seconds:.2f}' for seconds in waited)} s")
        assert storm.repeated.keys() == {"503"}
        assert await kept(storm) == Kept()
        assert max(waited) <= BACK_SECONDS
