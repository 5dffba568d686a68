"""Which of an account's contacts somebody wants to see, change or take along."""

from typing import Literal

import msgspec

Sort = Literal["name", "-name", "recent"]
SORTS: tuple[Sort, ...] = ("name", "-name", "recent")


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that is given must hold. `q` is part of a name, of a number in any format or of an e-mail address; `live_filter` an id;
    `ids` are of contacts."""

    q: str = ""
    ready: bool | None = None
    tag: str | None = None
    live_filter: str | None = None
    ids: list[str] | None = None
