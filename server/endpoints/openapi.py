"""The OpenAPI 3.1 document, made from the table of routes, the described operations and the Structs that the code itself reads and
writes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.routing import BaseRoute, Route

from server.desk.shapes import EventShape
from server.endpoints.administration import ADMINISTRATION
from server.endpoints.attaching import ATTACHING
from server.endpoints.calls import CALLS
from server.endpoints.contact_calls import CONTACT_CALLS
from server.endpoints.errors import STATUS
from server.endpoints.operation import WRITES, Operation, Problem, codes
from server.endpoints.opt_out_calls import OPT_OUT_CALLS
from server.endpoints.overseeing import OVERSEEING
from server.endpoints.webhook_calls import WEBHOOK_CALLS, posted
from server.endpoints.writing import WRITING

OPERATIONS: Mapping[str, Operation] = {
    **CALLS,
    **CONTACT_CALLS,
    **OPT_OUT_CALLS,
    **WRITING,
    **ATTACHING,
    **ADMINISTRATION,
    **WEBHOOK_CALLS,
    **OVERSEEING,
}
PAGES = frozenset("/ /login /logout /sms /sms/{id} /pool /feed /status /sandbox /static/{path:path} /api/docs".split())
PAGES_BELOW = ("/demo/", "/contacts", "/reports/", "/settings/")
"""What people open in a browser; the document leaves it out."""

CODES: Mapping[str, int] = {**STATUS, "method_not_allowed": 405, "internal": 500, "unavailable": 503}
PROBLEM = "application/problem+json"
_REF = "#/components/schemas/{name}"
_IN_PATH = re.compile(r"{([a-z_]+)}")
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same request again gets the first answer and changes nothing.",
    "schema": {"type": "string", "maxLength": 255},
}
_FILE = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
}
_ABOUT = """Times are RFC 3339 in UTC, ids are opaque. Lists are `{items, next}`: `next` is the `cursor` of the next page, null on the
last. Unknown fields are refused. A refusal is a problem (RFC 9457) whose `code` is stable; what is another account's and what is not
there are the same 404. Sign in with `Authorization: Bearer <token>`, or with the session cookie of a page; with the cookie every write
carries `X-CSRF-Token` from the page and its `Origin`."""


def openapi(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """Raises LookupError for a route that nothing describes."""
    return _document(tuple(_described(routes)))


@cache
def _document(calls: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Of methods and paths. Made once in a process: it takes a tenth of a second."""
    described = [(method, path, OPERATIONS[f"{method} {path}"]) for method, path in calls]
    shapes = Shapes([shape for _, _, operation in described for shape in _shapes_of(operation)] + [Problem, EventShape])
    paths: dict[str, dict[str, Any]] = {}
    for method, path, operation in described:
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, operation, shapes)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Partyline", "version": "1", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": group} for group in dict.fromkeys(operation.group for _, _, operation in described)],
        "paths": paths,
        "webhooks": posted(shapes.of(EventShape)),
        "components": {
            "schemas": shapes.components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "sid", "description": "`__Host-sid` over https."},
            },
        },
    }


class Shapes:
    """The schemas of Structs, under their names without `Shape`."""

    def __init__(self, types: Sequence[Any]) -> None:
        schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
        self.components: dict[str, Any] = {_plain(name): _renamed(schema) for name, schema in sorted(components.items())}
        self._schemas = {repr(type): _renamed(schema) for type, schema in zip(types, schemas, strict=True)}

    def of(self, type: Any) -> dict[str, Any]:
        schema: dict[str, Any] = self._schemas[repr(type)]
        return schema


def _described(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if not isinstance(route, Route) or route.path in PAGES or route.path.startswith(PAGES_BELOW):
            continue
        for method in sorted((route.methods or set()) - {"HEAD"}):
            if f"{method} {route.path}" not in OPERATIONS:
                raise LookupError(f"Nothing describes {method} {route.path}.")
            yield method, route.path


def _shapes_of(operation: Operation) -> Iterator[Any]:
    yield from (shape for shape in (operation.gives, operation.takes, operation.also_gives) if shape is not None)
    yield from (asked.shape for asked in operation.asks)


def _operation(method: str, path: str, operation: Operation, shapes: Shapes) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in _IN_PATH.findall(path)
    ]
    for asked in operation.asks:
        schema = shapes.of(asked.shape) | ({} if asked.usual is None else {"default": asked.usual})
        parameters.append({"name": asked.name, "in": "query", "required": asked.required, "description": asked.says, "schema": schema})
    if method in WRITES and not operation.raw:
        parameters.append(_KEY)
    described: dict[str, Any] = {
        "operationId": "_".join([method.lower(), *re.findall(r"[a-z]+", path.removeprefix("/api/v1").replace("-", "_"))]),
        "tags": [operation.group],
        "summary": operation.says,
        "parameters": parameters,
        "responses": _responses(method, path, operation, shapes),
        "security": [] if operation.who == "anybody" else [{"token": []}, {"session": []}],
    }
    if operation.who == "manager":
        described["description"] = "For managers."
    if operation.takes is not None:
        required = operation.takes.__struct_fields__ != () and not _all_optional(operation.takes)
        described["requestBody"] = {"required": required, "content": {"application/json": {"schema": shapes.of(operation.takes)}}}
    elif operation.reads is not None:
        described["requestBody"] = {"required": True, "content": {operation.reads: {"schema": {"type": "string"}}}}
    elif operation.uploads:
        described["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _FILE}}}
    elif operation.raw and method == "POST":
        described["requestBody"] = {"content": {"*/*": {"schema": {}}}}
    return described


def _responses(method: str, path: str, operation: Operation, shapes: Shapes) -> dict[str, Any]:
    by_status: dict[int, set[str]] = {}
    for code in codes(method, path, operation):
        by_status.setdefault(CODES[code], set()).add(code)
    good: dict[str, Any] = {"description": HTTPStatus(operation.status).phrase}
    content: dict[str, Any] = {type: {"schema": {}} for type in (("*/*",) if operation.raw else operation.serves)}
    if operation.gives is not None:
        content["application/json"] = {"schema": shapes.of(operation.gives)}
    if content:
        good["content"] = content
    if operation.status == 201:
        good["headers"] = {"Location": {"description": "Where it is.", "schema": {"type": "string"}}}
    answers = {str(operation.status): good}
    for status, refused in sorted(by_status.items()):
        answers[str(status)] = _refusal(sorted(refused))
    if operation.raw:
        for status in (400, 403, 404, 405, 413, 415, 429, 503):
            answers.setdefault(str(status), {"description": HTTPStatus(status).phrase})
    if operation.also is not None:
        answers[str(operation.also[0])] = {"description": operation.also[1]} | (
            {"content": {"application/json": {"schema": shapes.of(operation.also_gives)}}} if operation.also_gives is not None else {}
        )
    return answers


def _refusal(refused: list[str]) -> dict[str, Any]:
    schema = {"allOf": [{"$ref": _REF.format(name="Problem")}, {"properties": {"code": {"enum": refused}}}]}
    return {"description": ", ".join(f"`{code}`" for code in refused), "content": {PROBLEM: {"schema": schema}}}


def _all_optional(shape: Any) -> bool:
    return all(not field.required for field in msgspec.structs.fields(shape))


def _plain(name: str) -> str:
    return name.removesuffix("Shape")


def _renamed(schema: Any) -> Any:
    match schema:
        case dict():
            return {key: _word(key, value) if isinstance(value, str) else _renamed(value) for key, value in schema.items()}
        case list():
            return [_renamed(item) for item in schema]
        case _:
            return schema


def _word(key: str, value: str) -> str:
    match key:
        case "$ref":
            return _REF.format(name=_plain(value.rpartition("/")[2]))
        case "title":
            return _plain(value)
        case _:
            return value
