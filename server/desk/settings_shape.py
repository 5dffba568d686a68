"""An account's settings as everybody is told them: in the API, in `settings.changed`, and at the opening of a page."""

from typing import Annotated

import msgspec
from msgspec import Meta

from server.domain.answers import answer
from server.domain.errors import Invalid
from server.domain.message import Purpose
from server.domain.quiet_hours import EXEMPT_HOURS, MOST_EXEMPT_HOURS, QuietHours
from server.domain.state_hours import SURE, as_of, states
from server.store.accounts import Account

TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]


class QuietHoursShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """Nothing that a person or a program writes leaves between `from` and `to` by the contact's clock, such as "20:00" and "08:00"; but a
    text within `exempt_reply_hours` of the contact's own last one is a reply, which may always leave. With `state_hours` the hours of
    single states, as `GET /settings/state-hours` has them, count too for the numbers of these states."""

    start: TimeOfDay
    end: TimeOfDay
    exempt_reply_hours: Annotated[int, Meta(ge=0, le=MOST_EXEMPT_HOURS)] = EXEMPT_HOURS
    state_hours: bool = True


class SettingsShape(msgspec.Struct, frozen=True):
    """The answers are as they go out. `claim_limit` null: any number of unanswered conversations. `timezone` is the account's, where a
    contact's own and the number say nothing. `quiet_hours` null: texts leave at any hour."""

    sms_public_minutes: int | None
    opt_out_text: str
    default_did: str | None
    stop_answer: str
    start_answer: str
    help_answer: str
    claim_limit: int | None
    timezone: str
    quiet_hours: QuietHoursShape | None


class StateHoursShape(msgspec.Struct, frozen=True):
    """`hours` in words, such as "09:00–21:00, Sunday 12:00–21:00"."""

    name: str
    hours: str


class StateHoursList(msgspec.Struct, frozen=True):
    """The states whose own hours are known, by name. `as_of` is the day on which the table was made; it is no legal advice."""

    items: list[StateHoursShape]
    as_of: str


def state_hours_list() -> StateHoursList:
    return StateHoursList([StateHoursShape(state.name, state.says) for state in states()], as_of())


def settings_shape(account: Account) -> SettingsShape:
    return SettingsShape(
        sms_public_minutes=account.public_minutes,
        opt_out_text=account.opt_out_text,
        default_did=account.default_did,
        stop_answer=answer(Purpose.OPTED_OUT, account.name, account.stop_answer),
        start_answer=answer(Purpose.OPTED_IN, account.name, account.start_answer),
        help_answer=answer(Purpose.HELP, account.name, account.help_answer),
        claim_limit=account.claim_limit,
        timezone=account.timezone,
        quiet_hours=_quiet_shape(account.quiet_hours) if account.quiet_hours else None,
    )


def quiet_hours(shape: QuietHoursShape) -> QuietHours:
    """Raises `Invalid`."""
    hours = QuietHours(_minute(shape.start), _minute(shape.end), shape.exempt_reply_hours, shape.state_hours)
    if hours.states and not hours.leaves_time():
        between = f"{_clock(SURE[0])} and {_clock(SURE[1])}"
        raise Invalid(f"Leave some time between {between}, when every state is open: else texts might wait for ever.", field="quiet_hours")
    return hours


def _quiet_shape(hours: QuietHours) -> QuietHoursShape:
    return QuietHoursShape(_clock(hours.start), _clock(hours.end), hours.exempt_reply_hours, hours.states)


def _minute(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return 60 * int(hour) + int(minute)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
