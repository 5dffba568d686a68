"""The timer role as a process runs it: woken by what changes, and catching up at its start."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec
import pytest

from server import timer
from server.carriers.carrier import InboundText, Part
from server.carriers.nonce import Nonce
from server.desk import inbox, quiet_hours, scheduled, settle
from server.desk.media import Attachments, Given, files_of
from server.desk.notify import hold, record, take
from server.desk.receive import receive_texts
from server.desk.send import Draft, send
from server.desk.settings import Changes, change_settings
from server.desk.shapes import MediaShape
from server.desk.webhooks import NewWebhook, add_webhook
from server.parts import Parts, open_parts
from server.settings import Settings
from server.store import lines
from server.store.database import Transaction
from server.store.webhook_deliveries import Attempted
from tests.fixtures.office import MARIA, SALES, SUPPORT, WEI, Office
from tests.fixtures.pictures import picture
from tests.fixtures.waiting import until

SLEEPS_LONG = 3_600.0


async def is_public(centre: Office) -> bool:
    row = await centre.one("select public_since from conversations")
    return row is not None and row["public_since"] is not None


async def marked(conversation: str, tx: Transaction) -> None:
    await tx.run("insert into held_looks (conversation, at) values (:id, 0)", id=conversation)


async def many_marks(tx: Transaction, **_: str) -> None:
    await tx.run("insert into held_looks (conversation, at) select key, 0 from json_each(:many)", many=numbered(5_000))


async def many_texts(tx: Transaction, *, conversation: str, user: str) -> None:
    """Whose time has come."""
    same = "conversation, account, kind, direction, body, media, encoding, segments, created_at, attempt"
    await tx.run(
        f"""insert into messages (seq, id, state, send_at, user_id, did, {same})
            select seq + k.n, id || k.n, 'scheduled', created_at, cast(:user as text), did, {same}
            from messages, (select cast(key as bigint) + 10 as n from json_each(:many)) k where conversation = :conversation""",
        user=user,
        conversation=conversation,
        many=numbered(1_000),
    )


def numbered(count: int) -> str:
    return msgspec.json.encode({str(n): 0 for n in range(count)}).decode()


async def running(parts: Parts, tasks: asyncio.TaskGroup, stop: asyncio.Event) -> None:
    """A timer that would sleep for an hour, asleep by now."""
    tasks.create_task(timer.run(parts, stop, longest_pause=SLEEPS_LONG))
    await until(lambda: parts.bus.healthy)
    await asyncio.sleep(0.2)


async def test_a_timer_that_sleeps_long_is_woken_by_a_new_setting(parts: Parts, centre: Office) -> None:
    await centre.text("Hi", to=SALES)
    centre.later(minutes=10)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        await running(parts, tasks, stop)
        assert not await is_public(centre)
        await change_settings(parts.desk, centre.mia, Changes(sms_public_minutes=5))
        await until(lambda: is_public(centre))
        stop.set()


async def test_a_timer_that_sleeps_long_is_woken_by_an_earlier_deadline_of_another_process(
    parts: Parts, centre: Office, settings: Settings, database_url: str
) -> None:
    await change_settings(parts.desk, centre.mia, Changes(sms_public_minutes=None))
    await centre.text("Hi", to=SALES)
    centre.later(minutes=10)
    stop = asyncio.Event()
    async with open_parts(settings.model_copy(update={"database_url": database_url})) as another, asyncio.TaskGroup() as tasks:
        await until(lambda: another.bus.healthy)
        await running(parts, tasks, stop)
        await change_settings(another.desk, centre.mia, Changes(sms_public_minutes=1))
        await until(lambda: is_public(centre))
        stop.set()


@pytest.mark.alone
async def test_a_timer_that_sleeps_long_is_woken_by_a_text_that_is_scheduled(parts: Parts, centre: Office) -> None:
    await centre.text("Hi", to=SALES)
    id = await centre.conversation()
    stop = asyncio.Event()

    async def queued() -> bool:
        row = await centre.one("select state, send_at from messages where send_at is not null")
        return row is not None and row["state"] == "queued"

    async with asyncio.TaskGroup() as tasks:
        await running(parts, tasks, stop)
        at = parts.clock.now() + 700_000
        await send(parts.desk, centre.ben, id, Draft("Later", "s1", 100, send_at=at))
        await until(queued)
        stop.set()
    row = await centre.one("select e.at - m.send_at as late from messages m join events e on e.seq = m.left_seq")
    assert row is not None
    assert 0 <= row["late"] < 500_000


async def test_an_upload_that_nobody_sent_within_a_day_is_forgotten(parts: Parts, centre: Office) -> None:
    photo = await Attachments(parts.desk).add(centre.ana, Given("photo.png", picture()), parts.clock.now())
    assert isinstance(photo, MediaShape)
    stop = asyncio.Event()

    async def forgotten() -> bool:
        return await centre.one("select id from media") is None

    async with asyncio.TaskGroup() as tasks:
        await running(parts, tasks, stop)
        assert not await forgotten()
        stop.set()
    centre.later(minutes=24 * 60 + 1)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        await running(parts, tasks, stop)
        await until(forgotten)
        stop.set()
    assert await files_of(parts.desk).read(photo.id) is None


async def test_what_fell_due_during_an_outage_goes_public_at_the_start(parts: Parts, centre: Office) -> None:
    await centre.text("Hi", to=SALES)
    centre.later(minutes=60 * 24 * 30)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(timer.run(parts, stop, longest_pause=SLEEPS_LONG))
        await until(lambda: is_public(centre))
        stop.set()


async def test_an_answer_before_the_deadline_keeps_it_out_of_the_pool(parts: Parts, centre: Office) -> None:
    await centre.text("Hi", to=SALES)
    id = await centre.conversation()
    centre.later(minutes=20, seconds=-0.3)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(timer.run(parts, stop))
        await send(parts.desk, centre.ben, id, Draft("Hello", "c1", 100))
        await asyncio.sleep(0.8)
        stop.set()
    assert not await is_public(centre)
    shown = await inbox.conversation(parts.desk, centre.ben, id)
    assert shown.waiting_since is None
    await settle.close(parts.desk, centre.ben, id)


async def test_a_long_text_that_stays_incomplete_is_shown(parts: Parts, centre: Office) -> None:
    half = InboundText("half", MARIA, SUPPORT, "Is there ", part=Part("08B5", 1, 2))
    await receive_texts(parts.desk, centre.connection, [half], parts.clock.now())
    centre.later(minutes=4)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        await running(parts, tasks, stop)
        await until(lambda: centre.one("select id from messages where body like 'Is there %'"))
        stop.set()


async def test_deliveries_of_webhooks_that_have_long_been_over_are_forgotten(parts: Parts, centre: Office) -> None:
    await add_webhook(parts.desk, centre.mia, NewWebhook("https://example.com/"))
    await centre.text("Hi")
    [held] = await hold(parts.desk, 1)
    for due in (await take(parts.desk, held)).due:
        await record(parts.desk, held, due, Attempted({}, 204, None, "", 1))
    centre.later(minutes=7 * 24 * 60 + 1)
    stop = asyncio.Event()

    async def forgotten() -> bool:
        return await centre.one("select id from webhook_deliveries") is None

    assert not await forgotten()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(timer.run(parts, stop, longest_pause=SLEEPS_LONG))
        await until(forgotten)
        stop.set()


async def test_what_was_unreadable_long_ago_is_forgotten(parts: Parts, centre: Office) -> None:
    await parts.db.write(lambda tx: lines.keep_malformed(tx, "m", centre.connection.id, b"{"))
    centre.later(minutes=30 * 24 * 60 + 1)
    stop = asyncio.Event()

    async def forgotten() -> bool:
        return await centre.one("select id from malformed") is None

    assert not await forgotten()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(timer.run(parts, stop, longest_pause=SLEEPS_LONG))
        await until(forgotten)
        stop.set()


async def test_what_a_carrier_said_once_long_ago_is_forgotten(parts: Parts, centre: Office) -> None:
    text = InboundText("ref", MARIA, SUPPORT, "Hi")
    await receive_texts(parts.desk, centre.connection, [text], parts.clock.now(), Nonce("1", "digest", alone=True))
    centre.later(minutes=400 * 24 * 60 + 1)
    stop = asyncio.Event()

    async def forgotten() -> bool:
        return await centre.one("select nonce from nonces") is None

    assert not await forgotten()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(timer.run(parts, stop, longest_pause=SLEEPS_LONG))
        await until(forgotten)
        stop.set()


async def test_marks_whose_texts_have_left_keep_no_other_waiting(parts: Parts, centre: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than are taken at once, and than have their turn: the timer takes them all before it sleeps."""
    monkeypatch.setattr(quiet_hours, "AT_ONCE", 2)
    monkeypatch.setattr(timer, "TURN_SECONDS", 0.0)
    for number in range(7):
        await centre.desk.db.write(partial(marked, f"gone {number}"))
    stop = asyncio.Event()

    async def all_taken() -> bool:
        return await centre.all("select conversation from held_looks") == []

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(timer.run(parts, stop, longest_pause=SLEEPS_LONG))
        await until(all_taken)
        stop.set()


@pytest.mark.parametrize(
    ("fill", "left"),
    [
        (many_marks, "select count(*) as n from held_looks"),
        (many_texts, "select count(*) as n from messages where state = 'scheduled'"),
    ],
    ids=["held texts", "scheduled texts"],
)
async def test_what_falls_due_waits_not_for_all_texts_whose_time_has_come(
    parts: Parts, centre: Office, monkeypatch: pytest.MonkeyPatch, fill: Callable[..., Awaitable[None]], left: str
) -> None:
    """There is work for seconds when a deadline comes."""
    for module in (quiet_hours, scheduled, timer):
        monkeypatch.setattr(module, "AT_ONCE", 1)
    await centre.text("Hi", sender=WEI)
    await parts.db.write(partial(fill, conversation=await centre.conversation(WEI), user=centre.ana.id))
    await centre.text("Hi", to=SALES)
    id = await centre.conversation()
    centre.later(minutes=20, seconds=-0.3)

    async def gone_public() -> bool:
        row = await centre.one("select public_since from conversations where id = :id", id=id)
        return row is not None and row["public_since"] is not None

    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(timer.run(parts, stop))
        await until(gone_public)
        waiting = await centre.one(left)
        stop.set()
    assert waiting is not None
    assert waiting["n"] > 0, "the deadline came first"
