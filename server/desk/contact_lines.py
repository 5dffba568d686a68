"""What becomes of each line of an import: decided alike for a dry run and for the import itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
from msgspec.structs import replace

from server.domain.contact_csv import Column, Fault, Person, person_of
from server.ids import new_id
from server.store.contact_imports import Counts, Reject
from server.store.contacts import Contact, Phone

Duplicates = Literal["update", "skip"]


class Plan(msgspec.Struct, frozen=True):
    """`duplicates`: what becomes of a line whose number a contact has already."""

    columns: tuple[Column, ...]
    duplicates: Duplicates


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: `place` counts from 0 below the headers, and only lines that say something."""

    place: int
    number: int
    cells: list[str]
    person: Person
    faults: list[Fault]


@dataclass
class Outcome:
    """What some lines make of the contacts: `before` holds those that there are, by id, `owners` their ids by number."""

    account: str
    now: int
    duplicates: Duplicates
    before: Mapping[str, Contact]
    owners: dict[str, str]
    contacts: dict[str, Contact] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    rejects: list[Reject] = field(default_factory=list)

    @property
    def added(self) -> list[Contact]:
        return [contact for id, contact in self.contacts.items() if id not in self.before]

    @property
    def changed(self) -> list[tuple[Contact, Contact]]:
        return [(self.before[id], contact) for id, contact in self.contacts.items() if id in self.before]

    def settle(self, lines: Iterable[Line]) -> None:
        for line in lines:
            self.counts += self._one(line)

    def _one(self, line: Line) -> Counts:
        faults, numbers = line.faults, [number for number, _ in line.person.phones]
        ids = {self.owners[number] for number in numbers if number in self.owners}
        if not faults and len(ids) > 1:
            faults = [Fault(line.number, None, "These numbers belong to different contacts.")]
        if faults:
            self.rejects.append(Reject(line.place, line.number, _json(line.cells), _json(faults)))
            return Counts(rejected=1)
        if ids and self.duplicates == "skip":
            return Counts(skipped=1)
        if ids:
            [id] = ids
            self.contacts[id] = _updated(self.contacts.get(id) or self.before[id], line.person, self.now)
        else:
            id = new_id(self.now)
            self.contacts[id] = _new(id, self.account, line.person, self.now)
        self.owners |= dict.fromkeys(numbers, id)
        return Counts(updated=1) if ids else Counts(added=1)


def read_lines(start: int, lines: Sequence[tuple[int, list[str]]], plan: Plan) -> list[Line]:
    """Lines with what they say; the first of them is at the place `start`. Slow enough for a thread of its own."""
    read = []
    for place, (number, cells) in enumerate(lines, start):
        person, faults = person_of(number, cells, plan.columns)
        read.append(Line(place, number, cells, person, faults))
    return read


def numbers_of(lines: Iterable[Line]) -> set[str]:
    return {number for line in lines if not line.faults for number, _ in line.person.phones}


def _new(id: str, account: str, person: Person, now: int) -> Contact:
    return Contact(
        id=id,
        account=account,
        name=person.name or person.phones[0][0],
        ready_at=now if person.ready else None,
        timezone=person.timezone,
        tags=person.tags,
        fields=person.fields,
        phones=tuple(Phone(number, kind) for number, kind in person.phones),
        created_at=now,
        updated_at=now,
    )


def _updated(contact: Contact, person: Person, now: int) -> Contact:
    """What the line says takes the place of what was there; numbers and tags are only added."""
    had = {phone.number for phone in contact.phones}
    ready = contact.ready_at
    if person.ready is not None and person.ready != (ready is not None):
        ready = now if person.ready else None
    return replace(
        contact,
        name=person.name or contact.name,
        ready_at=ready,
        timezone=person.timezone or contact.timezone,
        tags=tuple(dict.fromkeys((*contact.tags, *person.tags))),
        fields={**contact.fields, **person.fields},
        phones=(*contact.phones, *(Phone(number, kind) for number, kind in person.phones if number not in had)),
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
