"""How many SMS a text is billed as: 3GPP TS 23.038 (the alphabets) and TS 23.040 (the parts of a long message).

A text whose every character is in the GSM-7 table costs septets, 160 in one part or 153 in each of several; any other
costs UTF-16 units, 70 or 67. Neither an escape pair nor a surrogate pair is cut in two. The browser counts with the
same table and the same cases.
"""

from typing import Literal

import msgspec

BASIC = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
"""TS 23.038 6.2.1 without ESC: one septet each."""

EXTENSION = "^{}\\[~]|€\f"
"""TS 23.038 6.2.1.1: two septets each, ESC being the first."""

MOST_SEGMENTS = 10
"""Of one text without pictures."""

_BASIC = frozenset(BASIC)
_GSM = _BASIC | frozenset(EXTENSION)
_EXTENSION = frozenset(EXTENSION)


class Segments(msgspec.Struct, frozen=True):
    """`units` are septets or UTF-16 units; `per_segment` is what one part holds, `remaining` what the last one still
    takes before another part is begun. A text without characters has no part, and a whole one remaining."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    segments: int
    per_segment: int
    remaining: int


def count(body: str) -> Segments:
    if _BASIC.issuperset(body):
        return _fit("GSM-7", body, frozenset(), len(body), 160, 153)
    if _GSM.issuperset(body):
        return _fit("GSM-7", body, _EXTENSION, len(body) + sum(map(body.count, EXTENSION)), 160, 153)
    units = len(body.encode("utf-16-le", "surrogatepass")) // 2
    wide = frozenset(character for character in body if character > "\uffff") if units > len(body) else frozenset[str]()
    return _fit("UCS-2", body, wide, units, 70, 67)


def _fit(encoding: Literal["GSM-7", "UCS-2"], body: str, wide: frozenset[str], units: int, alone: int, part: int) -> Segments:
    """`wide` are the characters that cost two units and may not be cut."""
    if units <= alone:
        return Segments(encoding, units, 1 if units else 0, alone, alone - units)
    if not wide:
        segments = -(-units // part)
        return Segments(encoding, units, segments, part, segments * part - units)
    segments, used = 1, 0
    for character in body:
        width = 2 if character in wide else 1
        if used + width > part:
            segments, used = segments + 1, 0
        used += width
    return Segments(encoding, units, segments, part, part - used)
