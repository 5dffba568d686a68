"""The sandbox's simulated phones: which there are, what they show, and what one writes, signed as a carrier's webhook is."""

from collections.abc import Sequence
from typing import Annotated, Protocol, runtime_checkable

import msgspec
from msgspec import Meta

from server.carriers.carrier import Carrier, Connection
from server.desk.desk import Desk
from server.desk.shapes import DidShape, MediaShape, did_shape, instant, media_shape
from server.domain.errors import Invalid, NotFound
from server.domain.media import MOST_ATTACHMENTS, attachments
from server.domain.message import Direction, Message, MessageState
from server.domain.phone import read_sender
from server.domain.user import User
from server.ids import new_id
from server.store import accounts, conversations, handset, media, messages
from server.store.accounts import Did
from server.store.database import Transaction

KIND = "sandbox"
MOST_PHONES = 200
MOST_TEXTS = 200
ON_THE_PHONE = (MessageState.RECEIVED, MessageState.SENT, MessageState.DELIVERED)

Phone = Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[ -~]+$(?!\n)")]


class SandboxPhone(msgspec.Struct, frozen=True):
    """`did` is ours that this phone's conversation is held on."""

    number: str
    name: str
    did: DidShape | None


class SandboxPhones(msgspec.Struct, frozen=True):
    phones: list[SandboxPhone]
    dids: list[DidShape]


class SandboxText(msgspec.Struct, frozen=True):
    """A text on a phone's screen: `direction` to_phone or from_phone, `did` the number at our end."""

    id: str
    direction: str
    did: str
    body: str
    media: list[MediaShape]
    at: str
    state: str


class SandboxTexts(msgspec.Struct, frozen=True):
    """`next` is the conversation's number up to which this is complete."""

    items: list[SandboxText]
    next: int


class NewSandboxText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a phone writes; `did` is the number or the id of one of ours, `media` the ids of uploads. With pictures it needs no words."""

    phone: Phone
    did: str
    body: Annotated[str, Meta(max_length=1600)]
    media: Annotated[list[str], Meta(max_length=MOST_ATTACHMENTS)] = []


@runtime_checkable
class Signs(Protocol):
    """The sandbox carrier's own hand: the headers with which a phone posts `body`."""

    def sign(self, connection: Connection, webhook_id: str, at_us: int, body: bytes, /) -> dict[str, str]: ...


class _Told(msgspec.Struct):
    seq: int


class _Data(msgspec.Struct):
    message: _Told


class _Event(msgspec.Struct):
    data: _Data


_event = msgspec.json.Decoder(_Event)


async def phones(desk: Desk, user: User) -> SandboxPhones:
    """Raises `NotFound` where the account has no sandbox."""

    async def read(tx: Transaction) -> SandboxPhones:
        dids = await _dids(tx, user)
        found = await handset.handsets(tx, user.account, MOST_PHONES)
        return SandboxPhones(
            [SandboxPhone(each.number, each.name, did_shape(dids[each.did]) if each.did in dids else None) for each in found],
            [did_shape(did) for did in dids.values()],
        )

    return await desk.read(read)


async def texts(desk: Desk, user: User, phone: str, after: int | None) -> SandboxTexts:
    """The newest texts on a phone, or with `after`, the `next` of an earlier answer, those that came or changed since.

    A text to the phone is on it from `sent` on. Raises `NotFound` where the account has no sandbox.
    """

    async def read(tx: Transaction) -> SandboxTexts:
        dids = await _dids(tx, user)
        key = (user.account, read_sender(phone).text)
        id = (await conversations.by_phone(tx, [key])).get(key)
        if id is None:
            return SandboxTexts([], 0)
        if after is None:
            seq = (await conversations.read(tx, [id])).threads[id].conversation.seq
            return SandboxTexts(_shown(await messages.page(tx, id, before=None, after=None, limit=MOST_TEXTS), dids), seq)
        changed = await handset.changes(tx, id, after, MOST_TEXTS)
        keys = dict.fromkeys((id, _event.decode(change.body).data.message.seq) for change in changed)
        found = await messages.get(tx, keys)
        return SandboxTexts(_shown([found[key] for key in keys], dids), changed[-1].seq if changed else after)

    return await desk.read(read)


async def line_to(desk: Desk, user: User, new: NewSandboxText) -> Did:
    """Ours that a phone texts to. Raises `NotFound` unless it is a number of the account's sandbox and the uploads are the account's
    and no message's yet, and `Invalid` for a text of nothing."""
    if not new.body and not new.media:
        raise Invalid("A text needs words or a picture.", field="body")

    async def read(tx: Transaction) -> Did:
        for found in (await _dids(tx, user)).values():
            if new.did in (found.id, found.number) and await media.free(tx, user.account, new.media):
                return found
        raise NotFound

    return await desk.read(read)


def write(carrier: Carrier, connection: Connection, did: Did, new: NewSandboxText, now: int) -> tuple[str, dict[str, str], bytes]:
    """The webhook of a phone's text: its id, its signed headers, its body."""
    assert isinstance(carrier, Signs), "the sandbox signs for its phones"
    id = new_id(now)
    document = {
        "type": "message.received",
        "id": id,
        "from": new.phone,
        "to": did.number,
        "body": new.body,
        "media": [{"url": f"upload:{upload}"} for upload in new.media],
        "at": instant(now),
    }
    body = msgspec.json.encode(document)
    return id, {"content-type": "application/json", **carrier.sign(connection, id, now, body)}, body


async def received(desk: Desk, connection: Connection, id: str) -> str:
    """The id of the message that a phone's text became."""
    return await desk.read(lambda tx: handset.message_of(tx, connection.id, id)) or id


async def _dids(tx: Transaction, user: User) -> dict[str, Did]:
    if not await handset.has_sandbox(tx, user.account):
        raise NotFound
    return {did.id: did for did in await accounts.dids_of(tx, user.account) if did.kind == KIND}


def _shown(found: Sequence[Message], dids: dict[str, Did]) -> list[SandboxText]:
    return [
        SandboxText(
            id=m.id,
            direction="from_phone" if m.direction is Direction.INBOUND else "to_phone",
            did=dids[m.did].number,
            body=m.body,
            media=[media_shape(attached) for attached in attachments(m.media)],
            at=instant(m.created_at),
            state=m.state,
        )
        for m in found
        if m.did in dids and m.state in ON_THE_PHONE
    ]
