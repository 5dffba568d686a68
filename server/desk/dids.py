"""An account's DIDs: each bound to a carrier, the account's own or one user's caller ID."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from server.carriers.refusals import BLOCKING, OPTED_OUT
from server.desk.attach import media_limit
from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.shapes import UserShape, instant_or_none, user_shape
from server.desk.trail import Target, trace
from server.desk.work import Work
from server.domain.did_health import Verdict
from server.domain.errors import AlreadyExists, InUse, Invalid, NotFound
from server.domain.phone import NotAPhoneNumber, PhoneNumber
from server.domain.user import User
from server.ids import new_id
from server.store import accounts, did_health, lines
from server.store.accounts import Did
from server.store.database import Conflict, Transaction, stored_text
from server.store.did_health import Health
from server.store.lines import Line

Label = Annotated[str, Meta(max_length=200)]
Capabilities = Annotated[list[Literal["sms", "mms"]], Meta(min_length=1)]
Rate = Annotated[int, Meta(ge=1, le=1000)]


class NewDid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`carrier` and `user` are ids; with `user` the number is that user's caller ID. `rate` is how many segments may leave over it in a
    second, over all senders; null for as many as there are."""

    number: str
    carrier: str
    capabilities: Capabilities
    user: str | None = None
    label: Label = ""
    rate: Rate | None = None


class DidChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    carrier: str | UnsetType = UNSET
    capabilities: Capabilities | UnsetType = UNSET
    user: str | UnsetType | None = UNSET
    label: Label | UnsetType = UNSET
    rate: Rate | UnsetType | None = UNSET


class OwnedDidShape(msgspec.Struct, frozen=True):
    """A DID as managers see it. `user` is whose caller ID it is; `media_limit` the bytes of a message's attachments, 0 for none.
    `out_24h` texts left in the last 24 hours; of them `delivered_24h` arrived, `failed_24h` did not, `blocked_24h` of these because the
    carrier or the person refuses texts from this number or took them for spam; `opted_out_24h` people opted out of its texts. `health`
    judges these figures. `paused_until` is until when the carrier asked to wait, null when it does not."""

    id: str
    number: str
    label: str
    carrier: str
    capabilities: list[str]
    media_limit: int
    user: UserShape | None
    last_in_at: str | None
    last_out_at: str | None
    out_24h: int
    failed_24h: int
    delivered_24h: int
    blocked_24h: int
    opted_out_24h: int
    health: Verdict
    rate: int | None
    paused_until: str | None


async def list_dids(desk: Desk, by: User, after: str, limit: int) -> list[OwnedDidShape]:
    async def read(tx: Transaction) -> list[OwnedDidShape]:
        return await _shapes(desk, tx, await lines.did_page(tx, by.account, after, limit))

    return await desk.read(read)


async def get_did(desk: Desk, by: User, id: str) -> OwnedDidShape:
    async def read(tx: Transaction) -> OwnedDidShape:
        return (await _shapes(desk, tx, [await _did(tx, by, id)]))[0]

    return await desk.read(read)


async def add_did(desk: Desk, by: User, new: NewDid, once: Once | None = None) -> OwnedDidShape | Raw:
    """Raises `Invalid`, `NotFound` for a carrier or user that is not the account's, and `AlreadyExists`."""
    try:
        number = PhoneNumber.parse(new.number)
    except NotAPhoneNumber as error:
        raise Invalid(error.says, field="number") from None

    async def add(work: Work) -> OwnedDidShape:
        line, user = await _line(work.tx, by, new.carrier), await _assignee(work.tx, by, new.user)
        if await accounts.dids_by_number(work.tx, [number]):
            raise _taken()
        did = Did(
            id=new_id(work.now),
            account=by.account,
            number=number,
            carrier=line.id,
            kind=line.kind,
            user=user,
            label=stored_text(new.label),
            capabilities=_ordered(new.capabilities),
            rate=new.rate,
        )
        await lines.add_did(work.tx, did)
        await trace(work, by, "added", _target(did), after=await _facts(work.tx, did))
        return (await _shapes(desk, work.tx, [did]))[0]

    try:
        return await write_once(desk, add, once)
    except Conflict:
        raise _taken() from None


async def change_did(desk: Desk, by: User, id: str, change: DidChange, once: Once | None = None) -> OwnedDidShape | Raw:
    """Raises `NotFound`."""

    async def alter(work: Work) -> OwnedDidShape:
        tx = work.tx
        before = did = await lines.lock_did(tx, by.account, id)
        if before is None or did is None:
            raise NotFound
        if change.carrier is not UNSET:
            line = await _line(tx, by, change.carrier)
            did = replace(did, carrier=line.id, kind=line.kind)
        if change.capabilities is not UNSET:
            did = replace(did, capabilities=_ordered(change.capabilities))
        if change.label is not UNSET:
            did = replace(did, label=stored_text(change.label))
        if change.rate is not UNSET:
            did = replace(did, rate=change.rate)
        await lines.save_did(tx, did)
        if change.user is not UNSET:
            did = replace(did, user=await _assignee(tx, by, change.user))
            await lines.assign_did(tx, id, did.user.id if did.user else None)
        await trace(work, by, "changed", _target(did), await _facts(tx, before), await _facts(tx, did))
        return (await _shapes(desk, tx, [did]))[0]

    return await write_once(desk, alter, once)


async def remove_did(desk: Desk, by: User, id: str, once: Once | None = None) -> None:
    """Raises `NotFound` and `InUse`."""

    async def remove(work: Work) -> None:
        did = await lines.lock_did(work.tx, by.account, id)
        if did is None:
            raise NotFound
        await lines.remove_did(work.tx, id)
        await trace(work, by, "removed", _target(did), before=await _facts(work.tx, did))

    try:
        await write_once(desk, remove, once, alone=True)
    except Conflict:
        raise InUse("Texts went through this number, and they show it.") from None


async def _line(tx: Transaction, by: User, id: str) -> Line:
    line = await lines.get(tx, by.account, id)
    if line is None:
        raise NotFound
    return line


async def _did(tx: Transaction, by: User, id: str) -> Did:
    did = await lines.did(tx, by.account, id)
    if did is None:
        raise NotFound
    return did


async def _assignee(tx: Transaction, by: User, id: str | None) -> User | None:
    if id is None:
        return None
    user = await accounts.working_user(tx, by.account, id)
    if user is None:
        raise NotFound
    return user


def _ordered(capabilities: list[Literal["sms", "mms"]]) -> tuple[str, ...]:
    return tuple(sorted(set(capabilities), reverse=True))


def _taken() -> AlreadyExists:
    return AlreadyExists("This number is in use already.", field="number")


def _target(did: Did) -> Target:
    return Target("did", did.id, did.label or did.number)


async def _facts(tx: Transaction, did: Did) -> dict[str, Any]:
    line, user = await lines.line(tx, did.carrier), user_shape(did.user) if did.user else None
    carrier = {"id": did.carrier, "name": line.name if line else did.kind}
    facts = {"number": did.number, "label": did.label, "carrier": carrier, "capabilities": did.capabilities, "user": user}
    return facts if did.rate is None else {**facts, "rate": did.rate}


async def _shapes(desk: Desk, tx: Transaction, dids: Sequence[Did]) -> list[OwnedDidShape]:
    health = await did_health.health(tx, [did.id for did in dids], BLOCKING, OPTED_OUT)
    return [_shape(desk, did, health[did.id], tx.now) for did in dids]


def _shape(desk: Desk, did: Did, health: Health, now: int) -> OwnedDidShape:
    figures = health.figures
    return OwnedDidShape(
        id=did.id,
        number=did.number,
        label=did.label,
        carrier=did.carrier,
        capabilities=list(did.capabilities),
        media_limit=media_limit(desk, did),
        user=user_shape(did.user) if did.user else None,
        last_in_at=instant_or_none(health.last_in),
        last_out_at=instant_or_none(health.last_out),
        out_24h=figures.out,
        failed_24h=figures.failed,
        delivered_24h=figures.delivered,
        blocked_24h=figures.blocked,
        opted_out_24h=figures.opted_out,
        health=figures.verdict,
        rate=did.rate,
        paused_until=instant_or_none(health.paused_until if health.paused_until > now else None),
    )
