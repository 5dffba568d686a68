"""What can be refused, each with a stable `code` and a sentence for a person. Mapped to HTTP in one place, `endpoints/errors.py`."""

from collections.abc import Mapping


class Refused(Exception):
    """A request that the rules refuse; nothing was changed. `extra` goes into the answer beside `code`."""

    code = "refused"

    def __init__(self, says: str, **extra: object) -> None:
        super().__init__(says)
        self.says = says
        self.extra: Mapping[str, object] = extra


class NotFound(Refused):
    """Not there, or another account's: the same answer for both."""

    code = "not_found"

    def __init__(self, says: str = "There is no such thing here.") -> None:
        super().__init__(says)


class Forbidden(Refused):
    code = "forbidden"


class Invalid(Refused):
    """A field's value is not acceptable; `extra` may name the field."""

    code = "invalid"


class UnknownField(Refused):
    code = "unknown_field"


class AlreadyClaimed(Refused):
    """Somebody else was first; `owner` {id, name} and `at` say who and when."""

    code = "already_claimed"


class NotScheduled(Refused):
    code = "not_scheduled"


class NotUnconfirmed(Refused):
    """It is known by now what became of the text, or another one went in its place."""

    code = "not_unconfirmed"


class NotPublic(Refused):
    code = "not_public"


class NothingWaits(Refused):
    code = "nothing_waits"


class NothingToDecide(Refused):
    """No text waits for a decision about consent, or somebody has decided."""

    code = "nothing_to_decide"


class OptedOut(Refused):
    code = "opted_out"


class InQuietHours(Refused):
    """It is quiet where the contact is; `opens_at` says when a text may leave, `timezone` by whose clock, `state` whose own hours it waits
    for, if it does."""

    code = "quiet_hours"


class UnseenMessage(Refused):
    """A teammate's message or note is newer than what the author saw; `message` is it."""

    code = "unseen_message"


class TooLong(Refused):
    code = "too_long"


class NoMms(Refused):
    code = "no_mms"


class TooLarge(Refused):
    code = "too_large"


class NotRepliable(Refused):
    code = "not_repliable"


class NoNumber(Refused):
    """There is no DID of the account that could send this."""

    code = "no_number"


class InUse(Refused):
    """Something that was sent or received still refers to it."""

    code = "in_use"


class ClientIdConflict(Refused):
    code = "client_id_conflict"


class IdempotencyConflict(Refused):
    code = "idempotency_conflict"


class AlreadyExists(Refused):
    code = "already_exists"


class TooLate(Refused):
    """What could be undone or done for a while no longer can."""

    code = "too_late"


class HasConversation(Refused):
    """A number whose conversation exists stays with its contact."""

    code = "has_conversation"
