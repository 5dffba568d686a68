"""A carrier's own list of messages, read back: what came while nobody listened, and whether a doubtful text was taken."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import httpx2

from server.carriers.carrier import Connection, MediaRef
from server.domain.message import Direction, MessageState


class Unanswered(Exception):
    """The list could not be read, or not to its end. The sentence is for the operator's log."""


@dataclass(frozen=True, slots=True)
class LoggedText:
    """One message as the carrier remembers it. `sender` and `to` are as it wrote them, `at` in µs UTC.

    body         None where the carrier keeps no words, or while `whole` was not asked.
    message      our own id, where the carrier gives it back; never for an inbound one.
    more         `whole` may know more of it.
    token        our own as in a receipt, where the carrier gives that back: the text is surely this one, whatever its words.
    state        of an outbound one; with `code`, `says`, `permanent` and `opted_out` as in a receipt.
    """

    direction: Direction
    carrier_ref: str
    sender: str
    to: str
    at: int
    body: str | None = field(default=None, repr=False)
    media: tuple[MediaRef, ...] = ()
    more: bool = False
    message: str | None = None
    token: str | None = field(default=None, repr=False)
    state: MessageState | None = None
    code: str | None = None
    says: str | None = None
    permanent: bool = False
    opted_out: bool = False


@runtime_checkable
class Logbook(Protocol):
    """What a Carrier is besides, when its list can be read."""

    def logged(self, connection: Connection, since: int, until: int, http: httpx2.AsyncClient, /) -> AsyncIterator[LoggedText]:
        """Every message between two instants (µs UTC), in any order, page by page. Raises `Unanswered`."""

    async def whole(self, connection: Connection, text: LoggedText, http: httpx2.AsyncClient, /) -> LoggedText:
        """An inbound one of them with the words and attachments for which the carrier wants a question each. Raises `Unanswered`."""
