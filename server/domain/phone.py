"""Phone numbers, read once at the edge.

A `PhoneNumber` is text in E.164 (ITU-T), so it is compared, stored and shown as it stands. Only a number that is
impossible is refused: +1 555 … is no valid number anywhere, but carriers send what they like and test rigs use it.
"""

import re
from enum import StrEnum
from typing import cast

import msgspec
import phonenumbers

from server.domain.errors import Invalid

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT_CODE = re.compile(r"[0-9]{3,6}")
_DIGITS = re.compile(r"[0-9]{7,15}")
# Mexico dropped the 1 after its code in 2019; some carriers still send it (phonenumbers calls these too long).
_OLD_MEXICAN = re.compile(r"\+521([0-9]{10})")


class NotAPhoneNumber(Invalid):
    pass


class PhoneNumber(str):
    """E.164, such as +12025550143. Made by `parse` alone, which gives plain text: at run time a PhoneNumber is a `str`,
    because msgspec encodes no subclass of it; only the type checker tells them apart."""

    __slots__ = ()

    @staticmethod
    def parse(raw: str, region: str | None = None) -> "PhoneNumber":
        """What a person typed or an integrator sent. `region` (ISO 3166, such as US) is for numbers without a +.

        Accepts every number that is possible for its country. Raises NotAPhoneNumber for others, for
        extensions, and for numbers without an area code, which nobody outside could dial.
        """
        raw = _OLD_MEXICAN.sub(r"+52\1", raw.strip())
        try:
            number = phonenumbers.parse(raw, region)
        except phonenumbers.NumberParseException:
            raise NotAPhoneNumber("That is not a phone number.") from None
        if number.extension:
            raise NotAPhoneNumber("A number with an extension cannot receive texts.")
        if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
            raise NotAPhoneNumber("A phone number of that length does not exist.")
        return cast("PhoneNumber", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


class SenderKind(StrEnum):
    NUMBER = "number"
    SHORT_CODE = "short_code"
    NAME = "name"


class Sender(msgspec.Struct, frozen=True):
    """Who an inbound text is from: `text` is E.164, the digits of a short code, or a name as it came."""

    text: str
    kind: SenderKind

    @property
    def repliable(self) -> bool:
        """An alphanumeric sender cannot be answered."""
        return self.kind is not SenderKind.NAME


def read_sender(raw: str) -> Sender:
    """Never refuses: what is neither a number nor a short code of three to six digits is kept as a name, unchanged.

    Carriers write E.164, some without the +; nothing is looked up, so an impossible number stays what it is.
    """
    text = raw.strip()
    if _DIGITS.fullmatch(text):
        text = "+" + text
    if _E164.fullmatch(text):
        return Sender(_OLD_MEXICAN.sub(r"+52\1", text), SenderKind.NUMBER)
    if _SHORT_CODE.fullmatch(text):
        return Sender(text, SenderKind.SHORT_CODE)
    return Sender(raw, SenderKind.NAME)
