"""Twilio's words for what became of a text, in ours (twilio.com/docs/api/errors, and the SDK's list of states)."""

from collections.abc import Mapping

from server.carriers.refusals import Category
from server.domain.message import MessageState

CODES: Mapping[str, Category] = {
    "12300": Category.MEDIA_REJECTED,
    "20003": Category.ACCOUNT_CONFIG,
    "20429": Category.RATE_LIMITED,
    "21211": Category.INVALID_NUMBER,
    "21408": Category.ACCOUNT_CONFIG,
    "21606": Category.ACCOUNT_CONFIG,
    "21608": Category.ACCOUNT_CONFIG,
    "21610": Category.OPTED_OUT,
    "21611": Category.RATE_LIMITED,
    "21612": Category.UNREACHABLE,
    "21614": Category.LANDLINE,
    "21617": Category.TOO_LONG,
    "21635": Category.LANDLINE,
    "30001": Category.QUEUE_EXPIRED,
    "30002": Category.ACCOUNT_CONFIG,
    "30003": Category.UNREACHABLE,
    "30004": Category.BLOCKED,
    "30005": Category.INVALID_NUMBER,
    "30006": Category.LANDLINE,
    "30007": Category.CONTENT_FILTERED,
    "30008": Category.CARRIER_ERROR,
    "30034": Category.NOT_REGISTERED,
}
# What Twilio has in its hands counts as sent: only a receipt can say more.
STATES: Mapping[str, MessageState] = {
    "accepted": MessageState.SENT,
    "scheduled": MessageState.SENT,
    "queued": MessageState.SENT,
    "sending": MessageState.SENT,
    "sent": MessageState.SENT,
    "partially_delivered": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}
