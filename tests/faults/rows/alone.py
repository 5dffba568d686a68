"""Rows that need no other load, at their full size; each has a short form of its own among the tests. They leave much behind."""

import asyncio
import statistics
import tempfile
from pathlib import Path

from server.desk.desk import Desk
from server.desk.writer import Writer
from server.settings import Settings, prepare_var
from server.store.engines import open_database
from server.store.migrate import migrate
from tests.desk.test_histories import live
from tests.faults.row import Result, Row
from tests.faults.stage import Stage
from tests.faults.test_answers_in_time import race
from tests.faults.test_revoked import SESSIONS, WITH_REDIS_SECONDS, WITHOUT_REDIS_SECONDS, Revoked, revoke
from tests.faults.test_revoked import STUCK as NEVER_READ
from tests.faults.test_slow_tabs import COST_BYTES, CUT_SECONDS, MORE, NOISE_SECONDS, attack
from tests.faults.test_storm import SLOWEST_SECONDS, rage
from tests.faults.test_unpublished import LATEST_SECONDS, die
from tests.faults.test_wall import try_the_wall
from tests.fixtures.centre import ANAS_OWN
from tests.fixtures.office import build_office
from tests.fixtures.tab import Ledger, open_tab

ANSWERS, ANSWERS_A_SECOND = 10_000, 200.0
ACTIONS, LOOK_EVERY = 10_000, 500
STUCK, PER_SECOND, SECONDS, ATTACKS = 50, 1_000, 10.0, 3
LITTLE_NOISE_SECONDS = 0.005
RATE_REACHED = 0.9
FORGED, ATTEMPTS = 5_000, 10_000
KILLS = 1_000
STORM_PER_SECOND, STORM_SECONDS = 1_000, 30.0


async def answers_in_time(stage: Stage) -> Result:
    async with asyncio.timeout(600):
        url = await _database(stage.folder / f"race-{next(stage.runs)}.db")
        settings = prepare_var(Settings(_env_file=None, var=stage.folder / "race"))
        db, another = await open_database(url), await open_database(url)
        try:
            office = await build_office(db, settings)
            timer = Desk(another, Writer(another, office.published), office.desk.carriers, settings)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(office.desk.writer.run())
                tasks.create_task(timer.writer.run())
                try:
                    found = await race(office, timer, ANSWERS, ANSWERS_A_SECOND, stage.chance("race"))
                finally:
                    office.desk.writer.stop()
                    timer.writer.stop()
        finally:
            await db.close()
            await another.close()
    result = Result()
    result.exactly("answers", found.released + found.answered_in_time, ANSWERS)
    result.show("after_release", found.released)
    for name in ("released_though_answered", "released_early", "released_twice", "left_waiting"):
        result.exactly(name, len(getattr(found, name)), 0)
    if not (found.released and found.answered_in_time):
        result.broken.append("it was no race")
    return result


async def histories(stage: Stage) -> Result:
    """One of ten thousand actions. The page is held against a fresh one again and again."""
    template = stage.folder / f"template-{next(stage.runs)}.db"
    await _database(template)
    with tempfile.TemporaryDirectory(dir=stage.folder) as folder:
        events = await live(template, Path(folder), stage.chance("history"), ACTIONS, LOOK_EVERY)
    result = Result()
    result.show("actions", ACTIONS)
    result.show("events_told", events)
    return result


async def revoked(stage: Stage) -> Result:
    result = Result()
    _revoked(result, "", await revoke(stage.centre), WITH_REDIS_SECONDS)
    return result


async def revoked_without_redis(stage: Stage) -> Result:
    result = Result()
    stage.redis.kill()
    try:
        _revoked(result, "", await revoke(stage.centre), WITHOUT_REDIS_SECONDS)
    finally:
        await asyncio.to_thread(stage.redis.start)
    return result


def _revoked(result: Result, name: str, found: Revoked, bound: float) -> None:
    result.most(f"last_byte{name}_s", max(found.last), bound)
    result.most(f"end{name}_s", max(found.over), bound)
    result.most(f"stuck{name}_s", max(found.stuck), bound)
    result.exactly(f"left{name}", found.left, 0)
    result.exactly(f"closed_with{name}", found.codes, {4401})
    result.exactly(f"sessions{name}", (len(found.last), len(found.stuck)), (SESSIONS - NEVER_READ, NEVER_READ))


async def slow_tabs(stage: Stage) -> Result:
    """Three times: the others' p99 is the median of the three, since a tenth of a few milliseconds is soon a matter of chance."""
    reader = next(iter(stage.crew.people))
    costs = [await attack(stage.centre, stuck=STUCK, per_second=PER_SECOND, seconds=SECONDS, reader=reader) for _ in range(ATTACKS)]
    result = Result()
    befores, durings = ([some[int(len(some) * 0.99)] for some in each] for each in zip(*((c.before, c.during) for c in costs), strict=True))
    before, during = statistics.median(befores), statistics.median(durings)
    result.most("kib_each", max(cost.each for cost in costs) / 1024, COST_BYTES / 1024)
    result.most("cut_s", max(cost.cut for cost in costs), CUT_SECONDS)
    result.most("left", max(cost.left for cost in costs), 0)
    result.show("others_p99_before_s", before)
    result.most("others_p99_s", during, before * MORE + (NOISE_SECONDS if stage.size.short else LITTLE_NOISE_SECONDS))
    slowest = min(cost.rate for cost in costs)
    result.show("events_per_s", slowest)
    if slowest < RATE_REACHED * PER_SECOND:
        result.broken.append(f"only {slowest:.0f} events a second came, not {PER_SECOND}")
    return result


async def unpublished(stage: Stage) -> Result:
    """A thousand processes, each killed with a text that is committed and told nobody."""
    line, name = next((line, name) for line, name in stage.crew.lines.items() if name is not None)
    centre, carrier = stage.centre, stage.centre.carriers["generic"]["id"]
    async with open_tab(centre, name, 0) as near, open_tab(centre, name, len(centre.webs) - 1) as far:
        found = await die(centre, stage.folder, stage.crew.account, carrier, line, [near, far], KILLS)
    result = Result()
    result.exactly("killed", found.killed, KILLS)
    result.exactly("ledgers", found.ledgers == [Ledger(), Ledger()], True)
    result.exactly("came_to_each", found.came, [KILLS, KILLS])
    result.show("p50_s", found.delays[len(found.delays) // 2])
    result.most("max_s", found.delays[-1], LATEST_SECONDS)
    return result


async def storm(stage: Stage) -> Result:
    found = await rage(stage.centre, STORM_PER_SECOND, STORM_SECONDS)
    result = Result()
    result.exactly("answers", dict(found.answers), {200: round(STORM_PER_SECOND * STORM_SECONDS)})
    result.exactly("missing", found.missing, 0)
    result.most("p99_s", found.seconds[int(len(found.seconds) * 0.99)], SLOWEST_SECONDS)
    return result


async def wall(stage: Stage) -> Result:
    centre = stage.centre
    await centre.add_agent("ana")
    await centre.did(ANAS_OWN, "twilio", user=centre.people["ana"].id)
    tried = await try_the_wall(centre, forged=FORGED)
    result = Result()
    result.show("attempts", tried.attempts)
    result.show("calls_told_not_found", tried.answers[404])
    result.exactly("forged_reached", tried.reached, tried.forged)
    result.exactly("honest_seen", tried.honest_seen, tried.honest)
    if tried.attempts < ATTEMPTS or tried.answers[404] <= tried.calls / 2 or not tried.honest:
        result.broken.append(f"too little was tried: {tried.attempts} attempts, {dict(tried.answers)}, {tried.honest} honest")
    for name in ("told_apart", "let_in", "seen"):
        result.exactly(name, len(getattr(tried, name)), 0)
        result.broken += getattr(tried, name)[:3]
    return result


async def _database(path: Path) -> str:
    """A migrated one; its URL."""
    db = await open_database(f"sqlite:///{path}")
    try:
        await migrate(db)
    finally:
        await db.close()
    return f"sqlite:///{path}"


ROWS = [
    Row("27", "tabs that do not read", slow_tabs, short=False),
    Row("14", "killed between COMMIT and PUBLISH", unpublished, short=False),
    Row("36", "answers at the deadline", answers_in_time, short=False),
    Row("45", "a storm of webhooks", storm, short=False),
    Row("48", "sessions revoked", revoked, short=False),
    Row("48", "sessions revoked, Redis dead", revoked_without_redis, short=False),
    Row("49", "the wall between accounts", wall, short=False),
    Row("54", "histories", histories, short=False),
]
