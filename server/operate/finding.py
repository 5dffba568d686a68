"""What `doctor` says about one thing."""

from typing import Literal

import msgspec

State = Literal["ok", "warning", "failed"]


class Finding(msgspec.Struct, frozen=True):
    """`says` is what was found; `do` what the operator can do about it, empty where there is nothing to do."""

    check: str
    state: State
    says: str
    do: str = ""


def ok(check: str, says: str) -> Finding:
    return Finding(check, "ok", says)


def warning(check: str, says: str, do: str) -> Finding:
    return Finding(check, "warning", says, do)


def failed(check: str, says: str, do: str) -> Finding:
    return Finding(check, "failed", says, do)
