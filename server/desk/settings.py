"""The account's settings: what they are, and changing them at once for everything that runs."""

from dataclasses import replace
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.settings_shape import QuietHoursShape, SettingsShape, quiet_hours, settings_shape
from server.desk.trail import Target, trace
from server.desk.work import Work
from server.domain.errors import Invalid, NotFound
from server.domain.events import EventType
from server.domain.segments import count
from server.domain.time_zone import zone_of
from server.domain.user import User
from server.store import accounts, held, unanswered
from server.store.accounts import Account
from server.store.database import Transaction, stored_text

MOST_MINUTES = 10_080
ANSWER_SEGMENTS = 2
"""The longest answer to STOP, START or HELP: the CTIA wants them short, and each text in costs one of them."""
ClaimLimit = Annotated[int, Meta(ge=1, le=200)]


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a `PATCH /settings` may hold; what is absent stays. `sms_public_minutes` null means never, `claim_limit` null any number,
    and an answer that is null is ours again; `quiet_hours` null turns them off."""

    sms_public_minutes: int | UnsetType | None = UNSET
    opt_out_text: str | UnsetType = UNSET
    default_did: str | UnsetType | None = UNSET
    stop_answer: str | UnsetType | None = UNSET
    start_answer: str | UnsetType | None = UNSET
    help_answer: str | UnsetType | None = UNSET
    claim_limit: ClaimLimit | UnsetType | None = UNSET
    timezone: str | UnsetType = UNSET
    quiet_hours: QuietHoursShape | UnsetType | None = UNSET


class Effect(msgspec.Struct, frozen=True):
    """`unanswered` conversations wait now; `public_at_once` of them would go public as soon as the deadline is the one asked about."""

    unanswered: int
    public_at_once: int


async def settings(desk: Desk, user: User) -> SettingsShape:
    async def read(tx: Transaction) -> SettingsShape:
        return settings_shape((await accounts.accounts(tx, [user.account]))[user.account])

    return await desk.read(read)


async def effect(desk: Desk, user: User, minutes: int | None) -> Effect:
    """What a deadline of so many minutes, None for never, would do now."""
    _check_minutes(minutes)

    async def read(tx: Transaction) -> Effect:
        at_once = 0 if minutes is None else await unanswered.public_at_once(tx, user.account, minutes)
        return Effect(await unanswered.unanswered(tx, user.account), at_once)

    return await desk.read(read)


async def change_settings(desk: Desk, user: User, changes: Changes, once: Once | None = None) -> SettingsShape | msgspec.Raw:
    """One `settings.changed` event; a changed deadline rewrites no conversation, since deadlines are derived."""

    async def change(work: Work) -> SettingsShape:
        before = await accounts.lock(work.tx, user.account)
        after = _changed(before, changes)
        await _must_be_ours(work.tx, after)
        work.set_account(after)
        shape = settings_shape(after)
        if after != before:
            await accounts.save_settings(work.tx, after)
            target = Target("settings", user.account, after.name)
            await trace(work, user, "changed", target, _built(settings_shape(before)), _built(shape))
            work.tell(user.account, EventType.SETTINGS_CHANGED, work.know(user), data={"settings": shape})
            if (after.quiet_hours, after.timezone) != (before.quiet_hours, before.timezone):
                await held.look_again(work.tx, account=user.account)
            work.wake("timer")
        return shape

    return await write_once(desk, change, once, alone=True)


async def _must_be_ours(tx: Transaction, account: Account) -> None:
    did = account.default_did
    if did is not None and did not in {d.id for d in await accounts.dids_of(tx, account.id)}:
        raise NotFound("There is no such number of yours.")


def _changed(account: Account, changes: Changes) -> Account:
    if changes.sms_public_minutes is not UNSET:
        _check_minutes(changes.sms_public_minutes)
        account = replace(account, public_minutes=changes.sms_public_minutes)
    if changes.opt_out_text is not UNSET:
        account = replace(account, opt_out_text=_words(changes.opt_out_text, "opt_out_text", "The opt-out text", 1))
    if changes.default_did is not UNSET:
        account = replace(account, default_did=changes.default_did)
    account = replace(
        account,
        stop_answer=_answer(account.stop_answer, changes.stop_answer, "stop_answer"),
        start_answer=_answer(account.start_answer, changes.start_answer, "start_answer"),
        help_answer=_answer(account.help_answer, changes.help_answer, "help_answer"),
    )
    if changes.claim_limit is not UNSET:
        account = replace(account, claim_limit=changes.claim_limit)
    if changes.timezone is not UNSET:
        account = replace(account, timezone=_zone(changes.timezone))
    if changes.quiet_hours is not UNSET:
        account = replace(account, quiet_hours=quiet_hours(changes.quiet_hours) if changes.quiet_hours else None)
    return account


def _answer(before: str | None, given: str | UnsetType | None, field: str) -> str | None:
    if given is UNSET:
        return before
    return None if given is None else _words(given, field, "The answer", ANSWER_SEGMENTS)


def _check_minutes(minutes: int | None) -> None:
    if minutes is not None and not 0 <= minutes <= MOST_MINUTES:
        raise Invalid(f"Public minutes are 0 to {MOST_MINUTES}, or null for never.", field="sms_public_minutes")


def _zone(name: str) -> str:
    if zone_of(name) is None:
        raise Invalid("That is no time zone, such as America/New_York.", field="timezone")
    return name


def _words(given: str, field: str, name: str, segments: int) -> str:
    text = stored_text(given).strip()
    if not text or count(text).segments > segments:
        raise Invalid(f"{name} needs words, in {'one segment' if segments == 1 else f'at most {segments} segments'}.", field=field)
    return text


def _built(shape: SettingsShape) -> dict[str, object]:
    built: dict[str, object] = msgspec.to_builtins(shape)
    return built
