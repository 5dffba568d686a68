"""The way out: lease, hand to the carrier, record. Never twice when the carrier's answer was lost (PRODUCT rules 22, 26)."""

from dataclasses import dataclass

from msgspec.structs import replace

from server.carriers.carrier import OutboundText, SendResult
from server.desk.desk import Desk
from server.desk.outcome import News, apply
from server.desk.work import Work
from server.domain.events import EventType
from server.domain.media import attachments
from server.domain.message import Message, MessageState, Purpose
from server.domain.thread import Happening, Step
from server.store import accounts, messages
from server.store.accounts import Did
from server.store.database import Transaction
from server.store.links import Links

AT_ONCE = 50
LEASE_US = 60_000_000
ATTEMPTS = 8
LONGEST_RETRY_SECONDS = 300.0
"""However long a carrier asks us to wait: the conversation's other texts wait behind this one."""
LATEST_CONFIRMATION_US = 300_000_000
"""A confirmation that cannot leave within five minutes is dropped (47 CFR 64.1200(a)(12))."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A text that one sender holds. `attempt` says which try; a result of another try is not recorded."""

    text: OutboundText
    carrier: str
    message: str
    conversation: str
    attempt: int


async def lease(desk: Desk, most: int = AT_ONCE) -> list[Leased]:
    """Takes at most `most` texts that may leave now, one of each conversation. Committed before anything is handed over."""
    keys: list[tuple[str, int]] = []

    async def ready(work: Work) -> list[str]:
        keys[:] = await messages.ready_to_leave(work.tx, work.now, most)
        return [conversation for conversation, _ in keys]

    async def change(work: Work) -> list[Leased]:
        found = await messages.get(work.tx, keys)
        dids = await accounts.dids_by_id(work.tx, {m.did for m in found.values() if m.did})
        leased = []
        for stored in found.values():
            message = work.staged_message(stored)
            if message.next_at is None or message.next_at > work.now or message.lease_until is not None:
                continue
            if (refusal := _refusal(work, message)) is not None:
                await apply(work, message, refusal)
                continue
            leased.append(_take(desk, work, message, dids[message.did or ""]))
        return leased

    return await desk.change(change, locks=ready)


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
            pause = min(result.retry_after or min(2**message.attempt, 60), LONGEST_RETRY_SECONDS)
            work.rewrite(replace(message, lease_until=None, next_at=work.now + round(1_000_000 * pause)))
        else:
            await apply(work, message, _news(result))
        work.wake("sender")

    await desk.change(change, locks=[leased.conversation])


async def give_up_leases(desk: Desk) -> int:
    """Texts whose sender died while it held them may have been sent: they become `unconfirmed`. Returns how many."""
    keys: list[tuple[str, int]] = []

    async def ended(work: Work) -> list[str]:
        keys[:] = await messages.leases_ended(work.tx, work.now, AT_ONCE)
        return [conversation for conversation, _ in keys]

    async def change(work: Work) -> int:
        given_up = 0
        for stored in (await messages.get(work.tx, keys)).values():
            message = work.staged_message(stored)
            if message.lease_until is not None and message.lease_until <= work.now:
                says = "The sender stopped before the carrier's answer came."
                await apply(work, message, News(MessageState.UNCONFIRMED, "no_answer", says))
                given_up += 1
        return given_up

    return await desk.change(change, locks=ended)


async def next_look(desk: Desk) -> int | None:
    """Microseconds until a text falls due or a lease ends, by the database's clock; None when nothing is planned."""

    async def read(tx: Transaction) -> int | None:
        at = await messages.next_departure(tx)
        return None if at is None else max(0, at - tx.now)

    return await desk.read(read)


def _refusal(work: Work, message: Message) -> News | None:
    """The last look before it leaves: an opted-out number gets nothing but the one confirmation of its STOP."""
    thread = work.staged.threads[message.conversation]
    if message.purpose is Purpose.OPTED_OUT:
        if work.now - message.created_at > LATEST_CONFIRMATION_US:
            return News(MessageState.CANCELLED, "too_late", "The confirmation could not leave within five minutes.")
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
        lease_until=work.now + LEASE_US,
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
        status_url=f"{desk.settings.base_url}/hooks/{did.kind}/{did.carrier}/status?token={token}",
    )
    return Leased(text, did.carrier, message.id, message.conversation, taken.attempt)


def _links(desk: Desk, work: Work, message: Message) -> tuple[str, ...]:
    """Where the carrier fetches its attachments."""
    attached = attachments(message.media)
    if not attached:
        return ()
    links = Links(desk.settings.secret_key.get_secret_value())
    return tuple(desk.settings.base_url + links.path(each.id, work.now) for each in attached)


def _news(result: SendResult) -> News:
    match result.outcome:
        case "accepted":
            return News(MessageState.SENT)
        case "unconfirmed":
            return News(MessageState.UNCONFIRMED, result.code or "no_answer", result.says)
        case _:
            return News(MessageState.FAILED, result.code or "rejected", result.says, result.opted_out)
