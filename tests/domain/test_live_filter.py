"""The rule of a live filter: what each condition asks, and what is no rule."""

from dataclasses import replace
from typing import Any

import pytest

from server.domain.errors import Invalid
from server.domain.live_filter import MOST_CONDITIONS, Condition, Facts, compiled

MARIA = Facts(
    name="Maria Straße",
    ready=True,
    tags=("vip", "spring"),
    timezone="America/New_York",
    opted_out=False,
    kinds=("mobile", "landline"),
    fields={"plan": "Gold", "empty": ""},
)

HOLDS: list[tuple[str, str, bool | str, bool]] = [
    ("ready", "is", True, True),
    ("ready", "is", False, False),
    ("opted_out", "is", False, True),
    ("opted_out", "is", True, False),
    ("tag", "has", "vip", True),
    ("tag", "has", "VIP", False),
    ("tag", "has_not", "vip", False),
    ("tag", "has_not", "autumn", True),
    ("name", "contains", "maria s", True),
    ("name", "contains", "STRASSE", True),
    ("name", "contains", "wei", False),
    ("timezone", "is", "America/New_York", True),
    ("timezone", "is", "Europe/Berlin", False),
    ("phone_kind", "has", "landline", True),
    ("phone_kind", "has", "other", False),
    ("field:plan", "is", "gold", True),
    ("field:plan", "is", "gol", False),
    ("field:plan", "is_not", "gold", False),
    ("field:plan", "contains", "OL", True),
    ("field:city", "is", "Bonn", False),
    ("field:city", "is_not", "Bonn", True),
    ("field:city", "contains", "B", False),
    ("field:a:b", "is_not", "x", True),
    ("field:city", "is", "", True),
    ("field:empty", "is", "", True),
    ("field:plan", "is", "", False),
    ("field:city", "is_not", "", False),
    ("field:plan", "is_not", "", True),
]

WRONG: list[tuple[Any, Any, Any, str]] = [
    ("owner", "is", "Ana", "field"),
    ("field:", "is", "x", "field"),
    ("field", "is", "x", "field"),
    ("ready", "has", True, "op"),
    ("tag", "is", "vip", "op"),
    ("ready", "is", "true", "value"),
    ("tag", "has", True, "value"),
    ("tag", "has", " ", "value"),
    ("tag", "has", "", "value"),
    ("field:plan", "is", " ", "value"),
    ("field:plan", "contains", "", "value"),
    ("name", "contains", "x" * 201, "value"),
    ("phone_kind", "has", "pager", "value"),
]


@pytest.mark.parametrize(("field", "op", "value", "holds"), HOLDS)
def test_a_condition_holds_or_does_not(field: str, op: str, value: bool | str, holds: bool) -> None:
    assert compiled([Condition(field, op, value)])(MARIA) is holds


def test_all_conditions_must_hold() -> None:
    rule = compiled([Condition("ready", "is", True), Condition("tag", "has", "vip")])
    assert rule(MARIA)
    assert not rule(replace(MARIA, ready=False))
    assert not rule(replace(MARIA, tags=()))


@pytest.mark.parametrize(("field", "op", "value", "wrong"), WRONG)
def test_what_is_no_rule_is_refused_and_named(field: str, op: str, value: bool | str, wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        compiled([Condition("ready", "is", True), Condition(field, op, value)])
    assert refused.value.extra == {"field": f"conditions[1].{wrong}"}


@pytest.mark.parametrize("count", [0, MOST_CONDITIONS + 1])
def test_a_rule_has_some_conditions_and_not_too_many(count: int) -> None:
    with pytest.raises(Invalid, match="conditions"):
        compiled([Condition("ready", "is", True)] * count)
