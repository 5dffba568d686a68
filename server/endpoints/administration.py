"""The calls by which an account is set up and run, as the API's document describes them."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from server.desk.dids import DidChange, NewDid, OwnedDidShape
from server.desk.directory import NewUser
from server.desk.kinds import KindList
from server.desk.lines import CarrierChange, CarrierShape, NewCarrier
from server.desk.opening import AccountShape
from server.desk.person import PersonShape
from server.desk.settings import Changes, Effect
from server.desk.settings_shape import SettingsShape, StateHoursList
from server.desk.shapes import UserShape
from server.desk.staffing import UserChange
from server.desk.tokens import MadeTokenShape, NewToken, TokenChange, TokenShape
from server.endpoints.conversations import Nothing
from server.endpoints.directory import NewPassword
from server.endpoints.lines import UnroutedList
from server.endpoints.operation import PAGED, Asked, Operation


class Myself(UserShape, frozen=True):
    email: str


class Me(Struct, frozen=True):
    user: Myself
    account: AccountShape
    rights: list[str]


class UserList(Struct, frozen=True):
    items: list[PersonShape]
    next: str | None


class TokenList(Struct, frozen=True):
    items: list[TokenShape]
    next: str | None


class CarrierList(Struct, frozen=True):
    items: list[CarrierShape]
    next: str | None


class DidList(Struct, frozen=True):
    items: list[OwnedDidShape]
    next: str | None


class Alive(Struct, frozen=True):
    status: str


class Ready(Struct, frozen=True):
    status: str
    database: str
    redis: str


def _kept(
    path: str, thing: str, shapes: tuple[Any, ...], *, add: tuple[str, ...] = (), change: tuple[str, ...] = (), remove: str = ""
) -> dict[str, Operation]:
    """The five calls of a list that managers keep, with what refuses each. `shapes`: an item, the list, a new one as it is answered,
    the body that adds one, the body that changes one."""
    group, gone = path.capitalize(), (remove,) if remove else ()
    item, items, made, new, changes = shapes
    return {
        f"GET /api/v1/{path}": Operation(group, f"Every {thing}.", items, asks=PAGED, who="manager"),
        f"POST /api/v1/{path}": Operation(group, f"Add a {thing}.", made, 201, new, refuses=add, who="manager"),
        f"GET /api/v1/{path}/{{id}}": Operation(group, f"One {thing}.", item, who="manager"),
        f"PATCH /api/v1/{path}/{{id}}": Operation(group, "What is absent stays.", item, takes=changes, refuses=change, who="manager"),
        f"DELETE /api/v1/{path}/{{id}}": Operation(group, f"Remove a {thing}.", None, 204, refuses=gone, who="manager"),
    }


_HOOK = "A carrier's webhook, answered 2xx only when it is durable: {}. Signed by the carrier, over the raw bytes and this address."
_TEXTS = Operation("Webhooks", _HOOK.format("texts"), who="anybody", raw=True)
_RECEIPTS = Operation("Webhooks", _HOOK.format("delivery receipts"), who="anybody", raw=True)

ADMINISTRATION: Mapping[str, Operation] = {
    "GET /api/v1/me": Operation("Account", "Who is signed in.", Me),
    "GET /api/v1/settings": Operation("Account", "The account's settings.", SettingsShape, who="manager"),
    "GET /api/v1/settings/state-hours": Operation(
        "Account", "The hours of single states that quiet hours can keep.", StateHoursList, who="manager"
    ),
    "GET /api/v1/settings/effect": Operation(
        "Account",
        "What another deadline would do now; nothing is changed.",
        Effect,
        asks=(Asked("sms_public_minutes", str, "0 to 10080, or null for never.", required=True),),
        who="manager",
    ),
    "PATCH /api/v1/settings": Operation(
        "Account",
        "What is absent stays. `sms_public_minutes` is 0 to 10080, or null for never; it moves every running deadline at once.",
        SettingsShape,
        takes=Changes,
        refuses=("not_found",),
        who="manager",
    ),
    **_kept(
        "users",
        "user",
        (PersonShape, UserList, PersonShape, NewUser, UserChange),
        add=("already_exists",),
        change=("already_exists", "last_manager"),
        remove="last_manager",
    ),
    "POST /api/v1/users/{id}/sign-out": Operation(
        "Users", "End all sessions of a user. Tokens stay.", None, 204, takes=Nothing, who="manager"
    ),
    "POST /api/v1/users/{id}/password": Operation(
        "Users", "Set a user's password; all sessions of the user end.", None, 204, takes=NewPassword, who="manager"
    ),
    **_kept("tokens", "token", (TokenShape, TokenList, MadeTokenShape, NewToken, TokenChange), add=("not_found",)),
    "GET /api/v1/carrier-kinds": Operation(
        "Carriers", "The kinds of carrier that can be added, each with the credentials that it needs.", KindList, who="manager"
    ),
    **_kept("carriers", "carrier", (CarrierShape, CarrierList, CarrierShape, NewCarrier, CarrierChange), remove="in_use"),
    **_kept(
        "dids", "DID", (OwnedDidShape, DidList, OwnedDidShape, NewDid, DidChange), add=("already_exists", "not_found"), remove="in_use"
    ),
    "GET /api/v1/unrouted": Operation(
        "Dids",
        "Texts that came over the account's carriers for a number that is nobody's, newest first.",
        UnroutedList,
        asks=PAGED,
        who="manager",
    ),
    "GET /hooks/{kind}/{connection}": _TEXTS,
    "POST /hooks/{kind}/{connection}": _TEXTS,
    "GET /hooks/{kind}/{connection}/status": _RECEIPTS,
    "POST /hooks/{kind}/{connection}/status": _RECEIPTS,
    "GET /healthz": Operation("Health", "The process runs.", Alive, who="anybody"),
    "GET /readyz": Operation(
        "Health", "The database answers. Without Redis all works, a little later.", Ready, who="anybody", also=(503, "Not ready.")
    ),
    "GET /metrics": Operation(
        "Health",
        "What this process counts and what waits, for Prometheus: from this machine, and from PARTYLINE_METRICS_FROM.",
        who="anybody",
        serves=("text/plain",),
        refuses=("forbidden",),
    ),
    "GET /api/v1/openapi.json": Operation("Reference", "This document: OpenAPI 3.1.", dict[str, Any], who="anybody"),
    "GET /api/v1/asyncapi.json": Operation("Reference", "The websocket: AsyncAPI 3.0.", dict[str, Any], who="anybody"),
}
