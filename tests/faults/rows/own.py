"""Rows that have processes of their own, at their full size; in the short form each is a test of its own, and here it is played by name."""

from collections import Counter

from server.store.engines import open_database
from tests.faults.apart import anas_centre, centre_apart, database_apart
from tests.faults.conftest import Carrier
from tests.faults.row import Result, Row
from tests.faults.stage import Stage
from tests.faults.storm_of_kills import Kept
from tests.faults.test_carrier_answers import HANDED, STATES, meet_bad_days
from tests.faults.test_ceiling import starve
from tests.faults.test_commits_out_of_order import counted_before_the_commit, counted_by_account
from tests.faults.test_full_disk import Full, Limit, SmallDisk, fill_and_free, small_disk
from tests.faults.test_killed_sender import EACH, PHONES, PLACES, Killed, kill_senders
from tests.faults.test_lost_answers import Retried, lose_answers
from tests.faults.test_repeated_webhooks import TIMES, WORDS, Repeated, repeat
from tests.faults.test_restored import WITHIN_SECONDS, restore
from tests.faults.test_slow_tabs import trickle
from tests.faults.test_timers import meet_deadlines
from tests.fixtures.tab import Ledger, open_tab, socket_to
from tests.fixtures.twilio_api import TwilioApi
from tests.fixtures.waiting import until
from tests.whole.test_claims import claim_all

BOTH = ("sqlite", "postgresql")
TABS, MOST_OF_ONE = 25, 20
LATE_SECONDS = 2.0


async def full_disk(stage: Stage) -> Result:
    """A small file system where we may mount one; elsewhere a limit on what the process's files may grow to stands for it."""
    texts = 40 if stage.size.short else 400
    folder = stage.folder / f"disk-{next(stage.runs)}"
    with small_disk(folder) as may:
        disk = SmallDisk() if may else Limit()
        async with anas_centre(stage, webs=1, place=folder) as centre:
            found = await fill_and_free(centre, texts, disk)
    result = Result()
    result.show("disk", disk.says)
    result.show("answers", dict(found.answers))
    if not found.answers[503] or found.answers.keys() - {200, 503}:
        result.broken.append("the disk was never full, or something else than 503 was said")
    result.exactly("refused", found.refused, (503, "unavailable", True))
    result.exactly("could_read", found.read, 200)
    result.exactly("integrity", found.checked, "ok")
    result.exactly("repeated", dict(found.repeated), {200: texts})
    result.exactly("acknowledged_and_missing", found.missing, 0)
    result.exactly("there", found.texts, texts)
    if found != Full(found.answers, found.repeated, found.refused, 200, "ok", 202, 0, texts):
        result.broken.append(f"{found}")
    return result


async def out_of_order(stage: Stage) -> Result:
    async with database_apart(stage, f"order-{next(stage.runs)}") as url:
        databases = [await open_database(url) for _ in range(3)]
        try:
            missed, written = await counted_by_account(databases, stage.seed)
            control, of = await counted_before_the_commit(databases, stage.seed)
        finally:
            for db in databases:
                await db.close()
    result = Result()
    result.show("written", written)
    result.exactly("missed", missed, 0)
    result.show("control_missed", f"{control} of {of}")
    if not control:
        result.broken.append("nothing overtook")
    return result


async def restored(stage: Stage) -> Result:
    async with anas_centre(stage, webs=2) as centre:
        found = await restore(centre, Carrier(centre), stage.folder / f"backup-{next(stage.runs)}.db")
    result = Result()
    result.show("events_no_more", found.lost)
    result.exactly("shown_before", found.shown_before, 2)
    result.exactly("ghosts", found.ghosts, 0)
    result.exactly("resets", found.resets, [["epoch"]] * found.tabs)
    result.most("begun_anew_s", found.seconds, WITHIN_SECONDS)
    return result


async def slow_reader(stage: Stage) -> Result:
    async with anas_centre(stage, webs=1) as centre:
        found = await trickle(centre)
    result = Result()
    result.show("events", found.events)
    result.most("applied_when_cut", found.behind, 100)
    result.show("current_s", found.current)
    result.exactly("clean", found.ledger == Ledger(), True)
    return result


async def too_many_tabs(stage: Stage) -> Result:
    """Of one person, at one process."""
    centre = stage.centre
    person = await centre.add_agent(f"tabs{next(stage.runs)}")
    opened = [await centre.stack.enter_async_context(socket_to(centre, Authorization=f"Bearer {person.token}")) for _ in range(TABS)]
    gone, rest = opened[: TABS - MOST_OF_ONE], opened[TABS - MOST_OF_ONE :]
    await until(lambda: all(socket.close_code is not None for socket in gone))
    result = Result()
    result.exactly("closed_with", dict(Counter(socket.close_code for socket in gone)), {4409: len(gone)})
    for socket in rest:
        await (await socket.ping())
    result.exactly("still_there", sum(socket.close_code is None for socket in rest), MOST_OF_ONE)
    for socket in rest:
        await socket.close()
    return result


async def claims(stage: Stage) -> Result:
    """All of one conversation's claims are sent at the same instant, each on a connection of its own."""
    conversations, claimers = (20, 40) if stage.size.short else (1000, 200)
    names = [f"claimer{number}" for number in range(claimers)]
    async with centre_apart(stage) as centre:
        await centre.open(webs=3, agents=" ".join(names))
        found = await claim_all(centre, names, conversations, claimers)
    result = Result()
    result.show("claims", found.claims)
    result.show("claims_per_s", found.claims / found.seconds)
    result.exactly("won_by_one", found.won, conversations)
    result.exactly("events", found.events, conversations)
    result.exactly("wrong", len(found.wrong), 0)
    result.broken += found.wrong[:3]
    return result


async def lost_answers(stage: Stage) -> Result:
    count = 20 if stage.size.short else 150
    async with centre_apart(stage) as centre:
        await centre.open(webs=2, agents="ana ben")
        found = await lose_answers(centre, count)
    result = Result()
    for name in ("lost", "replayed", "others_refused", "keyless_told_their_own", "claimed_events"):
        result.exactly(name, getattr(found, name), count)
    if found != Retried(count, count, [], count, count, count):
        result.broken += found.refused[:3]
    return result


async def killed_timers(stage: Stage) -> Result:
    timers, kills, at_once = (3, 2, 30) if stage.size.short else (5, 3, 200)
    async with anas_centre(stage, webs=1, timers=timers) as centre:
        found = await meet_deadlines(centre, kills, at_once, stage.chance("timers"))
    result = Result()
    result.show("timers", f"{timers}, {kills} killed")
    result.show("deadlines", found.deadlines)
    result.exactly("met", len(found.late), found.deadlines)
    result.exactly("missed", found.missed, 0)
    result.exactly("twice", found.twice, 0)
    result.exactly("early", sum(late < 0 for late in found.late), 0)
    result.most("late_p99_s", found.late[int(len(found.late) * 0.99)], LATE_SECONDS)
    result.exactly("clean", found.ledger == Ledger(), True)
    return result


async def bad_carrier(stage: Stage) -> Result:
    async with anas_centre(stage, webs=1, senders=2) as centre:
        found = await meet_bad_days(centre)
    result = Result()
    result.exactly("as_they_are", sum(found.states.get(phone) == state for phone, state in STATES.items()), len(STATES))
    result.exactly("at_carrier_once", sum(found.handed[phone] == count for phone, count in HANDED.items()), len(HANDED))
    result.exactly("handed", found.handed.total(), HANDED.total())
    result.exactly("redirects_followed", found.targets - 1, 0)
    result.exactly("after_receipt", found.after, ("delivered", None))
    return result


async def killed_senders(stage: Stage) -> Result:
    """The database's clock is put on when a sender was killed, so that its lease is over: in real time each would take a minute."""
    rounds = 1 if stage.size.short else 34
    async with anas_centre(stage, webs=1) as centre:
        api = TwilioApi(centre.carrier_api)
        api.slowness = 0.02
        found = await kill_senders(centre, api, rounds, stage.chance("senders"))
    result = Result()
    result.exactly("kills", found.kills, rounds * len(PLACES))
    result.exactly("texts", found.texts, rounds * EACH * len(PHONES))
    result.show("told", dict(found.told))
    for name in ("twice", "said_and_not_sent", "unknown", "out_of_order"):
        result.exactly(name, len(getattr(found, name)), 0)
    if found != Killed(found.kills, found.texts, found.at_carrier, found.told) or found.told.keys() - {"sent", "unconfirmed"}:
        result.broken.append(f"{found}"[:300])
    return result


async def repeated_webhooks(stage: Stage) -> Result:
    texts = 15 if stage.size.short else 200
    async with anas_centre(stage, webs=3, senders=1) as centre:
        api = TwilioApi(centre.carrier_api)
        api.slowness = 0.3
        async with open_tab(centre, "ana", web=1) as ana:
            found = await repeat(centre, api, texts, stage.chance("webhooks"))
            await ana.until_current()
            ledger = await ana.ledger()
    calls = texts * TIMES * (1 + len(WORDS))
    result = Result()
    result.exactly("answers", dict(found.answers), {200: calls})
    result.exactly("rows", found.rows, texts)
    result.exactly("received", found.received, texts)
    result.exactly("twice", found.twice, 0)
    result.exactly("moved_down", found.moved_down, 0)
    result.exactly("clean", ledger == Ledger(), True)
    if found != Repeated(calls, Counter({200: calls}), texts, texts, Counter(received=texts, delivered=texts)):
        result.broken.append(f"{found}")
    return result


async def ceiling(stage: Stage) -> Result:
    rounds = 3 if stage.size.short else 40
    async with anas_centre(stage, webs=2) as centre:
        found = await starve(centre, rounds, stage.chance("ceiling"))
    result = Result()
    result.show("ceilings", rounds)
    result.show("ended", dict(found.ended))
    result.show("bore", found.bore)
    result.exactly("hung", found.hung, 0)
    result.show("acknowledged", found.acknowledged)
    result.show("repeated_after", dict(found.repeated))
    result.exactly("kept", found.kept, Kept())
    result.exactly("clean", found.ledgers == [Ledger(), Ledger()], True)
    if not found.ended:
        result.broken.append("no process was short of memory")
    return result


ROWS = [
    Row("21", "disk full", full_disk, short=False),
    Row("23", "commits out of order", out_of_order, short=False, engines=("postgresql",)),
    Row("26", "a backup restored", restored, short=False),
    Row("28", "a tab that reads a kilobyte a second", slow_reader, short=False),
    Row("33", "more tabs than one may have", too_many_tabs, short=False),
    Row("34", "claims at once", claims, short=False, engines=BOTH),
    Row("35", "answers to claims lost", lost_answers, short=False, engines=BOTH),
    Row("37", "timers killed", killed_timers, short=False, engines=BOTH),
    Row("40", "a carrier that answers badly", bad_carrier, short=False),
    Row("41", "senders killed at each place", killed_senders, short=False, engines=BOTH),
    Row("44", "webhooks repeated and shuffled", repeated_webhooks, short=False, engines=BOTH),
    Row("52", "a ceiling of memory", ceiling, short=False, engines=BOTH),
]
