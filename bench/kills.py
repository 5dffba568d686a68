"""Texts come without a pause while the process that takes them is killed, 200 times, or PostgreSQL is: what was acknowledged is there once.

    python -m bench.kills [--kills 200] [--engine postgresql] [--what database] [--down 60] [--seed 41]

Sixteen senders sign as Twilio does, and post each text until it is answered with 2xx. `kill -9` comes at random instants; another process
takes the same port; it has imported everything before, since that is most of what a start costs and no kill is about it.
`--what database`: PostgreSQL is stopped as by a crash and started again, after `--down` seconds. Ends with 1 where a text that was
acknowledged is missing or there twice, numbers have gaps, or a process believed that commits were gone.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.faults.storm_of_kills import Kept, Storm, fell_again_and_again, kept, kill_web, raging
from tests.fixtures.carrier_api import CarrierApi
from tests.fixtures.centre import Centre
from tests.fixtures.databases import PostgresCluster
from tests.fixtures.forks import Forks
from tests.fixtures.processes import Partyline
from tests.fixtures.redis_server import RedisServer


async def crash(cluster: PostgresCluster, storm: Storm, down: float) -> None:
    await asyncio.to_thread(cluster.crash)
    await storm.refused()
    await asyncio.sleep(down)
    await asyncio.to_thread(cluster.serve)


def false_alarms(partyline: Partyline) -> int:
    return sum(line["event"] == "database.commits_lost" for running in partyline.running for line in running.log())


async def play(centre: Centre, cluster: PostgresCluster | None, asked: argparse.Namespace) -> int:
    await centre.carrier_api.start()
    try:
        await centre.open(agents="")
        began = time.monotonic()
        async with raging(centre) as storm:
            fell = partial(crash, cluster, storm, asked.down) if cluster and asked.what == "database" else partial(kill_web, centre)
            waited = await fell_again_and_again(storm, fell, asked.kills, random.Random(asked.seed))
        took, found = time.monotonic() - began, await kept(storm)
    finally:
        await centre.close()
        await centre.carrier_api.stop()
    alarms, each = false_alarms(centre.partyline), took / asked.kills
    print(f"{asked.engine}, {asked.what} killed {asked.kills} times in {took:.0f} s ({each:.2f} s each), seed {asked.seed}:", end=" ")
    print(f"{len(storm.acknowledged)} texts")
    print(f"acknowledged, after {dict(storm.repeated)} in vain; missing {found.missing}, twice {found.twice}, gaps {found.gaps},", end=" ")
    print(f"false alarms {alarms}")
    print(f"the next was acknowledged after {sorted(waited)[len(waited) // 2]:.2f} s (p50), {max(waited):.2f} s at most")
    return int(found != Kept() or alarms > 0)


def end(partyline: Partyline) -> None:
    for running in partyline.running:
        running.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description="Kills what takes texts.")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--what", choices=["web", "database"], default="web")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--down", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=41)
    asked = parser.parse_args()
    if asked.what == "database" and asked.engine == "sqlite":
        parser.error("SQLite is no process: kill `web`")
    with tempfile.TemporaryDirectory(prefix="partyline-bench-") as name, ExitStack() as ends:
        redis, folder, cluster = RedisServer(), Path(name), None
        ends.callback(redis.remove)
        redis.start()
        url = f"sqlite:///{folder / 'partyline.db'}"
        if asked.engine == "postgresql":
            cluster = PostgresCluster(durable=True)
            ends.callback(cluster.stop)
            cluster.start()
            url = cluster.url(cluster.create())
        forks = Forks()
        ends.callback(forks.close)
        partyline = Partyline(folder / "processes", forks, REDIS_URL=redis.url)
        partyline.folder.mkdir()
        ends.callback(end, partyline)
        return asyncio.run(play(Centre(partyline, CarrierApi(), url), cluster, asked))


if __name__ == "__main__":
    sys.exit(main())
