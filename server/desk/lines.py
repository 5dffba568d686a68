"""An account's carriers. Their credentials are written and never read back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from server.carriers.carrier import Carrier
from server.carriers.credentials import read_credentials
from server.carriers.logbook import Logbook
from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.shapes import instant, instant_or_none
from server.desk.trail import Target, trace
from server.desk.work import Work
from server.domain.errors import InUse, Invalid, NotFound
from server.domain.user import User
from server.ids import new_id
from server.store import lines, readings_back
from server.store.database import Conflict, Transaction, stored_text
from server.store.lines import Line
from server.store.readings_back import Reading
from server.store.vault import Vault

Name = Annotated[str, Meta(min_length=1, max_length=200)]


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


class ReadingShape(msgspec.Struct, frozen=True):
    """The last time that a carrier's own list was read back: `texts` that nobody had taken in were found, and `cleared` texts of ours that
    had no answer. `failure` says why a later attempt, at `tried_at`, did not get to the end."""

    at: str | None
    texts: int
    cleared: int
    tried_at: str | None
    failure: str | None


class CarrierShape(msgspec.Struct, frozen=True):
    """`reads_back`: the carrier has a list of its messages, read at start and every hour; `read_back` is null until that was tried.
    `usual_rate`: how many segments a second this kind of carrier lets a number send unless more was agreed, null where it says nothing."""

    id: str
    kind: str
    name: str
    options: dict[str, Any]
    hook_url: str
    status_url: str
    created_at: str
    reads_back: bool
    read_back: ReadingShape | None
    usual_rate: int | None


async def list_carriers(desk: Desk, by: User, after: str, limit: int) -> list[CarrierShape]:
    async def read(tx: Transaction) -> list[CarrierShape]:
        return await _shapes(desk, tx, await lines.page(tx, by.account, after, limit))

    return await desk.read(read)


async def get_carrier(desk: Desk, by: User, id: str) -> CarrierShape:
    async def read(tx: Transaction) -> CarrierShape:
        return (await _shapes(desk, tx, [await _line(tx, by, id)]))[0]

    return await desk.read(read)


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
        await trace(work, by, "added", _target(line), after=_facts(line))
        return (await _shapes(desk, work.tx, [line]))[0]

    return await write_once(desk, add, once)


async def change_carrier(desk: Desk, by: User, id: str, change: CarrierChange, once: Once | None = None) -> CarrierShape | Raw:
    """Raises `NotFound`, `Invalid` and `UnknownField`."""

    async def alter(work: Work) -> CarrierShape:
        before = line = await lines.lock(work.tx, by.account, id)
        if before is None or line is None:
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
        after = _facts(line) if change.credentials is UNSET else _facts(line) | {"credentials": True}
        await trace(work, by, "changed", _target(line), _facts(before), after)
        return (await _shapes(desk, work.tx, [line]))[0]

    return await write_once(desk, alter, once)


async def remove_carrier(desk: Desk, by: User, id: str, once: Once | None = None) -> None:
    """Raises `NotFound` and `InUse`."""

    async def remove(work: Work) -> None:
        line = await _line(work.tx, by, id)
        await lines.remove(work.tx, id)
        await trace(work, by, "removed", _target(line), before=_facts(line))

    try:
        await write_once(desk, remove, once)
    except Conflict:
        raise InUse("This carrier still has numbers, or texts came through it.") from None


async def _line(tx: Transaction, by: User, id: str) -> Line:
    line = await lines.get(tx, by.account, id)
    if line is None:
        raise NotFound
    return line


def _vault(desk: Desk) -> Vault:
    return Vault(desk.settings.secret_key.get_secret_value())


def _credentials(carrier: Carrier, given: dict[str, Any]) -> bytes:
    return msgspec.json.encode(dict(read_credentials(carrier, given)))


def _target(line: Line) -> Target:
    return Target("carrier", line.id, line.name)


def _facts(line: Line) -> dict[str, Any]:
    return {"kind": line.kind, "name": line.name, "options": dict(line.options)}


async def _shapes(desk: Desk, tx: Transaction, found: Sequence[Line]) -> list[CarrierShape]:
    readings = await readings_back.of_carriers(tx, [line.id for line in found])
    return [_carrier_shape(desk, line, readings.get(line.id)) for line in found]


def _carrier_shape(desk: Desk, line: Line, reading: Reading | None) -> CarrierShape:
    hook_url = f"{desk.settings.base_url}/hooks/{line.kind}/{line.id}"
    return CarrierShape(
        id=line.id,
        kind=line.kind,
        name=line.name,
        options=dict(line.options),
        hook_url=hook_url,
        status_url=f"{hook_url}/status",
        created_at=instant(line.created_at),
        reads_back=isinstance(desk.carriers.get(line.kind), Logbook),
        read_back=_reading(reading) if reading else None,
        usual_rate=_usual_rate(desk, line.kind),
    )


def _usual_rate(desk: Desk, kind: str) -> int | None:
    carrier = desk.carriers.get(kind)
    return carrier.usual_rate if carrier else None


def _reading(reading: Reading) -> ReadingShape:
    return ReadingShape(
        at=instant_or_none(reading.done_at),
        texts=reading.texts,
        cleared=reading.cleared,
        tried_at=instant_or_none(reading.tried_at),
        failure=reading.failure,
    )
