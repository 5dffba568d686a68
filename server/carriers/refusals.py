"""Why a text did not arrive, in a person's words with what to do next; carriers' own codes are tables next to each."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec

from server.carriers.carrier import SendResult


class Category(StrEnum):
    OPTED_OUT = "opted_out"
    INVALID_NUMBER = "invalid_number"
    LANDLINE = "landline"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    CONTENT_FILTERED = "content_filtered"
    TOO_LONG = "too_long"
    NOT_REGISTERED = "not_registered"
    RATE_LIMITED = "rate_limited"
    QUEUE_EXPIRED = "queue_expired"
    MEDIA_REJECTED = "media_rejected"
    ACCOUNT_CONFIG = "account_config"
    CARRIER_ERROR = "carrier_error"
    UNKNOWN = "unknown"


class Meaning(msgspec.Struct, frozen=True):
    """`permanent`: the same text to the same number will fail again."""

    category: Category
    says: str
    permanent: bool = False

    @property
    def opted_out(self) -> bool:
        return self.category is Category.OPTED_OUT


_WORDS: Mapping[Category, tuple[str, bool]] = {
    Category.OPTED_OUT: (
        "This person has opted out at the carrier. They must text START to your number before you can text them.",
        True,
    ),
    Category.INVALID_NUMBER: ("There is no such phone number. Check it with the contact.", True),
    Category.LANDLINE: ("This number cannot receive texts; it may be a landline. Call, or ask for a mobile.", True),
    Category.UNREACHABLE: ("The phone could not be reached; it may be switched off. Try again later.", False),
    Category.BLOCKED: ("The carrier or the person blocks texts from this number. Reach them another way.", True),
    Category.CONTENT_FILTERED: ("The carrier took the text for spam. Change the wording, and leave out links.", True),
    Category.TOO_LONG: ("The text is too long for the carrier. Shorten it and send again.", True),
    Category.NOT_REGISTERED: ("The sending number is not registered for texting. Ask your manager.", False),
    Category.RATE_LIMITED: ("The carrier is taking no more texts at the moment. Try again in a few minutes.", False),
    Category.QUEUE_EXPIRED: ("The text waited too long at the carrier and was given up. Send it again.", False),
    Category.MEDIA_REJECTED: ("The carrier did not take the attachment. Send a smaller one or another type.", True),
    Category.ACCOUNT_CONFIG: ("The carrier account is not set up for this. Ask your manager to check it.", False),
    Category.CARRIER_ERROR: ("Something failed at the carrier. Send it again.", False),
    Category.UNKNOWN: ("The carrier did not deliver it and gave no reason that is known here.", False),
}
MEANINGS: Mapping[Category, Meaning] = {category: Meaning(category, says, permanent) for category, (says, permanent) in _WORDS.items()}
BLOCKING = tuple(_WORDS[each][0] for each in (Category.BLOCKED, Category.CONTENT_FILTERED, Category.NOT_REGISTERED))
"""What is said of texts that are refused because of who sends them, or of how they look."""
OPTED_OUT = _WORDS[Category.OPTED_OUT][0]
_CODE = re.compile(r"[\w.:/-]{1,64}", re.ASCII)


def meaning_of(codes: Mapping[str, Category], code: str | None, verbatim: str | None = None) -> Meaning:
    """What a carrier's code means; of an unknown one what the carrier itself says of it in words, and not permanent."""
    known = codes.get(code or "")
    if known is not None:
        return MEANINGS[known]
    words = _words(verbatim or "")
    if not words and code:
        words = f"error {code}" if _CODE.fullmatch(code) else _words(code)
    return Meaning(Category.UNKNOWN, f"The carrier says: {words}") if words else MEANINGS[Category.UNKNOWN]


def turned_away(status: int, meaning: Meaning) -> Meaning:
    """What a carrier means that answers a text with this HTTP status: 401 and 403 are a matter of the account, unless it says better."""
    return MEANINGS[Category.ACCOUNT_CONFIG] if status in (401, 403) and meaning.category is Category.UNKNOWN else meaning


def refused(code: str, meaning: Meaning) -> SendResult:
    """A text that its carrier turned away: it comes again where the carrier only takes no more at the moment."""
    outcome: Literal["retry", "rejected"] = "retry" if meaning.category is Category.RATE_LIMITED else "rejected"
    return SendResult(outcome, code=code[:64], says=meaning.says, permanent=meaning.permanent, opted_out=meaning.opted_out)


def _words(said: str) -> str:
    """At most 300 characters of it on one line; nothing of what is written for programs."""
    words = " ".join(said.split())
    if words.startswith(("{", "[", "<")) or not words.isprintable() or not any(letter.isalpha() for letter in words):
        return ""
    return words[:300]
