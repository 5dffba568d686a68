"""Which of an account's contacts somebody wants to see, change or take along."""

from typing import Annotated, Literal

import msgspec

Sort = Literal["name", "-name", "recent"]
SORTS: tuple[Sort, ...] = ("name", "-name", "recent")
LONGEST_WORDS = 1_000
Words = Annotated[str, msgspec.Meta(max_length=LONGEST_WORDS)]
"""Somebody searches for these; for more no database looks."""


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that is given must hold. `q` is part of a name, of a number in any format or of an e-mail address; `live_filter` an id;
    `ids` are of contacts."""

    q: Words = ""
    ready: bool | None = None
    tag: Words | None = None
    live_filter: str | None = None
    ids: list[str] | None = None
