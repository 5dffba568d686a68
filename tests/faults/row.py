"""A row of the table: one fault, how it is made, and what must show."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from tests.faults.ledger import Verdict
from tests.faults.stage import Stage


@dataclass
class Result:
    """`figures` are shown, `broken` are promises that were not kept; `current` is in seconds from the last write until all tabs were."""

    verdict: Verdict | None = None
    current: float | None = None
    figures: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    seed: int = 0
    engine: str = ""
    took: float = 0.0

    def show(self, name: str, value: object) -> None:
        self.figures[name] = f"{value:.3f}" if isinstance(value, float) else str(value)

    def most(self, name: str, value: float, bound: float) -> None:
        """A figure that may be no larger."""
        self.show(name, value)
        if value > bound:
            self.broken.append(f"{name} {value:.3f} > {bound:g}")

    def exactly(self, name: str, value: object, expected: object) -> None:
        self.show(name, value)
        if value != expected:
            self.broken.append(f"{name} is {value}, not {expected}")

    def clean(self) -> None:
        """The ledger's own promise: 0 lost, doubled, reordered and leaked, and every page as a fresh one. Nobody was told to begin anew or
        to stay away, and nobody was told nothing: that would forgive what was lost."""
        assert self.verdict is not None
        if not self.verdict.clean:
            self.broken += self.verdict.examples[:4]
        for name in ("resets", "gone", "silent"):
            if count := getattr(self.verdict, name):
                self.broken.append(f"{name} {count}, not 0")


Play = Callable[[Stage], Awaitable[Result]]


@dataclass(frozen=True)
class Row:
    """`number` is the fault's in the list of faults; `play` makes it on a healthy stage and leaves a healthy one. `short`: part of the
    short form. `engines`: where the database matters, both. `seconds`: of writing in the long form, where less than the standard load's
    shows the same; the fault comes after a quarter of them."""

    number: str
    name: str
    play: Play
    short: bool = True
    engines: tuple[str, ...] = ("sqlite",)
    seconds: float | None = None

    async def on(self, stage: Stage) -> Result:
        size = stage.size
        if self.seconds is not None and not size.short:
            stage.size = replace(size, seconds=self.seconds, fault_at=self.seconds / 4)
        try:
            return await self.play(stage)
        finally:
            stage.size = size
