"""Long texts whose carrier hands on each part by itself: kept until all are there, in whatever order they come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.carriers.carrier import InboundText, Part
from server.desk.work import Work
from server.ids import new_id
from server.store import long_texts
from server.store.long_texts import KeptPart, Key, LongText

PATIENCE_US = 180_000_000
"""So long after its first part a text is shown with what is there: a carrier that was refused comes again within a minute (Vonage)."""


@dataclass(frozen=True, slots=True)
class Came:
    """A new text to a DID over a carrier. `sender` and `recipient` are numbers as they are stored."""

    carrier: str
    did: str
    sender: str
    recipient: str
    text: InboundText

    def begin(self, part: Part, now: int) -> LongText:
        return LongText(new_id(now), self.did, Key(self.carrier, self.sender, self.recipient, part.ref, part.total))


@dataclass(frozen=True, slots=True)
class Whole:
    """A text to be shown. `refs` are the carrier's references of the parts that it was joined from."""

    text: InboundText
    refs: tuple[str, ...] = ()


async def join(work: Work, came: Sequence[Came]) -> list[list[Whole]]:
    """For each text what can be shown now: itself; for a part the whole where it was the last that was missing, else nothing."""
    begun = {text.key: text for each in came if (part := each.text.part) and (text := each.begin(part, work.now))}
    if not begun:
        return [[Whole(each.text)] for each in came]
    waiting = _Waiting(work, await long_texts.hold(work.tx, begun.values()))
    await waiting.read()
    return [await waiting.take(each, each.text.part) if each.text.part else [Whole(each.text)] for each in came]


async def give_up(work: Work, waiting: LongText) -> Whole | None:
    """What is there of a text that is waited for no longer; None where it was completed meanwhile."""
    if not await long_texts.lock(work.tx, waiting.id):
        return None
    parts = (await long_texts.parts(work.tx, [waiting.id])).get(waiting.id, {})
    await long_texts.forget(work.tx, waiting.id)
    return _joined(waiting.key, parts) if parts else None


class _Waiting:
    """The long texts that one transaction holds, and what has come of them."""

    def __init__(self, work: Work, ids: dict[Key, str]) -> None:
        self._work = work
        self._ids = ids
        self._parts: dict[Key, dict[int, KeptPart]] = {}

    async def read(self) -> None:
        found = await long_texts.parts(self._work.tx, self._ids.values())
        self._parts = {key: found.get(id, {}) for key, id in self._ids.items()}

    async def take(self, came: Came, part: Part) -> list[Whole]:
        text = came.begin(part, self._work.now)
        key, shown = text.key, list[Whole]()
        new, before = KeptPart(came.text.carrier_ref, came.text.body), self._parts.get(key, {}).get(part.number)
        if before is not None and before.body == new.body:
            return []  # the network brought it twice, under two references
        if before is not None:  # the sender uses the reference again: this is another text
            shown.append(await self._over(key))
        if key not in self._ids:
            self._ids |= await long_texts.hold(self._work.tx, [text])
        parts = self._parts.setdefault(key, {})
        parts[part.number] = new
        if len(parts) == part.total:
            shown.append(await self._over(key))
        else:
            await long_texts.add(self._work.tx, self._ids[key], part.number, new)
        return shown

    async def _over(self, key: Key) -> Whole:
        await long_texts.forget(self._work.tx, self._ids.pop(key))
        return _joined(key, self._parts.pop(key))


def _joined(key: Key, parts: Mapping[int, KeptPart]) -> Whole:
    """The parts in their order, and in the place of each that is missing a word about that."""
    body = ""
    for number in range(1, key.total + 1):
        if number in parts:
            body += parts[number].body if number - 1 in parts or number == 1 else " " + parts[number].body.lstrip()
        else:
            body = f"{body.rstrip()} [part {number} of {key.total} is missing]".lstrip()
    refs = tuple(parts[number].carrier_ref for number in sorted(parts))
    return Whole(InboundText(refs[0], key.sender, key.recipient, body), refs)
