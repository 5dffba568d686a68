"""What is done to many contacts at once, what is remembered of each, and how their conversations change hands."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from server.desk.work import Work
from server.desk.writer import Locks
from server.domain import conversation as rules
from server.domain.audience import Part
from server.domain.thread import Thread
from server.domain.user import User
from server.store import conversations
from server.store.contacts import Contact

AT_ONCE = 100
"""Contacts in one transaction: others are let in between."""


class Doing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`owner` is a user's id, or null for nobody: it goes to all conversations of the contact. `delete` stands alone."""

    ready: bool | UnsetType = UNSET
    add_tag: str | UnsetType = UNSET
    remove_tag: str | UnsetType = UNSET
    owner: str | UnsetType | None = UNSET
    delete: bool | UnsetType = UNSET


class Was(msgspec.Struct, frozen=True):
    """A contact before, and by their ids the owners and the subscribers of its conversations before."""

    contact: Contact
    owners: dict[str, str | None] = {}
    subscribers: dict[str, list[str]] = {}


def conversations_of(ids: Sequence[str], do: Doing) -> Locks:
    async def found(work: Work) -> Iterable[str]:
        return [c.id for c in await conversations.of_contacts(work.tx, ids)] if do.owner is not UNSET else []

    return found


def give(work: Work, user: User, thread: Thread, owner: str | None) -> None:
    """To `owner`, or to nobody: then what waits is public."""
    if owner is not None:
        step = rules.transfer(thread, user, owner, work.now)
    else:
        assert thread.conversation.owner is not None
        step = rules.leave_ownerless(thread, thread.conversation.owner, work.now, reason="bulk")
    work.happen(thread, step, work.know(user))
    work.wake("timer")


def subscribers(thread: Thread) -> list[str]:
    return [id for id, participant in thread.participants.items() if participant.part is Part.SUBSCRIBER]
