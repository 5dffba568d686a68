"""What a manager typed for a new carrier becomes credentials that its module can work with."""

from collections.abc import Mapping

import msgspec

from server.carriers.carrier import Carrier, Credentials
from server.domain.errors import Invalid, UnknownField


def read_credentials(carrier: Carrier, given: Mapping[str, object]) -> Credentials:
    """Raises UnknownField for a key that this kind does not have, Invalid for a missing or unusable one; neither
    repeats a value."""
    unknown = sorted(set(given) - set(carrier.keys.__struct_fields__))
    if unknown:
        raise UnknownField(f"A {carrier.kind} carrier has no such credentials: {', '.join(unknown)}.")
    try:
        keys = msgspec.convert(given, carrier.keys)
    except msgspec.ValidationError as error:
        raise Invalid(f"The credentials of a {carrier.kind} carrier are not right: {error}.") from None
    return Credentials(msgspec.to_builtins(keys))
