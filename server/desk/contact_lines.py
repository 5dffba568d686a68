"""What becomes of each line of an import: decided alike for a dry run and for the import itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
from msgspec.structs import replace

from server.domain.contact_csv import Column, Fault, Person, person_of, without_numbers
from server.ids import new_id
from server.store.contact_imports import Counts, Reject
from server.store.contacts import Contact, Phone

Duplicates = Literal["update", "skip"]


class Plan(msgspec.Struct, frozen=True):
    """`duplicates`: what becomes of a line whose number a contact has already."""

    columns: tuple[Column, ...]
    duplicates: Duplicates

    @property
    def numbered(self) -> bool:
        return not without_numbers(self.columns)


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
    """What becomes of lines, which hangs on nothing but whose the numbers are: `owners` are contacts' ids by number."""

    now: int
    duplicates: Duplicates
    owners: dict[str, str]
    counts: Counts = field(default_factory=Counts)
    rejects: list[Reject] = field(default_factory=list)

    def settle(self, lines: Iterable[Line]) -> list[tuple[str, Person]]:
        """Of the lines that are taken over: the contact's id, a new one where nobody has the numbers, and what the line says."""
        taken = []
        for line in lines:
            id, counts = self._one(line)
            self.counts += counts
            if id is not None:
                taken.append((id, line.person))
        return taken

    def _one(self, line: Line) -> tuple[str | None, Counts]:
        faults, numbers = line.faults, [number for number, _ in line.person.phones]
        ids = {self.owners[number] for number in numbers if number in self.owners}
        if not faults and len(ids) > 1:
            faults = [Fault(line.number, None, "These numbers belong to different contacts.")]
        if faults:
            self.rejects.append(Reject(line.place, line.number, _json(line.cells), _json(faults)))
            return None, Counts(rejected=1)
        if ids and self.duplicates == "skip":
            return None, Counts(skipped=1)
        id = next(iter(ids), None) or new_id(self.now)
        self.owners |= dict.fromkeys(numbers, id)
        return id, Counts(updated=1) if ids else Counts(added=1)


def described(
    account: str, now: int, before: Mapping[str, Contact], taken: Iterable[tuple[str, Person]]
) -> tuple[list[Contact], list[tuple[Contact, Contact]]]:
    """The contacts that these lines add, and (before, after) of those that they change."""
    after: dict[str, Contact] = {}
    for id, person in taken:
        there = after.get(id) or before.get(id)
        after[id] = _updated(there, person, now) if there else _new(id, account, person, now)
    added = [contact for id, contact in after.items() if id not in before]
    return added, [(before[id], contact) for id, contact in after.items() if id in before]


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
