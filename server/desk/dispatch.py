"""The way out: lease, hand to the carrier, record. Never twice when the carrier's answer was lost."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from msgspec.structs import replace

from server.carriers.carrier import CALL_SECONDS, OutboundText, SendResult
from server.desk.consent import waits_for_review
from server.desk.desk import Desk
from server.desk.fits import does_not_fit
from server.desk.outcome import News, apply
from server.desk.quiet_hours import hold, must_wait
from server.desk.work import Work
from server.domain.events import EventType
from server.domain.media import attachments
from server.domain.message import Message, MessageState, Purpose
from server.domain.pace import Pace
from server.domain.thread import Happening, Step
from server.failpoints import failpoint
from server.store import accounts, consent, messages, outbox
from server.store.accounts import Did
from server.store.database import Transaction
from server.store.links import Links
from server.store.outbox import Waiting

AT_ONCE = 50
OF_ONE_CARRIER = 50
"""Texts of one connection that a sender has in its hands at the most: a carrier that does not answer leaves room for the others."""
NUMBERS_AT_ONCE = 50
"""Numbers that one look takes from, those first whose texts have waited longest."""
CALL_US = round(CALL_SECONDS * 1_000_000)
LEASE_US = 2 * CALL_US
"""As long as a call may take, and as long again for the looks before it and the record after it: so long a dead sender's texts wait."""
FRESH_US = CALL_US // 2
"""For so long the last look lets a call begin: the lease that it saw outlasts the beginning."""
ATTEMPTS = 8
NOT_BEGUN = SendResult("retry", code="not_begun", says="It did not leave: the database was away. Send it again.")
"""No call was begun. It is tried again, unless its lease was over meanwhile."""
LEAVING = frozenset({MessageState.QUEUED, MessageState.SENDING})
"""What was taken back or has left never leaves again, whatever else is written about it."""
LONGEST_RETRY_SECONDS = 300.0
"""However long a carrier asks us to wait: the conversation's other texts wait behind this one."""
JITTER = 0.2
"""Pauses are up to so much longer or shorter, so that what was turned away together does not come back together."""
LATEST_CONFIRMATION_US = 300_000_000
"""A confirmation that cannot leave within five minutes of the person's text is dropped (47 CFR 64.1200(a)(12))."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A text that one sender holds. `attempt` says which try; a result of another try is not recorded."""

    text: OutboundText
    account: str
    carrier: str
    message: str
    conversation: str
    attempt: int


async def lease(desk: Desk, most: int = AT_ONCE, held: Mapping[str, int] | None = None) -> list[Leased]:
    """Takes at most `most` texts that may leave now, one of each conversation. Committed before anything is handed over.

    Every number that may send gets an equal share, at its own pace, however many texts wait behind the others. `held` are the texts that
    this sender has in its hands, by connection.
    """
    keys: list[tuple[str, int]] = []
    paced: set[str] = set()

    async def ready(work: Work) -> list[str]:
        keys.clear()
        paced.clear()
        for line, found in await _pick(work, most, held or {}):
            keys.extend(found)
            if line.pace.rate is not None:
                paced.add(line.did)
        return [conversation for conversation, _ in keys]

    async def change(work: Work) -> list[Leased]:
        found = await messages.get(work.tx, keys)
        dids = await accounts.dids_by_id(work.tx, {m.did for m in found.values() if m.did})
        before = await outbox.hold_paces(work.tx, paced)
        paces = dict(before)
        leased = []
        for key in keys:
            message = work.staged_message(found[key])
            did = message.did or ""
            if message.next_at is None or message.next_at > work.now or message.lease_until is not None:
                continue
            if await _turned_back(work, message) or await does_not_fit(desk, work, message, dids[did]):
                continue
            pace = paces.get(did, Pace())
            if pace.opens_at > work.now:
                continue
            paces[did] = pace.after(message.segments, work.now)
            leased.append(_take(desk, work, message, dids[did]))
        await outbox.save_paces(work.tx, {did: pace for did, pace in paces.items() if pace != before.get(did, Pace())})
        if leased:
            failpoint("lease.taken")
        return leased

    return await desk.change(change, locks=ready)


async def withheld(desk: Desk, leased: Leased) -> bool:
    """The very last look, when a sender has the text in its hands: whether it is taken back, since its number may not be texted now, or
    the sender was stopped for so long that the text is not its own any more. Where it is not, its call may begin within FRESH_US."""
    number = (leased.account, leased.text.to)

    async def look(tx: Transaction) -> tuple[int, bool]:
        return await outbox.lease_left(tx, leased.message, leased.attempt), number in await consent.standings(tx, [number])

    left, questioned = await desk.read(look)
    if left <= 0 or (left > LEASE_US - FRESH_US and not questioned):
        return left <= 0

    async def change(work: Work) -> bool:
        message = await work.message(leased.message)
        if message is None or message.attempt != leased.attempt or (message.lease_until or 0) <= work.now:
            return True
        if await _turned_back(work, message):
            return True
        work.rewrite(replace(message, lease_until=work.now + LEASE_US))
        return False

    return await desk.change(change, locks=[leased.conversation])


async def record(desk: Desk, leased: Leased, result: SendResult) -> None:
    """Writes down what the carrier said, unless another attempt has taken over meanwhile."""

    async def change(work: Work) -> None:
        message = await work.message(leased.message)
        if message is None or message.attempt != leased.attempt:
            return
        if result.carrier_ref is not None and message.carrier_ref is None:
            message = replace(message, carrier_ref=result.carrier_ref)
            work.rewrite(message)
        if result.outcome == "retry" and message.attempt < ATTEMPTS and message.state is MessageState.SENDING:
            again_at = work.now + round(1_000_000 * _pause(message, result))
            work.rewrite(replace(message, lease_until=None, next_at=again_at))
            await messages.put_off_behind(work.tx, message, again_at)
            if result.retry_after is not None and message.did is not None:
                await outbox.pause(work.tx, message.did, work.now + round(1_000_000 * min(result.retry_after, LONGEST_RETRY_SECONDS)))
        else:
            await apply(work, message, _news(result, message.attempt))
        work.wake("sender")

    await desk.change(change, locks=[leased.conversation])


async def give_up_leases(desk: Desk) -> int:
    """Texts whose sender died while it held them may have been sent: they become `unconfirmed`. Returns how many."""
    if not await desk.read(lambda tx: outbox.leases_ended(tx, tx.now, 1)):
        return 0  # without keeping anybody from writing
    keys: list[tuple[str, int]] = []

    async def ended(work: Work) -> list[str]:
        keys[:] = await outbox.leases_ended(work.tx, work.now, AT_ONCE)
        return [conversation for conversation, _ in keys]

    async def change(work: Work) -> int:
        given_up = 0
        for stored in (await messages.get(work.tx, keys)).values():
            message = work.staged_message(stored)
            if message.lease_until is not None and message.lease_until <= work.now:
                says = "The sender stopped before the carrier's answer came. It may have been sent."
                await apply(work, message, News(MessageState.UNCONFIRMED, "no_answer", says))
                given_up += 1
        return given_up

    return await desk.change(change, locks=ended)


async def next_look(desk: Desk, held: Mapping[str, int] | None = None) -> int | None:
    """Microseconds until a text may leave or a lease ends, by the database's clock; None when nothing is planned. `held` as in `lease`."""
    full = {carrier for carrier, count in (held or {}).items() if count >= OF_ONE_CARRIER}

    async def read(tx: Transaction) -> int | None:
        opening = [line.opens_at for line in await outbox.waiting(tx) if line.carrier not in full]
        first = await outbox.first_lease(tx)
        return min((max(0, at - tx.now) for at in [*opening, *([] if first is None else [first])]), default=None)

    return await desk.read(read)


def _pause(message: Message, result: SendResult) -> float:
    """Seconds until what was turned away is tried again: longer each time, and no shorter than the carrier asks."""
    backoff = min(1 << message.attempt, 60) * random.uniform(1 - JITTER, 1)
    asked = (result.retry_after or 0) * random.uniform(1, 1 + JITTER)
    return min(max(backoff, asked), LONGEST_RETRY_SECONDS)


async def _pick(work: Work, most: int, held: Mapping[str, int]) -> list[tuple[Waiting, list[tuple[str, int]]]]:
    """Numbers with the texts to take from each: an equal share, within what is free of its connection."""
    free = {carrier: OF_ONE_CARRIER - count for carrier, count in held.items()}
    waiting = await outbox.waiting(work.tx)
    # Those of a full connection would keep the others out, though nothing is taken from them.
    lines = [line for line in waiting if line.opens_at <= work.now and free.get(line.carrier, OF_ONE_CARRIER) > 0][:NUMBERS_AT_ONCE]
    share, picked = ceil(most / max(1, len(lines))), list[tuple[Waiting, list[tuple[str, int]]]]()
    for line in lines:
        limit = min(share, most, free.get(line.carrier, OF_ONE_CARRIER))
        if limit > 0:
            picked.append((line, await outbox.ready(work.tx, line.did, work.now, limit)))
            taken = len(picked[-1][1])
            most -= taken
            free[line.carrier] = free.get(line.carrier, OF_ONE_CARRIER) - taken
    return picked


async def _turned_back(work: Work, message: Message) -> bool:
    """Whether it may not leave: then it is cancelled, or waits for a person's decision or the end of quiet hours, out of others' way."""
    if message.state not in LEAVING:
        work.rewrite(replace(message, next_at=None))
    elif (refusal := await _refusal(work, message)) is not None:
        await apply(work, message, refusal)
    elif waits_for_review(work, message):
        work.rewrite(replace(message, next_at=None, lease_until=None))
    elif (opening := await must_wait(work, message)) is not None:
        hold(work, message, opening.at)
    else:
        return False
    return True


async def _refusal(work: Work, message: Message) -> News | None:
    """The last look before it leaves: an opted-out number gets nothing but the one confirmation of its STOP."""
    thread = work.staged.threads[message.conversation]
    if message.purpose is Purpose.OPTED_OUT:
        asked_at = await messages.received_before(work.tx, message.conversation, message.seq, Purpose.OPTED_OUT)
        if work.now - (message.created_at if asked_at is None else asked_at) > LATEST_CONFIRMATION_US:
            return News(MessageState.CANCELLED, "too_late", "The confirmation could not leave within five minutes.")
        if not work.opted_out(thread.conversation):
            return News(MessageState.CANCELLED, "opted_in", "The contact opted in again before this text left.")
        return None
    if not work.opted_out(thread.conversation):
        return None
    return News(MessageState.CANCELLED, "opted_out", "The contact opted out before this text left.")


def _take(desk: Desk, work: Work, message: Message, did: Did) -> Leased:
    thread = work.staged.threads[message.conversation]
    first = message.state is not MessageState.SENDING
    taken = replace(
        message,
        state=MessageState.SENDING,
        attempt=message.attempt + 1,
        next_at=None,
        asked_at=None,
        lease_until=work.now + LEASE_US,
        handed_at=work.now,
        carrier=did.carrier,
    )
    work.rewrite(taken)
    if first:
        work.happen(thread, Step(thread, (Happening(EventType.MESSAGE_SENDING),)), message=taken)
    token = message.token or ""
    text = OutboundText(
        message=message.id,
        token=token,
        sender=did.number,
        to=thread.conversation.phone,
        body=message.body,
        media_urls=_links(desk, work, message),
        media_types=tuple(each.content_type for each in attachments(message.media)),
        status_url=f"{desk.settings.base_url}/hooks/{did.kind}/{did.carrier}/status?token={token}",
    )
    return Leased(text, message.account, did.carrier, message.id, message.conversation, taken.attempt)


def _links(desk: Desk, work: Work, message: Message) -> tuple[str, ...]:
    """Where the carrier fetches its attachments."""
    attached = attachments(message.media)
    if not attached:
        return ()
    links = Links(desk.settings.secret_key.get_secret_value())
    return tuple(desk.settings.base_url + links.path(each.id, work.now) for each in attached)


def _news(result: SendResult, attempt: int) -> News:
    match result.outcome:
        case "accepted":
            return News(MessageState.SENT)
        case "unconfirmed":
            return News(MessageState.UNCONFIRMED, result.code or "no_answer", result.says)
        case "retry" if result != NOT_BEGUN:
            tried = " after several tries" if attempt >= ATTEMPTS else ""
            says = f"The carrier did not take it{tried}. Send it again later, or ask your manager."
            return News(MessageState.FAILED, result.code or "rejected", says)
        case _:
            return News(MessageState.FAILED, result.code or "rejected", result.says, result.opted_out)
