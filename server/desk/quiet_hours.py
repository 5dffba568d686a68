"""Quiet hours: a text that may not leave now is refused or waits, and what waits is looked at again when something changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from server.desk.desk import Desk
from server.desk.shapes import instant
from server.desk.trail import Target, trace
from server.desk.work import Work
from server.domain.errors import Forbidden, InQuietHours, NotFound
from server.domain.events import state_event
from server.domain.message import CANCELLABLE, Message, MessageState
from server.domain.quiet_hours import closes_at, last_to_open, opens_at, zones_that_count
from server.domain.state_hours import StateHours
from server.domain.thread import Conversation, Happening, Step
from server.domain.user import User
from server.store import accounts, contacts, conversations, held, messages
from server.store.accounts import Account
from server.store.database import Transaction

AT_ONCE = 100
WHY = "quiet_hours"


@dataclass(frozen=True, slots=True)
class Opening:
    """When a text may leave, µs, and the zone for which it waits; `state` where it waits for a state's own hours."""

    at: int
    zone: ZoneInfo
    state: StateHours | None = None

    @property
    def state_says(self) -> str | None:
        return f"{self.state.name}: {self.state.says}" if self.state else None


class OpenShape(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """Such as "09:00" and "21:00"."""

    start: str
    end: str


class QuietNow(msgspec.Struct, frozen=True):
    """`opens_at` is when a text may leave, null where it may leave now. `timezone` is the zone by whose clock it is told, `zones` are all
    that must be open. `state`, such as "Texas: 09:00–21:00", where it waits for a state's own hours; `week` are these hours wherever they
    count, from Monday on, null on a day without any. All this is so until `until`, null where there are no quiet hours."""

    opens_at: str | None
    timezone: str
    zones: list[str]
    until: str | None
    state: str | None = None
    week: list[OpenShape | None] | None = None


async def quiet_now(desk: Desk, user: User, conversation: str) -> QuietNow:
    """Whether a text may leave to this contact now. Raises `NotFound`."""

    async def read(tx: Transaction) -> QuietNow:
        thread = (await conversations.read(tx, [conversation])).threads.get(conversation)
        if thread is None or thread.conversation.account != user.account:
            raise NotFound
        c = thread.conversation
        account = (await accounts.accounts(tx, [c.account]))[c.account]
        own = (await contacts.get(tx, [c.contact]))[c.contact].timezone
        if (hours := account.quiet_hours) is None:
            return QuietNow(None, own or account.timezone, [], None)
        zones = zones_that_count(tx.now, own, c.phone, account.timezone, hours)
        opening, state = _opening(account, own, c, tx.now), hours.state_of(c.phone)
        until = opening.at if opening else closes_at(max(tx.now, hours.exempt_until(c.texted_at)), zones, hours, state)
        zone = opening.zone if opening else last_to_open(until, zones, hours, state)
        return QuietNow(
            opens_at=instant(opening.at) if opening else None,
            timezone=zone.key,
            zones=[each.key for each in zones],
            until=instant(until),
            state=opening.state_says if opening else None,
            week=[OpenShape(*day.clocks) if day else None for day in state.week] if state else None,
        )

    return await desk.read(read)


async def opening(work: Work, c: Conversation, at: int) -> Opening | None:
    """When a text to this contact may leave that is to leave at `at` (µs); None where it may leave then."""
    return _opening(await work.account(c.account), work.staged.contacts[c.contact].timezone, c, at)


def _opening(account: Account, own: str | None, c: Conversation, at: int) -> Opening | None:
    hours = account.quiet_hours
    if hours is None or at < hours.exempt_until(c.texted_at):
        return None
    zones, state = zones_that_count(at, own, c.phone, account.timezone, hours), hours.state_of(c.phone)
    opens = opens_at(at, zones, hours, state)
    if opens is None:
        return None
    for_state = state is not None and opens_at(at, zones, hours) != opens
    return Opening(opens, last_to_open(at, zones, hours, state), state if for_state else None)


def refusal(now: int, opening: Opening) -> InQuietHours:
    there = datetime.fromtimestamp(now / 1_000_000, opening.zone)
    opens = datetime.fromtimestamp(opening.at / 1_000_000, opening.zone)
    day = "" if opens.date() <= there.date() + timedelta(days=1) else f"{opens:%A} "
    whose = f" ({opening.state_says})" if opening.state else ""
    says = f"It is {there:%H:%M} in {place(opening.zone.key)}, in quiet hours{whose}. Texts may leave {day}at {opens:%H:%M} their time."
    state = {"state": opening.state_says} if opening.state else {}
    return InQuietHours(says, opens_at=instant(opening.at), timezone=opening.zone.key, **state)


def place(zone: str) -> str:
    """As people call it: America/New_York is New York."""
    return zone.rpartition("/")[2].replace("_", " ")


async def overrides(work: Work, user: User, c: Conversation, asked: bool) -> int | None:
    """When a manager said that a text may leave at any hour, µs; None where nobody did. Raises `Forbidden` for others."""
    if not asked:
        return None
    if not user.manages:
        raise Forbidden("Only a manager may send in quiet hours.")
    account = await work.account(c.account)
    return None if account.quiet_hours is None else work.now


async def trace_override(work: Work, user: User, text: Message, opening: Opening | None) -> None:
    """Leaves a trace of a text that a manager let leave at any hour."""
    contact = work.staged.contacts[work.staged.threads[text.conversation].conversation.contact]
    waits_for = {} if opening is None else {"opens_at": instant(opening.at), "timezone": opening.zone.key}
    await trace(work, user, "overridden", Target(WHY, text.conversation, contact.name), None, {"message": text.id, **waits_for})


async def must_wait(work: Work, text: Message) -> Opening | None:
    """The look at a text that is about to leave: only what a person or a program wrote waits, and not what a manager let leave."""
    if not text.human or text.any_hour_at is not None:
        return None
    return await opening(work, work.staged.threads[text.conversation].conversation, work.now)


def hold(work: Work, text: Message, until: int) -> None:
    """It keeps its state and waits until `until` (µs). The participants know of it and are not alerted again."""
    if text.state is MessageState.SCHEDULED:
        _change(work, replace(text, asked_at=text.asked_at or text.send_at, send_at=until))
        work.wake("timer")
    else:
        _change(work, replace(text, asked_at=text.asked_at or text.next_at or work.now, next_at=until, lease_until=None))


async def look_again(desk: Desk) -> bool:
    """At most AT_ONCE held texts for which something changed; whether there were any marks of that. Call again until there is none."""
    if not await desk.read(held.any_to_look_at):
        return False  # without keeping anybody from writing
    keys: list[tuple[str, int]] = []
    any_marks = False

    async def marked(work: Work) -> list[str]:
        nonlocal any_marks
        taken = await held.take_to_look_at(work.tx, AT_ONCE)
        any_marks = taken is not None
        keys[:] = taken or []
        return [conversation for conversation, _ in keys]

    async def change(work: Work) -> bool:
        for stored in (await messages.get(work.tx, keys)).values():
            text = work.staged_message(stored)
            if text.asked_at is not None and text.lease_until is None and text.state in CANCELLABLE:
                await _look(work, text, text.asked_at)
        return any_marks

    return await desk.change(change, locks=marked)


async def _look(work: Work, text: Message, asked_at: int) -> None:
    """Holds it as long as is right now, or lets it go as it was asked."""
    wanted = max(asked_at, work.now)
    found = await opening(work, work.staged.threads[text.conversation].conversation, wanted)
    until = found.at if found else wanted
    asked = asked_at if found else None
    if text.state is MessageState.SCHEDULED:
        now = replace(text, send_at=until, asked_at=asked)
        work.wake("timer")
    else:
        now = replace(text, next_at=until, asked_at=asked)
        work.wake("sender")
    if now != text:
        _change(work, now)


def _change(work: Work, text: Message) -> None:
    thread = work.staged.threads[text.conversation]
    work.rewrite(text)
    work.happen(thread, Step(thread, (Happening(state_event(text.state), WHY),)), message=text)
