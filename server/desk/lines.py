"""An account's carriers and the DIDs bound to them. A carrier's credentials are written and never read back."""

from dataclasses import replace
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from server.carriers.carrier import Carrier
from server.carriers.credentials import read_credentials
from server.desk.attach import media_limit
from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.shapes import UserShape, instant, user_shape
from server.desk.work import Work
from server.desk.writer import Change
from server.domain.errors import AlreadyExists, Invalid, NotFound, Refused
from server.domain.phone import PhoneNumber
from server.domain.user import User
from server.ids import new_id
from server.store import accounts, lines
from server.store.accounts import Did
from server.store.database import Conflict, Transaction, stored_text
from server.store.lines import Line
from server.store.vault import Vault

R = TypeVar("R")

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Label = Annotated[str, Meta(max_length=200)]
Capabilities = Annotated[list[Literal["sms", "mms"]], Meta(min_length=1)]


class InUse(Refused):
    """Something that was sent or received still refers to it."""

    code = "in_use"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`answers_stop`: the carrier confirms STOP itself, so we do not."""

    answers_stop: bool = False


class NewCarrier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    name: Name
    credentials: dict[str, Any]
    options: Options = Options()

    def __repr__(self) -> str:
        return f"NewCarrier({self.kind!r}, {self.name!r})"


class CarrierChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`credentials` replaces all of them."""

    name: Name | UnsetType = UNSET
    credentials: dict[str, Any] | UnsetType = UNSET
    options: Options | UnsetType = UNSET

    def __repr__(self) -> str:
        return "CarrierChange()"


class CarrierShape(msgspec.Struct, frozen=True):
    id: str
    kind: str
    name: str
    options: dict[str, Any]
    hook_url: str
    status_url: str
    created_at: str


class NewDid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`carrier` and `user` are ids; with `user` the number is that user's caller ID."""

    number: str
    carrier: str
    capabilities: Capabilities
    user: str | None = None
    label: Label = ""


class DidChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    carrier: str | UnsetType = UNSET
    capabilities: Capabilities | UnsetType = UNSET
    user: str | UnsetType | None = UNSET
    label: Label | UnsetType = UNSET


class OwnedDidShape(msgspec.Struct, frozen=True):
    """A DID as managers see it. `user` is whose caller ID it is; `media_limit` the bytes of a message's attachments, 0 for none."""

    id: str
    number: str
    label: str
    carrier: str
    capabilities: list[str]
    media_limit: int
    user: UserShape | None


async def list_carriers(desk: Desk, by: User, after: str, limit: int) -> list[CarrierShape]:
    found = await desk.read(lambda tx: lines.page(tx, by.account, after, limit))
    return [_carrier_shape(desk, line) for line in found]


async def get_carrier(desk: Desk, by: User, id: str) -> CarrierShape:
    return _carrier_shape(desk, await desk.read(lambda tx: _line(tx, by, id)))


async def add_carrier(desk: Desk, by: User, new: NewCarrier, once: Once | None = None) -> CarrierShape | Raw:
    """Raises `Invalid` and `UnknownField`."""
    carrier = desk.carriers.get(new.kind)
    if carrier is None:
        raise Invalid(f"There is no such kind of carrier. These are known: {', '.join(sorted(desk.carriers))}.", field="kind")
    values = _credentials(carrier, new.credentials)

    async def add(work: Work) -> CarrierShape:
        id = new_id(work.now)
        options = msgspec.to_builtins(new.options)
        line = Line(id, by.account, new.kind, stored_text(new.name), _vault(desk).seal(values, id), options, work.now)
        await lines.add(work.tx, line)
        return _carrier_shape(desk, line)

    return await write_once(desk, add, once)


async def change_carrier(desk: Desk, by: User, id: str, change: CarrierChange, once: Once | None = None) -> CarrierShape | Raw:
    """Raises `NotFound`, `Invalid` and `UnknownField`."""

    async def alter(work: Work) -> CarrierShape:
        line = await lines.lock(work.tx, by.account, id)
        if line is None:
            raise NotFound
        if change.name is not UNSET:
            line = replace(line, name=stored_text(change.name))
        if change.options is not UNSET:
            line = replace(line, options=msgspec.to_builtins(change.options))
        if change.credentials is not UNSET:
            carrier = desk.carriers.get(line.kind)
            assert carrier is not None, "a kind that was accepted is known"
            line = replace(line, credentials=_vault(desk).seal(_credentials(carrier, change.credentials), id))
        await lines.save(work.tx, line)
        return _carrier_shape(desk, line)

    return await write_once(desk, alter, once)


async def remove_carrier(desk: Desk, by: User, id: str) -> None:
    """Raises `NotFound` and `InUse`."""

    async def remove(work: Work) -> None:
        await _line(work.tx, by, id)
        await lines.remove(work.tx, id)

    await _do(desk, remove, InUse("This carrier still has numbers, or texts came through it."))


async def list_dids(desk: Desk, by: User, after: str, limit: int) -> list[OwnedDidShape]:
    return [_did_shape(desk, did) for did in await desk.read(lambda tx: lines.did_page(tx, by.account, after, limit))]


async def get_did(desk: Desk, by: User, id: str) -> OwnedDidShape:
    return _did_shape(desk, await desk.read(lambda tx: _did(tx, by, id)))


async def add_did(desk: Desk, by: User, new: NewDid, once: Once | None = None) -> OwnedDidShape | Raw:
    """Raises `Invalid`, `NotFound` for a carrier or user that is not the account's, and `AlreadyExists`."""
    number = PhoneNumber.parse(new.number)

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
        )
        await lines.add_did(work.tx, did)
        return _did_shape(desk, did)

    try:
        return await write_once(desk, add, once)
    except Conflict:
        raise _taken() from None


async def change_did(desk: Desk, by: User, id: str, change: DidChange, once: Once | None = None) -> OwnedDidShape | Raw:
    """Raises `NotFound`."""

    async def alter(work: Work) -> OwnedDidShape:
        tx = work.tx
        did = await lines.lock_did(tx, by.account, id)
        if did is None:
            raise NotFound
        if change.carrier is not UNSET:
            line = await _line(tx, by, change.carrier)
            did = replace(did, carrier=line.id, kind=line.kind)
        if change.capabilities is not UNSET:
            did = replace(did, capabilities=_ordered(change.capabilities))
        if change.label is not UNSET:
            did = replace(did, label=stored_text(change.label))
        await lines.save_did(tx, did)
        if change.user is not UNSET:
            did = replace(did, user=await _assignee(tx, by, change.user))
            await lines.assign_did(tx, id, did.user.id if did.user else None)
        return _did_shape(desk, did)

    return await write_once(desk, alter, once)


async def remove_did(desk: Desk, by: User, id: str) -> None:
    """Raises `NotFound` and `InUse`."""

    async def remove(work: Work) -> None:
        await _did(work.tx, by, id)
        await lines.remove_did(work.tx, id)

    await _do(desk, remove, InUse("Texts went through this number, and they show it."))


async def _do(desk: Desk, change: Change[None], refusal: Refused) -> None:
    try:
        await desk.change(change)
    except Conflict:
        raise refusal from None


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


def _vault(desk: Desk) -> Vault:
    return Vault(desk.settings.secret_key.get_secret_value())


def _credentials(carrier: Carrier, given: dict[str, Any]) -> bytes:
    return msgspec.json.encode(dict(read_credentials(carrier, given)))


def _ordered(capabilities: list[Literal["sms", "mms"]]) -> tuple[str, ...]:
    return tuple(sorted(set(capabilities), reverse=True))


def _taken() -> AlreadyExists:
    return AlreadyExists("This number is in use already.", field="number")


def _carrier_shape(desk: Desk, line: Line) -> CarrierShape:
    hook_url = f"{desk.settings.base_url}/hooks/{line.kind}/{line.id}"
    return CarrierShape(
        id=line.id,
        kind=line.kind,
        name=line.name,
        options=dict(line.options),
        hook_url=hook_url,
        status_url=f"{hook_url}/status",
        created_at=instant(line.created_at),
    )


def _did_shape(desk: Desk, did: Did) -> OwnedDidShape:
    return OwnedDidShape(
        id=did.id,
        number=did.number,
        label=did.label,
        carrier=did.carrier,
        capabilities=list(did.capabilities),
        media_limit=media_limit(desk, did),
        user=user_shape(did.user) if did.user else None,
    )
