"""The words of a text that its carrier's list had shown without them: they take their place, and what they ask for is done.

They count by when the text was sent: what somebody decided since stands against words that only sound like an opt-out, and START after
it against STOP.
"""

from collections.abc import Iterable
from dataclasses import replace as with_changes

from msgspec.structs import replace

from server.desk.consent import doubt, keep, obey
from server.desk.outcome import unanswered_since
from server.desk.work import Work
from server.domain.consent import EDITION, Keyword
from server.domain.conversation import was_keyword
from server.domain.events import EventType
from server.domain.message import NO_WORDS, Message
from server.domain.thread import Happening, Step, Thread
from server.domain.user import SYSTEM, Actor
from server.ids import new_id
from server.store import consent, messages
from server.store.accounts import Did
from server.store.consent import ConsentEntry, Kind, Standing


async def weigh(work: Work, message: Message, keyword: Keyword, did: Did, *, confirm: bool) -> None:
    """Stages `message`, which has its words by now, and obeys, doubts, or ends the doubt that there was for lack of them. `confirm` as in
    `obey`."""
    thread = work.staged.threads[message.conversation]
    contact = work.staged.contacts[thread.conversation.contact]
    actor = Actor("contact", contact.id, contact.name)
    work.rewrite(message)
    thread = work.happen(thread, Step(thread, (Happening(EventType.MESSAGE_UPDATED, "words"),)), SYSTEM, message)
    if message.purpose is not None and await unanswered_since(work, thread) is None:
        thread = work.happen(thread, was_keyword(thread), actor)
    # One that had come at once was sent then, and not now.
    sent = replace(message, sent_at=message.created_at if message.sent_at is None else message.sent_at)
    if keyword is Keyword.REVIEW:
        await _doubt_again(work, thread, sent, actor)
    elif keyword is not Keyword.STOP:
        await _doubt_no_more(work, thread, sent)
    if message.purpose is not None:
        await obey(work, thread, sent, keyword, did, actor, confirm=confirm)


async def _doubt_again(work: Work, thread: Thread, message: Message, actor: Actor) -> None:
    """It sounds like an opt-out indeed. Whoever decided about this very text has decided."""
    c = thread.conversation
    number = (c.account, c.phone)
    lines = await consent.ledger(work.tx, c.account, [c.phone])
    if any(line.source == "review" and line.message == message.id for line in lines):
        await consent.append(work.tx, _entry(work, message, c.phone, "review", "late"))
        return
    await doubt(work, thread, message, actor)
    standing = work.standing(c)
    if standing.review_message == message.id and standing.review_wordless:
        work.staged.standings[number] = with_changes(standing, review_wordless=False)
        work.tell(c.account, EventType.CONTACT_UPDATED, actor, contact=c.contact, message=message.id, reason="consent_review")


async def _doubt_no_more(work: Work, thread: Thread, message: Message) -> None:
    """It is no opt-out: its review is over, or goes on for the next text that is in doubt."""
    c = thread.conversation
    standing = work.standing(c)
    doubts = _open(await consent.ledger(work.tx, c.account, [c.phone]))
    if standing.review_at is None or message.id not in doubts:
        return
    del doubts[message.id]
    says, asked_at = message.body or None, message.sent_at
    if not doubts:
        await keep(work, thread, SYSTEM, source="words", message=message.id, says=says, asked_at=asked_at)
        return
    await consent.append(work.tx, _entry(work, message, c.phone, "kept", "words"))
    if standing.review_message == message.id:
        id, at = next(iter(doubts.items()))
        found = work.staged.new_messages.get(id) or await messages.by_id(work.tx, id)
        wordless = found is not None and work.staged_message(found).error_code == NO_WORDS
        await consent.turn_review(work.tx, (c.account, c.phone), id, at)
        work.staged.standings[c.account, c.phone] = Standing(review_at=at, review_message=id, review_wordless=wordless)
        work.tell(c.account, EventType.CONTACT_UPDATED, SYSTEM, contact=c.contact, reason="consent_review")


def _open(lines: Iterable[ConsentEntry]) -> dict[str, int]:
    """The texts of a number that somebody still has to decide about, with since when (µs), the oldest first."""
    lines = [line for line in lines if line.source != "late"]
    decided_at = max((line.at for line in lines if line.kind != "review" and line.source != "words"), default=0)
    settled = {line.message for line in lines if line.source == "words"}
    found: dict[str, int] = {}
    for line in lines:
        if line.kind == "review" and line.message is not None and line.message not in settled and line.at >= decided_at:
            found.setdefault(line.message, line.at)
    return found


def _entry(work: Work, message: Message, number: str, kind: Kind, source: str) -> ConsentEntry:
    return ConsentEntry(
        id=new_id(work.now),
        account=message.account,
        number=number,
        kind=kind,
        source=source,
        at=work.now,
        message=message.id,
        says=message.body or None,
        asked_at=message.sent_at,
        rules=EDITION,
    )
