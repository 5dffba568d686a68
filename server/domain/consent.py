"""What an inbound text means for consent: 47 CFR 64.1200(a)(10) and the CTIA Messaging Principles.

A keyword is a whole message. Words that only sound like one ("please stop texting me") are for a person to judge.
"""

import re
import unicodedata
from enum import StrEnum


class Keyword(StrEnum):
    """What to do; REVIEW: nothing by itself, but a person should look whether this is an opt-out."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    REVIEW = "review"
    NONE = "none"


EDITION = "2026-11"
"""Of the rules below, kept with every line of the ledger: whoever changes them gives them a new one."""

STOP_WORDS = frozenset(
    "stop|stopall|stop all|unsubscribe|unsub|cancel|end|quit|revoke|optout|opt out|remove|arret|td"
    "|stop please|please stop|stop texting me|stop messaging me|unsubscribe me|remove me|opt me out"
    "|please opt me out".split("|")
)
START_WORDS = frozenset({"start", "unstop"})
START_IF_OPTED_OUT = frozenset({"yes"})
HELP_WORDS = frozenset({"help", "info"})

_WORDS = STOP_WORDS | START_WORDS | START_IF_OPTED_OUT | HELP_WORDS
_LONGEST = max(map(len, _WORDS))
_SIGNATURES = ("--", "sent from ", "sent via ", "get outlook ")
_NOT_A_WORD = re.compile(r"[\W_]+")
# On text that `_folded` has made plain. A person decides, so a text too many costs a glance and one too few a lawsuit.
_SOUNDS_LIKE_STOP = re.compile(
    r"\b(?:stop|stopped|stopping|stopall|unsubscribe|unsub|optout|opt (?:me )?out|revoke|alto|basta"
    r"|wrong (?:number|person)"
    r"|(?:do not|dont|don t|never|no more|quit|cease) (?:ever )?(?:text|txt|message|messag|contact|sms|call|writ)\w*"
    r"|no more|leave (?:me|us) alone|lose (?:my|this) number"
    r"|(?:remove|delete|take) (?:me|us|my|this|our) ?\w* ?(?:number|list|off|from)"
    r")\b"
)
_STOP_SIGNS = ("\N{OCTAGONAL SIGN}", "\N{NO ENTRY}", "\N{NO MOBILE PHONES}")


def classify(body: str, opted_out: bool) -> Keyword:
    """`opted_out`: whether the sender's number is opted out now, on which YES depends."""
    text = _folded(body)
    keyword = _keyword(text, opted_out)
    if keyword is None:
        first, _, rest = body.strip().partition("\n")
        if rest.lstrip()[:20].lower().startswith(_SIGNATURES):
            keyword = _keyword(_folded(first), opted_out)
    if keyword is not None:
        return keyword
    if _SOUNDS_LIKE_STOP.search(text) or any(sign in body for sign in _STOP_SIGNS):
        return Keyword.REVIEW
    return Keyword.NONE


def _keyword(text: str, opted_out: bool) -> Keyword | None:
    if len(text) > 2 * _LONGEST:
        return None
    words = text.split(" ")
    if text not in _WORDS and (len(words) == 2 or max(map(len, words)) == 1):
        text = "".join(words)  # "un subscribe", "s t o p"
    if text in STOP_WORDS:
        return Keyword.STOP
    if text in START_WORDS or (opted_out and text in START_IF_OPTED_OUT):
        return Keyword.START
    return Keyword.HELP if text in HELP_WORDS else None


def _folded(body: str) -> str:
    """Letters and digits alone, without case, accents and marks; everything between them is one space."""
    if not body.isascii():
        body = "".join(
            character
            for character in unicodedata.normalize("NFKD", body)
            if character < "\x80" or unicodedata.category(character) not in ("Mn", "Mc", "Me", "Cf")
        )
    return _NOT_A_WORD.sub(" ", body.casefold()).strip()
