"""Which kinds of carrier this server knows, and what credentials each needs, for the form that adds one."""

import msgspec
from msgspec import Struct

from server.desk.desk import Desk


class KeyShape(Struct, frozen=True):
    name: str
    required: bool


class KindShape(Struct, frozen=True):
    kind: str
    credentials: list[KeyShape]


class KindList(Struct, frozen=True):
    """All of them, by name; there is no next page."""

    items: list[KindShape]
    next: None = None


def carrier_kinds(desk: Desk) -> KindList:
    return KindList([KindShape(kind, _keys(carrier.keys)) for kind, carrier in sorted(desk.carriers.items())])


def _keys(keys: type[Struct]) -> list[KeyShape]:
    return [KeyShape(field.name, field.required) for field in msgspec.structs.fields(keys)]
