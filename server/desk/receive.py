"""Inbound texts: all that wait are made durable together, then their webhooks are answered."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from server.carriers.carrier import BadSignature, Connection, Credentials, InboundText
from server.carriers.nonce import Nonce
from server.desk.consent import OWN_GATEWAY, doubt, obey
from server.desk.desk import Desk
from server.desk.introduce import new_thread
from server.desk.late_words import weigh
from server.desk.long_texts import PATIENCE_US, Came, Whole, give_up, join
from server.desk.nonces import SPENT, spend
from server.desk.work import Work
from server.desk.writer import Group
from server.domain.consent import Keyword, classify
from server.domain.conversation import Arrival, receive, texted
from server.domain.events import EventType
from server.domain.media import MOST_ATTACHMENTS, Attachment, MediaState, announced_as_layout, attachments, kept
from server.domain.message import NO_WORDS, Direction, Kind, Message, MessageState, Purpose
from server.domain.phone import read_sender
from server.domain.segments import count
from server.domain.thread import Step, Thread
from server.domain.user import Actor
from server.ids import new_id
from server.store import accounts, contacts, conversations, inbox, lines, long_texts, media
from server.store.accounts import Did
from server.store.database import Conflict
from server.store.long_texts import LongText

LONGEST_BODY = 10_000
"""Characters of an inbound text that are kept; no carrier's message is longer."""

AT_ONCE = 50

WORDLESS = "Its words are not in the carrier's list: look it up at the carrier, or ask."

HANDLED = {Keyword.STOP: Purpose.OPTED_OUT, Keyword.START: Purpose.OPTED_IN, Keyword.HELP: Purpose.HELP}


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text as it came over a connection, with what its webhook spends. `id` will be its message's."""

    connection: Connection
    text: InboundText
    id: str
    sender: str
    to: str
    nonce: Nonce | None = None


async def receive_texts(desk: Desk, connection: Connection, texts: Sequence[InboundText], now: int, nonce: Nonce | None = None) -> None:
    """Returns when every text is durable: as a message, as a repeat of one, or as unrouted. Raises `Unavailable`, and `BadSignature`
    where their nonce had come with something else."""
    items = [Inbound(connection, text, new_id(now), read_sender(text.sender).text, read_sender(text.to).text, nonce) for text in texts]
    await desk.join(RECEIVE, items)


async def receive_incomplete(desk: Desk) -> int:
    """Shows what is there of long texts whose missing parts are waited for no longer. Returns how many were looked at."""
    due: list[LongText] = []
    dids: dict[str, Did] = {}

    async def concerned(work: Work) -> Iterable[str]:
        due[:] = await long_texts.overdue(work.tx, work.now - PATIENCE_US, AT_ONCE)
        dids.update(await accounts.dids_by_id(work.tx, {text.did for text in due}))
        found = await conversations.by_phone(work.tx, {(dids[text.did].account, text.key.sender) for text in due})
        work.conversations.update(found)
        return found.values()

    async def change(work: Work) -> int:
        fresh = []
        for text in due:
            line, whole = await lines.line(work.tx, text.key.carrier), await give_up(work, text)
            if line is not None and whole is not None:
                over = Connection(line.id, line.account, line.kind, line.name, Credentials({}), line.options)
                fresh.append((await _shown(work, over, whole), dids[text.did]))
        await _open(work, fresh)
        for item, did in fresh:
            await _receive(work, item, did)
        return len(due)

    if not await desk.read(lambda tx: long_texts.overdue(tx, tx.now - PATIENCE_US, 1)):
        return 0
    return await desk.change(change, locks=concerned)


async def _known(work: Work, items: Sequence[Inbound]) -> list[str]:
    """The conversations that these texts belong to and that exist."""
    work.numbers.update(await accounts.dids_by_number(work.tx, (item.to for item in items)))
    found = await conversations.by_phone(work.tx, {(did.account, item.sender) for item in items if (did := _did(work, item))})
    work.conversations.update(found)
    return list(found.values())


async def _handle(work: Work, items: Sequence[Inbound]) -> list[BadSignature | None]:
    """Every item in the order of arrival; carriers' repeats are dropped by the inbox's unique key, and what came with another's nonce
    spoils only itself."""
    fine = await spend(work, [(item.connection.id, item.nonce) for item in items])
    await _take(work, [item for item, good in zip(items, fine, strict=True) if good])
    return [None if good else BadSignature(SPENT) for good in fine]


async def _take(work: Work, items: Sequence[Inbound]) -> None:
    dids = {item.id: did for item in items if (did := _did(work, item))}
    new = await inbox.insert(
        work.tx,
        [
            inbox.InboxRow(
                carrier=item.connection.id,
                carrier_ref=item.text.carrier_ref,
                message=item.id if item.id in dids else None,
                sender=item.sender,
                recipient=item.to,
                unrouted=None if item.id in dids else msgspec.json.encode(item.text).decode(),
                received_at=work.now,
            )
            for item in items
        ],
    )
    fresh = list[tuple[Inbound, Did]]()
    repeats = list[tuple[Inbound, Did]]()
    for item in items:
        key = (item.connection.id, item.text.carrier_ref)
        if item.id in dids:
            (fresh if key in new else repeats).append((item, dids[item.id]))
        new.discard(key)
    fresh = await _whole(work, fresh)
    await _open(work, fresh)
    for item, did in fresh:
        await _receive(work, item, did)
    await _complete(work, [(item, did) for item, did in repeats if not item.text.wordless and item.text.part is None])


RECEIVE = Group(_handle, _known)


def _did(work: Work, item: Inbound) -> Did | None:
    """The DID that was texted, if it is the account's whose connection it came over."""
    did = work.numbers.get(item.to)
    return did if did and did.account == item.connection.account else None


async def _whole(work: Work, fresh: Sequence[tuple[Inbound, Did]]) -> list[tuple[Inbound, Did]]:
    """What can be shown now: a part of a long text only as the last of its parts, and then the text."""
    came = [Came(item.connection.id, did.id, item.sender, item.to, item.text) for item, did in fresh]
    shown = []
    for (item, did), wholes in zip(fresh, await join(work, came), strict=True):
        shown += [(await _shown(work, item.connection, whole) if whole.refs else item, did) for whole in wholes]
    return shown


async def _shown(work: Work, connection: Connection, whole: Whole) -> Inbound:
    """A text that was joined, which its parts' references lead to from now on."""
    item = Inbound(connection, whole.text, new_id(work.now), whole.text.sender, whole.text.to)
    await inbox.became(work.tx, connection.id, whole.refs, item.id)
    return item


async def _open(work: Work, fresh: Sequence[tuple[Inbound, Did]]) -> None:
    """Opens the conversations that do not exist yet, in the order of their keys, as every process does."""
    unknown = sorted({(did.account, item.sender) for item, did in fresh} - work.conversations.keys())
    if not unknown:
        return
    owners = await contacts.of_phones(work.tx, unknown)
    await work.load_contacts(owners.values())
    await work.load_standings(unknown)
    for key in unknown:
        account, phone = key
        known = work.staged.contacts.get(owners.get(key, ""))
        thread = await new_thread(work, account, phone, known, Actor("contact", None, phone))
        work.conversations[key] = thread.conversation.id


async def _complete(work: Work, repeats: Sequence[tuple[Inbound, Did]]) -> None:
    """Where a text was read back without its words, the carrier's own webhook brings them; no other repeat says anything new."""
    if not repeats:
        return
    lacking = await inbox.without_words(work.tx, ((item.connection.id, item.text.carrier_ref, item.sender) for item, _ in repeats))
    for item, did in repeats:
        id, conversation = lacking.get((item.connection.id, item.text.carrier_ref), ("", None))
        if conversation is not None and conversation not in work.staged.threads:
            raise Conflict("The text was read back while its webhook waited: the next try locks its conversation first.")
        stored = await work.message(id)
        if stored is None or stored.error_code != NO_WORDS:
            continue
        body, keyword = _read(work, item, work.staged.threads[stored.conversation])
        work.dids[did.id] = did
        counted = count(body)
        attached = attachments(stored.media) or await _attached(work, dataclasses.replace(item, id=id), did.account)
        message = replace(
            stored,
            body=body,
            encoding=counted.encoding,
            segments=counted.segments,
            media=kept(attached),
            also_to=_also_to(item) or stored.also_to,
            purpose=HANDLED.get(keyword),
            error_code=None,
            error_says=None,
        )
        await weigh(work, message, keyword, did, confirm=not _answers(item))


def _read(work: Work, item: Inbound, thread: Thread) -> tuple[str, Keyword]:
    """The words that are kept, and what they mean."""
    body, said = item.text.body[:LONGEST_BODY], item.text.carrier_answered
    return body, Keyword(said) if said else classify(body, work.opted_out(thread.conversation))


def _answers(item: Inbound) -> bool:
    """Whether the carrier answers keywords itself."""
    return item.text.carrier_answered is not None or bool(item.connection.options.get("answers_stop"))


async def _receive(work: Work, item: Inbound, did: Did) -> None:
    thread = work.staged.threads[work.conversations[(did.account, item.sender)]]
    contact = work.staged.contacts[thread.conversation.contact]
    actor = Actor("contact", contact.id, contact.name)
    body, keyword = _read(work, item, thread)
    owner = work.know(did.user).id if did.user else None
    work.dids[did.id] = did
    step = receive(thread, Arrival(work.now, (await work.account(did.account)).public_minutes, keyword in HANDLED, owner))
    attached = await _attached(work, item, did.account)
    message = replace(_message(item, thread, step, did, body, attached, work.now), purpose=HANDLED.get(keyword))
    work.write(message)
    sent_at = None if item.connection.kind == OWN_GATEWAY else message.sent_at
    latest = texted(step.thread.conversation, did.id, work.now if sent_at is None else sent_at)
    latest = replace(latest, last_message=message.seq, active_at=work.now)
    thread = work.happen(thread, Step(Thread(latest, step.thread.participants), step.happened), actor, message)
    if keyword in HANDLED:
        await obey(work, thread, message, keyword, did, actor, confirm=not _answers(item))
    elif keyword is Keyword.REVIEW or item.text.wordless:
        await doubt(work, thread, message, actor)


def _message(item: Inbound, thread: Thread, step: Step, did: Did, body: str, attached: Sequence[Attachment], now: int) -> Message:
    counted = count(body)
    return Message(
        id=item.id,
        conversation=thread.conversation.id,
        account=did.account,
        seq=step.seq_of(EventType.MESSAGE_RECEIVED),
        kind=Kind.MESSAGE,
        direction=Direction.INBOUND,
        body=body,
        state=MessageState.RECEIVED,
        created_at=now,
        did=did.id,
        encoding=counted.encoding,
        segments=counted.segments,
        carrier_ref=item.text.carrier_ref,
        media=kept(attached),
        sent_at=item.text.sent_at,
        also_to=_also_to(item),
        error_code=NO_WORDS if item.text.wordless else None,
        error_says=WORDLESS if item.text.wordless else None,
    )


def _also_to(item: Inbound) -> tuple[str, ...]:
    """Whom else the text went to, in the order of the carrier; neither our number nor the sender's."""
    return tuple(each for each in dict.fromkeys(read_sender(raw).text for raw in item.text.others) if each not in (item.to, item.sender))


async def _attached(work: Work, item: Inbound, account: str) -> list[Attachment]:
    """What a phone of the sandbox brought is there at once; everything else is still at the carrier."""
    attached, pending = [], []
    refs = [ref for ref in item.text.media if not announced_as_layout(ref.content_type, ref.url)]
    for place, ref in enumerate(refs[:MOST_ATTACHMENTS]):
        found = await media.attach(work.tx, account, [ref.upload], item.id, place) if ref.upload else None
        if found:
            attached += found
            continue
        attached.append(Attachment(new_id(work.now), ref.content_type, MediaState.PENDING))
        pending.append(
            media.MediaRow(
                id=attached[-1].id,
                account=account,
                message=item.id,
                place=place,
                carrier=item.connection.id,
                source=ref.url,
                content_type=ref.content_type,
                created_at=work.now,
            )
        )
    if pending:
        await media.insert_pending(work.tx, pending)
        work.wake("fetcher")
    return attached
