"""How one call of the API is described, and which refusals every call of its kind can meet."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from server.desk.shapes import MessageShape

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
Who = Literal["anybody", "agent", "manager"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A parameter of the query. `shape` is its type; `usual` what is meant where it is absent."""

    name: str
    shape: Any
    says: str
    usual: object = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """`gives` is the body of the answer with `status`, None for none; `takes` that of the request. `refuses` are the codes beyond
    those that `codes` adds. `also` is a second status that is no refusal. `raw`: no JSON of ours, a carrier's own documents. `serves` are
    the types of an answer that is a file; `uploads`: the request is a form with one `file`; `reads`: it is a file of this type.
    `also_gives` is the body of the answer with the second status."""

    group: str
    says: str
    gives: Any = None
    status: int = 200
    takes: Any = None
    asks: tuple[Asked, ...] = ()
    refuses: tuple[str, ...] = ()
    who: Who = "agent"
    also: tuple[int, str] | None = None
    raw: bool = False
    serves: tuple[str, ...] = ()
    uploads: bool = False
    reads: str | None = None
    also_gives: Any = None


LIMIT = Asked("limit", int, "How many items at most, up to 200.", 50)
CURSOR = Asked("cursor", str, "The `next` of the page before.")
PAGED = (LIMIT, CURSOR)


class Winner(msgspec.Struct, frozen=True):
    id: str
    name: str


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457, application/problem+json. `code` is stable; `detail` is a sentence for a person. The rest depends on the code:
    `field` what is wrong, `owner` and `at` who claimed it and when, `message` what the author has not seen and `seq` the `seen_seq` that
    sends anyway, `opens_at` when quiet hours end, `timezone` by whose clock and `state` whose own hours these are, `retry_after`
    seconds, `limit` and `has` how many one may own and does, `ref` under which the log has it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | UnsetType | None = UNSET
    owner: Winner | UnsetType = UNSET
    at: str | UnsetType = UNSET
    message: MessageShape | UnsetType = UNSET
    seq: int | UnsetType = UNSET
    opens_at: str | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    state: str | UnsetType = UNSET
    retry_after: int | UnsetType = UNSET
    limit: int | UnsetType = UNSET
    has: int | UnsetType = UNSET
    ref: str | UnsetType = UNSET


def codes(method: str, path: str, operation: Operation) -> Iterator[str]:
    """Every code with which this call can be refused, but `method_not_allowed`, which no described call is."""
    yield from ("host", "bad_request", "internal")
    if operation.raw:
        return
    yield from ("unavailable", "overloaded")
    if operation.who != "anybody":
        yield "session"
    if operation.who == "manager":
        yield "forbidden"
    if method in WRITES:
        yield from ("csrf", "content_encoding", "too_large", "too_slow", "invalid", "idempotency_conflict")
    if operation.takes is not None:
        yield from ("media_type", "unknown_field")
    if operation.reads is not None:
        yield "media_type"
    if "{" in path:
        yield "not_found"
    if operation.asks:
        yield "invalid"
    if CURSOR in operation.asks:
        yield "not_found"
    yield from operation.refuses
