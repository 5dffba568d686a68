"""Bandwidth's words for what became of a text, in ours.

A code's first digit says whether it lasts (4) or passes (5), or that nobody knows (9), the second whether Bandwidth (1 to 5) or the
receiver's carrier (6, 7) says so (dev.bandwidth.com, messaging errors).
"""

from collections.abc import Mapping

from msgspec.structs import replace

from server.carriers.refusals import Category, Meaning, meaning_of
from server.domain.message import MessageState

CODES: Mapping[str, Category] = {
    "forbidden": Category.ACCOUNT_CONFIG,
    "http_401": Category.ACCOUNT_CONFIG,
    "http_403": Category.ACCOUNT_CONFIG,
    "http_429": Category.RATE_LIMITED,
    "unauthorized": Category.ACCOUNT_CONFIG,
    "4302": Category.ACCOUNT_CONFIG,
    "4303": Category.INVALID_NUMBER,
    "4403": Category.ACCOUNT_CONFIG,
    "4410": Category.MEDIA_REJECTED,
    "4411": Category.MEDIA_REJECTED,
    "4412": Category.MEDIA_REJECTED,
    "4432": Category.ACCOUNT_CONFIG,
    "4470": Category.CONTENT_FILTERED,
    "4481": Category.BLOCKED,
    "4482": Category.BLOCKED,
    "4701": Category.UNREACHABLE,
    "4702": Category.UNREACHABLE,
    "4711": Category.MEDIA_REJECTED,
    "4712": Category.MEDIA_REJECTED,
    "4720": Category.INVALID_NUMBER,
    "4721": Category.INVALID_NUMBER,
    "4770": Category.CONTENT_FILTERED,
    "4772": Category.BLOCKED,
    "4773": Category.NOT_REGISTERED,
    "4775": Category.OPTED_OUT,
    **{f"478{digit}": Category.RATE_LIMITED for digit in range(10)},
    "4795": Category.NOT_REGISTERED,
}
STATES: Mapping[str, MessageState] = {
    "message-sending": MessageState.SENT,
    "message-sent": MessageState.SENT,
    "message-delivered": MessageState.DELIVERED,
    "message-read": MessageState.DELIVERED,
}
"""By event; `message-failed` says by its code what it means."""

LISTED_STATES: Mapping[str, MessageState] = {
    "RECEIVED": MessageState.SENT,
    "ACCEPTED": MessageState.SENT,
    "QUEUED": MessageState.SENT,
    "SENDING": MessageState.SENT,
    "SENT": MessageState.SENT,
    "DLR_EXPIRED": MessageState.SENT,
    "DELIVERED": MessageState.DELIVERED,
    "FAILED": MessageState.FAILED,
    "UNDELIVERED": MessageState.UNDELIVERED,
}
"""By status in the list of messages, where an outbound text is RECEIVED first."""

NO_RECEIPT = "9902"
_THEIRS = frozenset("67")


def failed_state(code: str | None) -> MessageState:
    """What a failure with this code is: given up on a receipt, refused on the way, or at Bandwidth already."""
    if code == NO_RECEIPT:
        return MessageState.SENT
    own = code is not None and len(code) == 4 and code[0] in "45" and code[1] not in _THEIRS
    return MessageState.FAILED if own else MessageState.UNDELIVERED


def bandwidth_meaning(code: str | None, verbatim: str | None = None) -> Meaning:
    """Of a code that is not in the table its first digit says whether it lasts."""
    meaning = meaning_of(CODES, code, verbatim)
    lasts = meaning.category is Category.UNKNOWN and code is not None and len(code) == 4 and code.isdigit() and code[0] == "4"
    return replace(meaning, permanent=True) if lasts else meaning
