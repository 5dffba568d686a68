"""How a number of ours fares, judged by its texts of one day."""

from enum import StrEnum

import msgspec

FEW = 5
"""Below so many texts one failure says nothing about the number."""


class Verdict(StrEnum):
    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"


class Figures(msgspec.Struct, frozen=True):
    """Of the texts that left (`out`), so many arrived, failed, and failed because the carrier or the person refuses them; `opted_out`
    people asked us to stop, in a text to this number or at the carrier."""

    out: int = 0
    delivered: int = 0
    failed: int = 0
    blocked: int = 0
    opted_out: int = 0

    @property
    def verdict(self) -> Verdict:
        """A carrier ends up blocking a number whose texts fail, are refused or make people opt out. The bounds are our own."""
        if self.out < FEW:
            return Verdict.GOOD
        failing, blocking, leaving = self.failed / self.out, self.blocked / self.out, self.opted_out / self.out
        if failing >= 0.2 or blocking >= 0.1 or (self.opted_out >= FEW and leaving >= 0.03):
            return Verdict.BAD
        if failing >= 0.05 or self.blocked or (self.opted_out > 1 and leaving >= 0.01):
            return Verdict.WATCH
        return Verdict.GOOD
