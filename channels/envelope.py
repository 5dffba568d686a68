"""An event on its way between processes: a small header to route by, and the event's own bytes, encoded once for everybody."""

from collections.abc import Iterable

import msgspec

from channels import names

PARTICIPANTS, ACCOUNT, MANAGERS, PERSON = "participants", "account", "managers", "person"
"""How far an event reaches without being watched. Person also keeps it off every topic."""


class Envelope(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`body` is the event's JSON as it goes on the wire; `audience` the users it concerns, decided when it was written.

    `seq` is None where the event has none; `joined` names users who take part only since this event; `pool` says that watchers of
    the pool get it too. On Redis: the header as a JSON array, a line feed, the body.
    """

    account: str
    position: int
    conversation: str | None
    seq: int | None
    reach: str
    pool: bool
    audience: tuple[str, ...]
    joined: tuple[str, ...]
    body: bytes = b""


class Malformed(ValueError):
    """These bytes are no envelope of ours."""


_decode = msgspec.json.Decoder(Envelope).decode
_encode = msgspec.json.Encoder().encode
_set = msgspec.structs.force_setattr


def encode(envelope: Envelope) -> bytes:
    header = (
        envelope.account,
        envelope.position,
        envelope.conversation,
        envelope.seq,
        envelope.reach,
        envelope.pool,
        envelope.audience,
        envelope.joined,
    )
    return _encode(header) + b"\n" + envelope.body


def decode(message: bytes) -> Envelope:
    """Raises `Malformed`."""
    header, _, body = message.partition(b"\n")
    try:
        envelope = _decode(header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed from error
    _set(envelope, "body", body)
    return envelope


def is_envelope(message: bytes) -> bool:
    """Everything else that travels on our channels is a JSON object."""
    return message[:1] == b"["


def routes(envelope: Envelope) -> list[str]:
    """The channels that carry this event, so that every process with a tab it concerns hears it."""
    if envelope.reach == PERSON:
        return [names.user(envelope.account, user) for user in envelope.audience]
    channels = [names.feed(envelope.account)]
    if envelope.conversation is not None:
        channels.append(names.conversation(envelope.account, envelope.conversation))
    if envelope.reach != PARTICIPANTS:
        channels.append(names.account(envelope.account))
    if envelope.pool:
        channels.append(names.pool(envelope.account))
    channels.extend(names.user(envelope.account, user) for user in envelope.joined)
    return channels


def messages(envelopes: Iterable[Envelope]) -> list[tuple[str, bytes]]:
    """What to publish for these events: (channel, bytes), in order."""
    sent: list[tuple[str, bytes]] = []
    for envelope in envelopes:
        data = encode(envelope)
        sent.extend((channel, data) for channel in routes(envelope))
    return sent
