"""What a number's consent is after somebody texted or decided: STOP, START, HELP, doubt, and what they do to texts on
their way out. All in the transaction of their cause."""

from msgspec.structs import replace

from server.desk.outbound import queued
from server.desk.work import Work
from server.domain.answers import answer
from server.domain.consent import EDITION, Keyword
from server.domain.conversation import unintroduced
from server.domain.events import EventType
from server.domain.lateness import LATE_US
from server.domain.message import CANCELLABLE, NO_WORDS, Direction, Message, MessageState, Purpose
from server.domain.phone import SenderKind, read_sender
from server.domain.thread import Conversation, Happening, Step, Thread
from server.domain.user import Actor
from server.ids import new_id
from server.store import accounts, consent, lines, messages, scheduled
from server.store.accounts import Did
from server.store.consent import ConsentEntry, Key, Kind, Standing

PAUSE_US = 300_000_000
MOST_ANSWERS = {Purpose.OPTED_OUT: 3, Purpose.OPTED_IN: 3, Purpose.HELP: 1}
"""In PAUSE_US, so that two machines never talk to each other for ever. HELP is answered once in that time."""

LATEST_ANSWER_US = 300_000_000
"""After the person's text nothing answers it automatically any more: 47 CFR 64.1200(a)(12)."""
CLOCKS_US = 30_000_000
"""Two carriers' clocks, and ours, are no further apart."""
OWN_GATEWAY = "generic"
"""The kind of a connection whose clock no carrier sets."""
OTHERWISE: dict[Kind, frozenset[Kind]] = {
    "opted_out": frozenset({"opted_in"}),
    "opted_in": frozenset({"opted_out", "review"}),
    "review": frozenset({"opted_in", "kept"}),
}
"""What makes an earlier word void that reaches us later."""


async def obey(work: Work, thread: Thread, message: Message, keyword: Keyword, did: Did, actor: Actor, *, confirm: bool) -> None:
    """Applies a handled keyword, unless the person has said otherwise since it was sent. `confirm` is false where the carrier answers it
    itself."""
    c = thread.conversation
    opted_out = work.opted_out(c)
    if keyword is Keyword.STOP:
        asked = await _sent_at(work, message)
        if await _void(work, c, message, asked, "opted_out", actor):
            return
        await opt_out(work, (c.account, c.phone), c.contact, actor, source="keyword", message=message.id, says=message.body, asked_at=asked)
        purpose, due = Purpose.OPTED_OUT, not opted_out
    elif keyword is Keyword.START:
        await _start(work, c, message, actor)
        purpose, due = Purpose.OPTED_IN, opted_out and not work.opted_out(c)
    else:
        purpose, due = Purpose.HELP, not opted_out
    if work.now - (message.sent_at or work.now) > LATEST_ANSWER_US:
        return
    if due and confirm and await _answerable(work, c, message, purpose):
        await _automatic(work, work.staged.threads[c.id], purpose, did)


async def opt_out(
    work: Work,
    number: Key,
    contact: str | None,
    actor: Actor,
    *,
    source: str,
    message: str | None = None,
    says: str | None = None,
    asked_at: int | None = None,
    did: str | None = None,
    unless_out: bool = False,
) -> bool:
    """Opts a number out for the whole account and cancels what has not left. Once opted out, only the ledger grows: not even that where
    `unless_out`. False where somebody was before us.

    `contact` None: nobody has it yet, and whoever gets it cannot be texted either. `did`: the number of ours that the carrier refused.
    """
    entry = _entry(work, number, "opted_out", source, actor, message, says, asked_at)
    new = await consent.opt_out(work.tx, entry, did=did, unless_out=unless_out)
    work.staged.standings |= await consent.standings(work.tx, [number])
    if not new:
        return False
    if contact is not None:
        shown = message if message in work.staged.new_messages or message in work.staged.messages else None
        work.tell(number[0], EventType.CONTACT_OPTED_OUT, actor, contact=contact, message=shown, reason=source)
    thread = await work.thread_of(*number)
    if thread is not None:
        await _cancel_what_has_not_left(work, thread, actor)
    return True


async def doubt(work: Work, thread: Thread, message: Message, actor: Actor) -> None:
    """This text sounds like an opt-out, or came without its words and may be one: until somebody decides, nothing automatic or scheduled
    leaves to its number."""
    c = thread.conversation
    number, before = (c.account, c.phone), work.standing(c)
    if before.opted_out:
        return
    sent_at = await _sent_at(work, message)
    if await _void(work, c, message, sent_at, "review", actor):
        return
    await consent.record(work.tx, _entry(work, number, "review", "keyword", actor, message.id, message.body or None, sent_at))
    if before.review_at is None:
        work.staged.standings[number] = Standing(
            review_at=work.now, review_message=message.id, review_wordless=message.error_code == NO_WORDS
        )
        work.tell(c.account, EventType.CONTACT_UPDATED, actor, contact=c.contact, message=message.id, reason="consent_review")


async def keep(
    work: Work, thread: Thread, actor: Actor, *, source: str, message: str | None, says: str | None, asked_at: int | None = None
) -> None:
    """It was no opt-out: what waited for that may leave."""
    c = thread.conversation
    number = (c.account, c.phone)
    await consent.record(work.tx, _entry(work, number, "kept", source, actor, message, says, asked_at))
    work.staged.standings[number] = Standing()
    work.tell(c.account, EventType.CONTACT_UPDATED, actor, contact=c.contact, reason="consent_kept")
    for parked in await messages.parked(work.tx, c.id):
        work.rewrite(replace(work.staged_message(parked), next_at=work.now))
    work.wake("sender")
    work.wake("timer")


def waits_for_review(work: Work, message: Message) -> bool:
    """Whether it is an automatic text to a number that somebody has to decide about. What a person wrote is that person's to send."""
    thread = work.staged.threads[message.conversation]
    return not message.human and work.standing(thread.conversation).review_at is not None


async def _start(work: Work, c: Conversation, message: Message, actor: Actor) -> None:
    """START is the person's own word, so it lifts every opt-out of ours; what the carrier blocks at another number of ours it cannot."""
    before, number = work.standing(c), (c.account, c.phone)
    if (before.opted_out or before.review_at is not None) and await _void(work, c, message, message.sent_at, "opted_in", actor):
        return
    if before.review_at is not None:
        thread, asked = work.staged.threads[c.id], message.sent_at
        await keep(work, thread, actor, source="keyword", message=message.id, says=message.body, asked_at=asked)
    if not before.opted_out:
        return
    await consent.record(work.tx, _entry(work, number, "opted_in", "keyword", actor, message.id, message.body, message.sent_at))
    work.staged.standings[number] = Standing()
    reason = "keyword" if before.did in (None, message.did) else "carrier_block"
    work.tell(c.account, EventType.CONTACT_OPTED_IN, actor, contact=c.contact, message=message.id, reason=reason)


async def _sent_at(work: Work, message: Message) -> int | None:
    """When a text was sent that asks for silence, µs; None where it came at once, or where only a gateway of the account's own says
    so: with its clock hours behind, STOP would seem older than a START that it came after."""
    if message.sent_at is None or message.carrier_ref is None:
        return message.sent_at
    kind = await lines.kind_over(work.tx, message.account, message.carrier_ref, message.id)
    return None if kind == OWN_GATEWAY else message.sent_at


async def _void(work: Work, c: Conversation, message: Message, sent_at: int | None, kind: Kind, actor: Actor) -> bool:
    """Whether the person has said otherwise since this text was sent: then it is in the ledger and changes nothing else. A text whose time
    is unknown came at once.

    What came at once counts by its arrival, up to LATE_US after it was sent: of a START and a STOP that near to each other STOP counts.
    """
    if sent_at is None:
        return False
    number = (c.account, c.phone)
    since = [at for other, at in (await consent.last_asked(work.tx, number)).items() if other in OTHERWISE[kind]]
    if "opted_in" in OTHERWISE[kind]:
        # START of somebody who was not opted out is in no ledger.
        staged = [m for m in work.staged.new_messages.values() if m.conversation == c.id and m.direction is Direction.INBOUND]
        since += [m.sent_at or m.created_at for m in staged if m.purpose is Purpose.OPTED_IN]
        since.append(await messages.last_received(work.tx, c.id, Purpose.OPTED_IN) or 0)
    if sent_at + (0 if kind == "opted_in" else LATE_US + CLOCKS_US) >= max(since, default=0):
        return False
    await consent.append(work.tx, _entry(work, number, kind, "late", actor, message.id, message.body, sent_at))
    return True


def _entry(
    work: Work, number: Key, kind: Kind, source: str, actor: Actor, message: str | None, says: str | None, asked_at: int | None = None
) -> ConsentEntry:
    account, phone = number
    return ConsentEntry(
        id=new_id(work.now),
        account=account,
        number=phone,
        kind=kind,
        source=source,
        at=work.now,
        message=message,
        user=actor.id if actor.kind == "user" else None,
        says=says,
        asked_at=asked_at,
        rules=EDITION,
    )


async def _cancel_what_has_not_left(work: Work, thread: Thread, actor: Actor) -> None:
    id = thread.conversation.id
    staged = [m for m in work.staged.new_messages.values() if m.conversation == id]
    on_their_way = [*await messages.leaving(work.tx, id), *await messages.parked(work.tx, id)]
    for stored in [*on_their_way, *await scheduled.in_conversation(work.tx, id), *staged]:
        waiting = work.staged_message(stored)
        if waiting.state not in CANCELLABLE or waiting.lease_until is not None:
            continue
        later = waiting.state is MessageState.SCHEDULED
        cancelled = replace(
            waiting,
            state=MessageState.CANCELLED,
            next_at=None,
            asked_at=None,
            error_code="opted_out",
            error_says="The contact opted out before this text left.",
        )
        work.rewrite(cancelled)
        step = Step(thread if later else unintroduced(thread, cancelled), (Happening(EventType.MESSAGE_CANCELLED, "opted_out"),))
        thread = work.happen(thread, step, actor, cancelled)


async def _answerable(work: Work, c: Conversation, message: Message, purpose: Purpose) -> bool:
    """Whether an automatic answer goes to a person's phone, and will not begin a talk between machines."""
    if read_sender(c.phone).kind is not SenderKind.NUMBER or await accounts.dids_by_number(work.tx, [c.phone]):
        return False
    if message.body.strip() in map(str.strip, (await _answers(work, c.account)).values()):
        return False
    staged = [m for m in work.staged.new_messages.values() if m.conversation == c.id]
    mine = sum(1 for m in staged if m.direction is Direction.OUTBOUND and m.purpose is purpose)
    return mine + await messages.automatic_since(work.tx, c.id, purpose, work.now - PAUSE_US) < MOST_ANSWERS[purpose]


async def _answers(work: Work, id: str) -> dict[Purpose, str]:
    account = await work.account(id)
    own = {Purpose.OPTED_OUT: account.stop_answer, Purpose.OPTED_IN: account.start_answer, Purpose.HELP: account.help_answer}
    return {purpose: answer(purpose, account.name, words) for purpose, words in own.items()}


async def _automatic(work: Work, thread: Thread, purpose: Purpose, did: Did) -> None:
    body = (await _answers(work, did.account))[purpose]
    step = Step(thread, (Happening(EventType.MESSAGE_QUEUED, purpose),))
    message = replace(queued(work, step, did, body), purpose=purpose)
    work.write(message)
    latest = replace(step.thread.conversation, last_message=message.seq, active_at=work.now)
    work.happen(thread, Step(Thread(latest, thread.participants), step.happened), message=message)
