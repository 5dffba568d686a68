"""What a carrier is to the rest of the house: one Protocol, and the types that every carrier's words are turned into."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol, TypeGuard

import httpx2
import msgspec

from server.carriers.nonce import Nonce
from server.carriers.urlencoded import pairs
from server.domain.message import MessageState

Answered = Literal["stop", "start", "help"]


class HookRefused(Exception):
    """A webhook that is not taken. The sentence is for the operator's log and holds nothing of the body."""


class BadSignature(HookRefused):
    """Missing, wrong or too old: 403 with an empty body, nothing stored."""


class UnsupportedType(HookRefused):
    """A content type that the carrier never sends: 415."""


class Malformed(HookRefused):
    """Unreadable after a good signature: 400, and the raw body is kept. Never raised by `verify`."""


class Credentials(Mapping[str, str]):
    """A connection's secrets by name. Its repr and str name the keys and hide every value."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Credentials({', '.join(f'{name}=…' for name in self._values)})"


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of what a kind needs in `credentials`. Its repr hides every value."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}=…' for name in self.__struct_fields__)})"


@dataclass(frozen=True, slots=True)
class Connection:
    """One row of carriers: an account's own access to a provider. `api_url` replaces the provider's address if set."""

    id: str
    account: str
    kind: str
    name: str
    credentials: Credentials
    options: Mapping[str, object] = field(default_factory=dict)
    api_url: str | None = None


@dataclass(frozen=True, eq=False)  # no slots: `form` is kept in the instance, so that verify and inbound parse once
class HookRequest:
    """A webhook as it came: `url` is BASE_URL, path and query as called, header names are in lower case."""

    method: str
    url: str = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @cached_property
    def form(self) -> list[tuple[str, str]]:
        """The fields of a urlencoded body in order, empty ones kept.

        Bytes that are not UTF-8 become lone surrogates (PEP 383), so that a signature can be computed over exactly what
        came, and `readable` can refuse them afterwards.
        """
        return pairs(self.body.decode("utf-8", "surrogateescape"))

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """As declared, in lower case; UTF-8 where nothing is declared."""
        for parameter in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip('"').lower()
        return "utf-8"


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What a carrier wants to hear after its webhook was made durable."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class MediaRef:
    """Where an attachment can be fetched. The address is data from outside: nothing here has looked at it. An empty one is never let in:
    it stands for one that cannot be read.

    `upload`: it need not be fetched, since a phone of the sandbox brought it; the id under which it is kept.
    """

    url: str = field(repr=False)
    content_type: str | None = None
    upload: str | None = None


@dataclass(frozen=True, slots=True)
class MediaAccess:
    """How attachments of a connection are fetched. `hosts` are those that its carrier names, None where any public one may be named;
    `authorization` is the header's value, which goes to `authorized` hosts alone."""

    hosts: frozenset[str] | None = None
    authorization: str | None = field(default=None, repr=False)
    authorized: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a long text came, where the carrier does not join them: `number` of `total`, from 1. `ref` is the sender's name for
    the whole, used again after some other texts."""

    ref: str
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text from a person's phone. `sender` and `to` are as the carrier wrote them (`domain.phone` reads them), the
    body has no NUL and no lone surrogate. `carrier_answered`: the webhook says that the carrier itself took the
    keyword and answered it; a carrier that answers without saying so has the connection's option `answers_stop`.
    `part`: this is not all of it. `sent_at` is when the person sent it, µs UTC, as the carrier says; `wordless`: it had words,
    which the carrier did not keep. `others` are the numbers that it went to beside `to`, where it was sent to a group."""

    carrier_ref: str
    sender: str
    to: str
    body: str = field(repr=False)
    media: tuple[MediaRef, ...] = ()
    carrier_answered: Answered | None = None
    part: Part | None = None
    sent_at: int | None = None
    wordless: bool = False
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """A later word about one outbound message. `token` is our own, from the callback's query; not yet checked.

    `opted_out`: the reason is that the person opted out at the carrier.
    """

    carrier_ref: str | None
    token: str | None = field(repr=False)
    state: MessageState
    code: str | None = None
    says: str | None = None
    permanent: bool = False
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class OutboundText:
    """A text to be sent. `message` is our id, `token` the one in `status_url`'s query, which receipts bring back. `media_types` are the
    types of what is at `media_urls`, in their order."""

    message: str
    token: str = field(repr=False)
    sender: str
    to: str
    body: str = field(repr=False)
    media_urls: tuple[str, ...] = field(default=(), repr=False)
    status_url: str | None = field(default=None, repr=False)
    media_types: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of one attempt.

    accepted     the carrier has it; `carrier_ref` is its name for it, where it gives one.
    rejected     the carrier surely does not have it; `permanent` tells that the same text will fail again.
    retry        it surely did not reach the carrier or was turned away for now; `retry_after` in seconds, if it said so.
    unconfirmed  it may have been sent: never to be repeated without a person.
    """

    outcome: Literal["accepted", "rejected", "retry", "unconfirmed"]
    carrier_ref: str | None = None
    code: str | None = None
    says: str | None = None
    permanent: bool = False
    retry_after: float | None = None
    opted_out: bool = False


CALL_SECONDS = 10.0
"""A lease of a text is as long as such a call needs."""


class Carrier(Protocol):
    """One kind of carrier. It keeps nothing between calls: what belongs to one account is in the Connection."""

    @property
    def kind(self) -> str:
        """As in the path of its webhooks."""

    @property
    def methods(self) -> frozenset[str]:
        """The HTTP methods by which it calls."""

    @property
    def keys(self) -> type[Keys]:
        """What `credentials` must hold."""

    @property
    def max_characters(self) -> int:
        """The longest body that it takes, in characters."""

    @property
    def media_limit(self) -> int:
        """How many bytes the attachments of one message may have together; 0 where it takes none."""

    @property
    def usual_rate(self) -> int | None:
        """Segments a second that it lets a number send unless more was agreed; None where it sets no such limit."""

    def verify(self, connection: Connection, request: HookRequest, now_us: int, /) -> Nonce | None:
        """Returns when the request surely comes from this connection's carrier, with what has to be spent with it where its signature
        does not cover what it says. Raises BadSignature, and UnsupportedType where the signature cannot be computed over such a body."""

    def inbound(self, connection: Connection, request: HookRequest, /) -> list[InboundText]:
        """The texts in a verified request. Raises Malformed and UnsupportedType."""

    def status(self, connection: Connection, request: HookRequest, /) -> list[Receipt]:
        """The receipts in a verified request. Raises Malformed and UnsupportedType."""

    def acknowledge(self) -> HookAnswer:
        """The answer to a webhook that is durable."""

    def media_access(self, connection: Connection, /) -> MediaAccess:
        """Where its attachments may be, and what opens them."""

    async def send(self, connection: Connection, text: OutboundText, http: httpx2.AsyncClient, /) -> SendResult:
        """One attempt, in at most CALL_SECONDS; everything foreseeable is a SendResult, not an exception."""


def readable(value: str, what: str, longest: int = 255) -> str:
    """An identifier or address from outside that can be stored: not empty, `longest` characters at most, no control
    characters, valid Unicode. Raises Malformed."""
    if not _plain(value, longest):
        raise Malformed(f"{what} is missing or not readable")
    return value


def references(named: Iterable[tuple[object, object]], longest: int = 2048) -> tuple[MediaRef, ...]:
    """Attachments by address and type. For a flaw in one of them no words are lost: without an address it is left out, with one that is
    not `readable` it is there to be refused."""
    return tuple(
        MediaRef(url if _plain(url, longest) else "", kind if _plain(kind, 255) else None) for url, kind in named if url not in (None, "")
    )


def _plain(value: object, longest: int) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()


def legible(body: str) -> str:
    """A body that every database and browser takes: without NUL, lone surrogates replaced by U+FFFD."""
    if "\0" in body:
        body = body.replace("\0", "")
    if not body.isascii():
        body = body.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return body
