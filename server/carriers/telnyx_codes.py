"""Telnyx's words for what became of a text, in ours (its messaging error code reference and detail records)."""

from collections.abc import Mapping

from server.carriers.refusals import Category, Meaning, meaning_of
from server.domain.message import MessageState

CODES: Mapping[str, Category] = {
    "10002": Category.INVALID_NUMBER,
    "10009": Category.ACCOUNT_CONFIG,
    "10010": Category.ACCOUNT_CONFIG,
    "10011": Category.RATE_LIMITED,
    "10016": Category.INVALID_NUMBER,
    "40001": Category.LANDLINE,
    "40002": Category.CONTENT_FILTERED,
    "40003": Category.BLOCKED,
    "40004": Category.BLOCKED,
    "40005": Category.QUEUE_EXPIRED,
    "40006": Category.UNREACHABLE,
    "40008": Category.UNREACHABLE,
    "40009": Category.CONTENT_FILTERED,
    "40010": Category.NOT_REGISTERED,
    "40011": Category.RATE_LIMITED,
    "40012": Category.INVALID_NUMBER,
    "40013": Category.ACCOUNT_CONFIG,
    "40014": Category.QUEUE_EXPIRED,
    "40015": Category.CONTENT_FILTERED,
    "40019": Category.ACCOUNT_CONFIG,
    "40300": Category.OPTED_OUT,
    "40302": Category.TOO_LONG,
    "40305": Category.ACCOUNT_CONFIG,
    "40310": Category.INVALID_NUMBER,
    "40314": Category.ACCOUNT_CONFIG,
    "40315": Category.ACCOUNT_CONFIG,
    "40317": Category.MEDIA_REJECTED,
    "40318": Category.RATE_LIMITED,
    "40322": Category.CONTENT_FILTERED,
    "40329": Category.NOT_REGISTERED,
    "40333": Category.ACCOUNT_CONFIG,
}
PASSING = frozenset({"40002", "40004"})
"""Refused for now, says Telnyx, though others of their category last."""

STATES: Mapping[str, MessageState] = {
    "queued": MessageState.SENT,
    "sending": MessageState.SENT,
    "sent": MessageState.SENT,
    "delivery_unconfirmed": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "expired": MessageState.UNDELIVERED,
    "delivery_failed": MessageState.UNDELIVERED,
    "sending_failed": MessageState.FAILED,
}
RECORD_STATES: Mapping[str, MessageState] = {
    **STATES,
    "dlr_unconfirmed": MessageState.SENT,
    "dlr_timeout": MessageState.SENT,
    "gw_timeout": MessageState.UNDELIVERED,
    "failed": MessageState.UNDELIVERED,
    "gw_reject": MessageState.FAILED,
}
"""The detail records have words of their own for the end of a text."""


def telnyx_meaning(code: str | None, verbatim: str | None = None) -> Meaning:
    meaning = meaning_of(CODES, code, verbatim)
    return Meaning(meaning.category, meaning.says) if code in PASSING else meaning
