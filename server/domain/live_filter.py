"""The rule of a live filter: conditions on one contact, all of which must hold, compiled into one question."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from server.domain.errors import Invalid

MOST_CONDITIONS = 20
LONGEST_VALUE = 200
KINDS = ("mobile", "landline", "other")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a filter may ask about a contact. `opted_out`: one of its numbers is; `kinds` are those of its phones."""

    name: str
    ready: bool
    tags: Sequence[str]
    timezone: str | None
    opted_out: bool
    kinds: Sequence[str]
    fields: Mapping[str, str]


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`field` is ready, tag, name, timezone, opted_out, phone_kind or field:<name>; `value` is true or false for the two that are
    asked so, a text for the others."""

    field: str
    op: str
    value: bool | str


Rule = Callable[[Facts], bool]

_OPS: Mapping[str, tuple[str, ...]] = {
    "ready": ("is",),
    "opted_out": ("is",),
    "tag": ("has", "has_not"),
    "name": ("contains",),
    "timezone": ("is",),
    "phone_kind": ("has",),
    "field:": ("is", "is_not", "contains"),
}


def compiled(conditions: Sequence[Condition]) -> Rule:
    """Raises `Invalid`, naming the condition, for what is no rule."""
    if not 0 < len(conditions) <= MOST_CONDITIONS:
        raise Invalid(f"A live filter has 1 to {MOST_CONDITIONS} conditions.", field="conditions")
    rules = [_rule(condition, place) for place, condition in enumerate(conditions)]
    return lambda facts: all(rule(facts) for rule in rules)


def _rule(condition: Condition, place: int) -> Rule:
    kind, colon, name = condition.field.partition(":")
    if colon:
        kind = "field:" if kind == "field" and name.strip() else condition.field + ":"
    value, where = condition.value, f"conditions[{place}]"
    if kind not in _OPS:
        raise Invalid(f"There is no “{condition.field}” to filter by.", field=f"{where}.field")
    if condition.op not in _OPS[kind]:
        raise Invalid(f"“{condition.field}” is compared by {' or '.join(_OPS[kind])}.", field=f"{where}.op")
    if isinstance(value, bool) != (kind in ("ready", "opted_out")):
        raise Invalid(f"“{condition.field}” takes {'a text' if isinstance(value, bool) else 'true or false'}.", field=f"{where}.value")
    if isinstance(value, bool):
        return _truth(kind, value)
    absent = value == "" and condition.op in ("is", "is_not") and kind == "field:"
    if (not value.strip() and not absent) or len(value) > LONGEST_VALUE:
        raise Invalid(f"A value has 1 to {LONGEST_VALUE} characters.", field=f"{where}.value")
    if kind == "phone_kind" and value not in KINDS:
        raise Invalid(f"A phone's kind is one of {', '.join(KINDS)}.", field=f"{where}.value")
    return _text(kind, name, condition.op, value)


def _truth(kind: str, value: bool) -> Rule:
    if kind == "ready":
        return lambda facts: facts.ready is value
    return lambda facts: facts.opted_out is value


def _text(kind: str, name: str, op: str, value: str) -> Rule:
    """Names and fields are compared without regard to case; a field that a contact does not have is empty."""
    folded = value.casefold()
    match kind, op:
        case "tag", "has":
            return lambda facts: value in facts.tags
        case "tag", _:
            return lambda facts: value not in facts.tags
        case "name", _:
            return lambda facts: folded in facts.name.casefold()
        case "timezone", _:
            return lambda facts: facts.timezone == value
        case "phone_kind", _:
            return lambda facts: value in facts.kinds
        case _, "is":
            return lambda facts: facts.fields.get(name, "").casefold() == folded
        case _, "is_not":
            return lambda facts: facts.fields.get(name, "").casefold() != folded
        case _:
            return lambda facts: folded in facts.fields.get(name, "").casefold()
