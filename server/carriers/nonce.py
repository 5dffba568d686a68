"""What stands in for a signature over what a webhook says, where a carrier signs only its address and a word that it uses once."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Nonce:
    """`digest` is of all that came with `value`: the same word with anything else is somebody else's.

    `alone`: nothing better was signed. False where the contents are signed too; then the word is spent and refuses nothing.
    """

    value: str
    digest: str
    alone: bool


def nonce_of(value: str, *came_with: bytes, alone: bool) -> Nonce:
    lengths = b" ".join(b"%d" % len(each) for each in came_with)
    return Nonce(value, hashlib.sha256(b"\n".join((lengths, *came_with))).hexdigest(), alone)
