"""What a person chose for all tabs and devices, and whether that person is available."""

from typing import Literal

import msgspec
from msgspec.structs import replace

Theme = Literal["system", "light", "dark"]
SendKey = Literal["enter", "ctrl_enter"]
Status = Literal["available", "focus", "away"]


class Preferences(msgspec.Struct, frozen=True):
    """`focus_until` in µs UTC, only with the status `focus`; None is until the person says otherwise."""

    theme: Theme = "system"
    send_key: SendKey = "enter"
    single_keys: bool = True
    sound: bool = True
    desktop: bool = True
    private_notifications: bool = False
    pool_alerts: bool = False
    repeat_unread: bool = False
    status: Status = "available"
    focus_until: int | None = None


def as_of(kept: Preferences, now: int) -> Preferences:
    """A focus whose time is over is over, whoever looks; `now` in µs UTC."""
    if kept.focus_until is not None and kept.focus_until <= now:
        return replace(kept, status="available", focus_until=None)
    return kept
