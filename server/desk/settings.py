"""The account's settings: what they are, and changing them at once for everything that runs (PRODUCT rule 11)."""

from dataclasses import replace

import msgspec

from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.shapes import SettingsShape, settings_shape
from server.desk.work import Work
from server.domain.errors import Invalid, NotFound
from server.domain.events import EventType
from server.domain.segments import count
from server.domain.user import User
from server.store import accounts
from server.store.database import Transaction, stored_text

MOST_MINUTES = 10_080


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a `PATCH /settings` may hold; what is absent stays. `sms_public_minutes` null means never."""

    sms_public_minutes: int | msgspec.UnsetType | None = msgspec.UNSET
    opt_out_text: str | msgspec.UnsetType = msgspec.UNSET
    default_did: str | msgspec.UnsetType | None = msgspec.UNSET


async def settings(desk: Desk, user: User) -> SettingsShape:
    async def read(tx: Transaction) -> SettingsShape:
        return settings_shape((await accounts.accounts(tx, [user.account]))[user.account])

    return await desk.read(read)


async def change_settings(desk: Desk, user: User, changes: Changes, once: Once | None = None) -> SettingsShape | msgspec.Raw:
    """One `settings.changed` event; a changed deadline rewrites no conversation, since deadlines are derived."""

    async def change(work: Work) -> SettingsShape:
        before = await accounts.lock(work.tx, user.account)
        after = before
        if changes.sms_public_minutes is not msgspec.UNSET:
            minutes = changes.sms_public_minutes
            if minutes is not None and not 0 <= minutes <= MOST_MINUTES:
                raise Invalid(f"Public minutes are 0 to {MOST_MINUTES}, or null for never.", field="sms_public_minutes")
            after = replace(after, public_minutes=minutes)
        if changes.opt_out_text is not msgspec.UNSET:
            text = stored_text(changes.opt_out_text).strip()
            if not text or count(text).segments > 1:
                raise Invalid("The opt-out text needs words, in one segment.", field="opt_out_text")
            after = replace(after, opt_out_text=text)
        if changes.default_did is not msgspec.UNSET:
            did = changes.default_did
            if did is not None and did not in {d.id for d in await accounts.dids_of(work.tx, user.account)}:
                raise NotFound("There is no such number of yours.")
            after = replace(after, default_did=did)
        work.set_account(after)
        shape = settings_shape(after)
        if after != before:
            await accounts.save_settings(work.tx, after)
            work.tell(user.account, EventType.SETTINGS_CHANGED, work.know(user), data={"settings": shape})
            work.wake("timer")
        return shape

    return await write_once(desk, change, once)
