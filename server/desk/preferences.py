"""A person's own choices: read with every page, changed in one tab and told to that person's others."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict, replace

from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.shapes import PreferencesShape, preferences_shape
from server.desk.work import Work
from server.domain.errors import Invalid
from server.domain.events import EventType
from server.domain.instants import microseconds
from server.domain.preferences import Preferences, SendKey, Status, Theme, as_of
from server.domain.user import User
from server.store import people, preferences
from server.store.database import Transaction


class PreferenceChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays. `focus_until` goes with the status `focus` alone; null is until the person says otherwise."""

    theme: Theme | UnsetType = UNSET
    send_key: SendKey | UnsetType = UNSET
    single_keys: bool | UnsetType = UNSET
    sound: bool | UnsetType = UNSET
    desktop: bool | UnsetType = UNSET
    private_notifications: bool | UnsetType = UNSET
    pool_alerts: bool | UnsetType = UNSET
    repeat_unread: bool | UnsetType = UNSET
    status: Status | UnsetType = UNSET
    focus_until: Annotated[datetime, Meta(tz=True)] | UnsetType | None = UNSET


async def my_preferences(desk: Desk, user: User) -> PreferencesShape:
    return await desk.read(lambda tx: _read(tx, user))


async def change_preferences(
    desk: Desk, user: User, changes: PreferenceChanges, once: Once | None = None
) -> PreferencesShape | msgspec.Raw:
    """Raises `Invalid` for an end that is past, or that is no focus's."""

    async def change(work: Work) -> PreferencesShape:
        # Two tabs that change different things at the same instant take turns here.
        await people.lock(work.tx, user.account, user.id)
        before = as_of(await preferences.find(work.tx, user.id), work.now)
        after = _changed(before, changes, work.now)
        shape = preferences_shape(after, work.now)
        if after != before:
            await preferences.save(work.tx, user.id, after)
            data = {"preferences": shape}
            work.tell(user.account, EventType.PREFERENCES_CHANGED, work.know(user), data=data, audience=(user.id,))
        return shape

    return await write_once(desk, change, once)


async def _read(tx: Transaction, user: User) -> PreferencesShape:
    return preferences_shape(await preferences.find(tx, user.id), tx.now)


def _changed(before: Preferences, changes: PreferenceChanges, now: int) -> Preferences:
    given: dict[str, Any] = {name: value for name, value in asdict(changes).items() if value is not UNSET}
    if isinstance(until := given.get("focus_until"), datetime):
        given["focus_until"] = microseconds(until, "focus_until")
        if given["focus_until"] <= now:
            raise Invalid("Give a time in the future.", field="focus_until")
    after = replace(before, **given)
    if after.status != "focus" and after.focus_until is not None:
        if given.get("focus_until") is not None:
            raise Invalid("Only the status `focus` has an end.", field="focus_until")
        after = replace(after, focus_until=None)
    return after
