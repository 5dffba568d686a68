"""Attachments: which types there are, told by their first bytes alone, and under which name one is shown."""

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import PurePosixPath

import msgspec

MOST_BYTES = 5_000_000
"""An attachment has no more than this, whichever way it goes."""

MOST_ATTACHMENTS = 10
"""Of one message; no carrier takes more."""

MOST_PIXELS = 25_000_000
LONGEST_NAME = 100


class MediaState(StrEnum):
    """`pending`: still at the carrier. `blocked`: of a type or from an address that is not let in. `too_large`: beyond MOST_BYTES or
    MOST_PIXELS. `failed`: the carrier did not hand it over. Only a `ready` one can be had."""

    PENDING = "pending"
    READY = "ready"
    BLOCKED = "blocked"
    TOO_LARGE = "too_large"
    FAILED = "failed"


class Attachment(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a message keeps of one. `width` and `height` are a picture's, in pixels and as it is looked at; a picture has a thumbnail."""

    id: str
    content_type: str | None
    state: MediaState
    size: int | None = None
    name: str | None = None
    width: int | None = None
    height: int | None = None


_decode = msgspec.json.Decoder(list[Attachment]).decode


def attachments(kept: str) -> list[Attachment]:
    """What a message's `media` holds."""
    return [] if kept == "[]" else _decode(kept)


def kept(attached: Sequence[Attachment]) -> str:
    """As a message's `media` holds them."""
    return msgspec.json.encode(attached).decode()


EXTENSIONS = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "video/mp4": (".mp4", ".m4v"),
    "video/3gpp": (".3gp", ".3g2"),
    "audio/amr": (".amr",),
    "text/vcard": (".vcf", ".vcard"),
    "application/pdf": (".pdf",),
}
"""Every type that is let in, with how its names end."""

PICTURES = frozenset(type for type in EXTENSIONS if type.startswith("image/"))
"""What a browser may show in the page; everything else is only saved."""

_STARTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"#!AMR\n", "audio/amr"),
    (b"#!AMR-WB\n", "audio/amr"),
)
_CARD = re.compile(rb"\s*BEGIN:VCARD\r?\n[^\0]*\nEND:VCARD\s*", re.IGNORECASE)
"""A vCard is text alone (RFC 6350), so it has no magic number but its first and last lines."""

_MP4_BRANDS = frozenset((b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash"))


def type_of(content: bytes) -> str | None:
    """The type that these bytes are, None for one that is not let in. What a sender or a name says about it does not count."""
    for start, type in _STARTS:
        if content.startswith(start):
            return type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        if brand.startswith((b"3gp", b"3g2")):
            return "video/3gpp"
        return "video/mp4" if brand in _MP4_BRANDS else None
    return "text/vcard" if _CARD.fullmatch(content.removeprefix(b"\xef\xbb\xbf")) else None


_LAYOUTS = frozenset(("application/smil", "application/smil+xml", "application/xml", "text/xml"))
_SMIL = re.compile(rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!DOCTYPE[^>]*>\s*)?<smil[\s>]", re.IGNORECASE)


def announced_as_layout(content_type: str | None, url: str) -> bool:
    """Whether this part of an MMS only says how the others are laid out (SMIL): some carriers hand it on as if it were one of them."""
    type = (content_type or "").partition(";")[0].strip().lower()
    return type in _LAYOUTS or url.partition("?")[0].lower().endswith((".smil", ".xml"))


def is_layout(content: bytes) -> bool:
    """The same, told by its first bytes."""
    return _SMIL.match(content) is not None


def shown_name(given: str, type: str) -> str:
    """What an upload was called, as a name to show and to save under: no folders, nothing invisible, and an ending that its type has."""
    name = "".join(character for character in PurePosixPath(given.replace("\\", "/")).name if character.isprintable()).strip()
    endings = EXTENSIONS[type]
    ending = next((ending for ending in endings if name.lower().endswith(ending)), None)
    stem = (name[: -len(ending)] if ending else name).strip(" .")
    return (stem[: LONGEST_NAME - len(ending or endings[0])] or type.partition("/")[0]) + (ending or endings[0])
