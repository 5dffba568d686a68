"""What a manager typed for a new carrier becomes credentials that its module can work with."""

import re
from collections.abc import Mapping

import msgspec

from server.carriers.carrier import Carrier, Credentials
from server.domain.errors import Invalid, UnknownField

# A pattern says nothing to a person.
_PATTERN = re.compile(r"Expected `str` matching regex '.*' - at `\$\.(\w+)`")


def read_credentials(carrier: Carrier, given: Mapping[str, object]) -> Credentials:
    """Raises UnknownField for a key that this kind does not have, Invalid for a missing or unusable one; neither
    repeats a value. `field` names the first that is not right."""
    unknown = sorted(set(given) - set(carrier.keys.__struct_fields__))
    if unknown:
        raise UnknownField(f"A {carrier.kind} carrier has no such credentials: {', '.join(unknown)}.")
    try:
        keys = msgspec.convert(given, carrier.keys)
    except msgspec.ValidationError as error:
        says = _PATTERN.sub(r"\1 is not written as this carrier writes it", str(error))
        named = [word for word in re.findall(r"\w+", says) if word in carrier.keys.__struct_fields__]
        more = {"field": f"credentials.{named[0]}"} if named else {}
        raise Invalid(f"The credentials of a {carrier.kind} carrier are not right: {says}.", **more) from None
    return Credentials(msgspec.to_builtins(keys))
