"""Reading what a request brings, once, into types that cannot be wrong; and writing JSON."""

import hashlib
import json as jsonlib
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from server.desk.desk import Once
from server.desk.identity import Session
from server.domain.errors import Invalid, NotFound, Refused, TooLarge, UnknownField
from server.domain.user import User
from server.endpoints.cursors import Cursors

T = TypeVar("T")

PAGE = 50
LARGEST_PAGE = 200
FORM_FIELDS = 20
_TOO_MUCH = ("Too many ", "Part exceeded ")
"""How the parser of forms begins what it says of their size."""
_ID = re.compile(r"[0-9a-z]{26}")
_UNKNOWN = re.compile(r"unknown field `([^`]*)`")
_AT = re.compile(r" - at `\$\.?([^`]*)`")
_REGEX = "matching regex"
_FORMS = {
    "email": "That is no e-mail address such as ana@example.com.",
    "shortcut": "A shortcut has 1 to 32 characters: small letters from a to z, digits and hyphens.",
}
"""What is said, by the field's name, in place of a pattern that it does not match."""
_encode = msgspec.json.Encoder().encode


class BadRequest(Refused):
    code = "bad_request"


class MediaType(Refused):
    code = "media_type"


class Listed(Protocol):
    @property
    def id(self) -> str: ...


async def read_json(request: Request, shape: type[T]) -> T:
    """The JSON body as a `shape`; no body at all is read as {}. Raises `MediaType`, `BadRequest`, `UnknownField`, `Invalid`."""
    body = await request.body()
    if body and request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise MediaType("Send application/json.")
    try:
        return _decoded(body or b"{}", shape)
    except msgspec.ValidationError as error:
        raise _refusal(str(error)) from None
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, the last one where a name comes twice. Raises `MediaType`, `TooLarge`, `BadRequest`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        try:
            parser = MultiPartParser(request.headers, request.stream(), max_files=0, max_fields=FORM_FIELDS, max_part_size=64 * 1024)
            return {name: value for name, value in (await parser.parse()).multi_items() if isinstance(value, str)}
        except (MultiPartException, UnicodeError) as error:
            if str(error).startswith(_TOO_MUCH):
                raise TooLarge(str(error)) from None
            raise BadRequest(f"The form cannot be read: {error}") from None
    if kind != "application/x-www-form-urlencoded":
        raise MediaType("Send a form.")
    body = await request.body()
    if body.count(b"&") >= FORM_FIELDS:
        raise TooLarge(f"A form may have {FORM_FIELDS} fields.")
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


async def read_file(request: Request) -> tuple[str, bytes]:
    """The name and the content of a form's one `file`. Raises `MediaType`, `BadRequest`, `UnknownField` and `Invalid`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise MediaType("Send a form with a file: multipart/form-data.")
    await request.body()  # for its fingerprint; `stream` gives it again
    try:
        parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=1)
        form = await parser.parse()
    except (MultiPartException, UnicodeError) as error:
        raise BadRequest(f"The form cannot be read: {error}") from None
    try:
        other = next((name for name in form if name != "file"), None)
        if other is not None:
            raise UnknownField("The form has one field, `file`.", field=other)
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Invalid("Send a file as `file`.", field="file")
        return file.filename or "", await file.read()
    finally:
        await form.close()


async def once(request: Request, session: Session, content: bytes | None = None) -> Once | None:
    """The request's `Idempotency-Key`; its fingerprint covers method, path, query and body, or `content` in its place."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 0 < len(key) <= 255 or not key.isprintable():
        raise Invalid("An Idempotency-Key has 1 to 255 characters.")
    where = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    said = f"{request.method} {where}\n".encode() + (await request.body() if content is None else content)
    return Once(session.user.id, key, hashlib.sha256(said).hexdigest())


def id_in_path(request: Request, name: str = "id") -> str:
    """Raises `NotFound` for what no id looks like, so that nothing odd gets further."""
    return checked_id(request.path_params[name])


def checked_id(id: str) -> str:
    if not _ID.fullmatch(id):
        raise NotFound
    return id


def limit_of(request: Request) -> int:
    """`?limit=`: 50 where it is absent, at most 200. Raises `Invalid`."""
    given = request.query_params.get("limit")
    if given is None:
        return PAGE
    if not (given.isascii() and given.isdigit() and len(given) < 10 and int(given) > 0):
        raise Invalid("A limit is a whole number, 1 or more.", field="limit")
    return min(int(given), LARGEST_PAGE)


async def page_of(
    request: Request, cursors: Cursors, user: User, list: str, fetch: Callable[[str, int], Awaitable[Sequence[Listed]]]
) -> Response:
    """One page of a list that is ordered by id: `fetch(after, limit)` gives at most `limit` items after the id `after`."""
    limit = limit_of(request)
    items = await fetch(cursors.read(request, user, list, str) or "", limit + 1)
    last = items[limit - 1].id if len(items) > limit else None
    return json({"items": items[:limit], "next": cursors.write(user, list, last)})


def json(body: object, status: int = 200) -> Response:
    return Response(_encode(body), status, media_type="application/json")


def created(request: Request, made: Listed | msgspec.Raw) -> Response:
    """201 with where it is; `made` may be the kept answer of an earlier request with the same key."""
    id = msgspec.json.decode(made)["id"] if isinstance(made, msgspec.Raw) else made.id
    response = json(made, 201)
    response.headers["location"] = f"{request.url.path}/{id}"
    return response


def no_content() -> Response:
    return Response(status_code=204)


def _decoded(body: bytes, shape: type[T]) -> T:
    """Raises `msgspec.ValidationError`, ValueError and RecursionError.

    No database keeps NUL or half a character; browsers escape half an emoji as `\\ud83d`, which msgspec refuses. Both are rare, so
    they have a slow way of their own, which drops the one and puts U+FFFD for the other.
    """
    if b"\\u0000" not in body:
        try:
            return msgspec.json.decode(body, type=shape)
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, RecursionError):
            pass
    return msgspec.convert(_kept(jsonlib.loads(body.decode(), parse_constant=_no_number)), shape)


def _kept(value: object) -> object:
    match value:
        case str():
            return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_kept(item) for item in value]
        case dict():
            return {_kept(name): _kept(item) for name, item in value.items()}
        case _:
            return value


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _refusal(says: str) -> Refused:
    unknown = _UNKNOWN.search(says)
    if unknown:
        return UnknownField(f"There is no field {unknown[1]} here.", field=unknown[1])
    at = _AT.search(says)
    field = at[1] if at else None
    if _REGEX in says:
        return Invalid(_FORMS.get((field or "").rpartition(".")[2], "This is not written as it has to be."), field=field)
    return Invalid(_AT.sub("", says) + ".", field=field)
