"""An account's settings as everybody is told them: in the API, in `settings.changed`, and at the opening of a page."""

import msgspec

from server.domain.answers import answer
from server.domain.message import Purpose
from server.store.accounts import Account


class SettingsShape(msgspec.Struct, frozen=True):
    """The answers are as they go out. `claim_limit` null: any number of unanswered conversations."""

    sms_public_minutes: int | None
    opt_out_text: str
    default_did: str | None
    stop_answer: str
    start_answer: str
    help_answer: str
    claim_limit: int | None


def settings_shape(account: Account) -> SettingsShape:
    return SettingsShape(
        sms_public_minutes=account.public_minutes,
        opt_out_text=account.opt_out_text,
        default_did=account.default_did,
        stop_answer=answer(Purpose.OPTED_OUT, account.name, account.stop_answer),
        start_answer=answer(Purpose.OPTED_IN, account.name, account.start_answer),
        help_answer=answer(Purpose.HELP, account.name, account.help_answer),
        claim_limit=account.claim_limit,
    )
