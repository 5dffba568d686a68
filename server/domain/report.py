"""What a report can be asked for."""

from dataclasses import dataclass
from typing import Literal, get_args

Answered = Literal["any", "answered", "unanswered"]
Public = Literal["any", "now", "was"]
ANSWERED: tuple[Answered, ...] = get_args(Answered)
PUBLIC: tuple[Public, ...] = get_args(Public)
NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Asked:
    """`since` and `until` (µs, the latter not included) and `did` limit what counts, and leave out conversations in which nothing does.

    `participant` and `scope` are users who both must take part. `owner` is a user or NOBODY. `answered` and `public` say what the
    conversation is now; `was`: that it went public within what counts.
    """

    account: str
    since: int | None = None
    until: int | None = None
    did: str | None = None
    participant: str | None = None
    scope: str | None = None
    owner: str | None = None
    answered: Answered = "any"
    public: Public = "any"
    opted_out: bool | None = None
    query: str = ""

    @property
    def bounded(self) -> bool:
        """Whether not everything counts."""
        return any(limit is not None for limit in (self.since, self.until, self.did))
