"""Tabs of one account that get events for the same reason, and which of them an event goes to."""

from channels.ear import Ear
from channels.envelope import Envelope


class Group:
    """Tabs that get the same events for the same reason. `wide`: many tabs, which get nearly always the same."""

    __slots__ = ("ears", "wide")

    def __init__(self, *, wide: bool = False) -> None:
        self.ears: dict[Ear, None] = {}
        self.wide = wide


class Person(Group):
    """All tabs of one user, and the conversations whose channels this process attends for that user."""

    __slots__ = ("attended", "user")

    def __init__(self, user: str) -> None:
        super().__init__()
        self.user = user
        self.attended: set[str] = set()


class Route:
    """Which groups of many and which single tabs an event goes to that has this audience and reach."""

    __slots__ = ("audience", "ears", "outboxes", "pool", "reach", "wide")

    def __init__(self, audience: tuple[str, ...], reach: str, pool: bool, wide: tuple[Group, ...], ears: tuple[Ear, ...]) -> None:
        self.audience = audience
        self.reach = reach
        self.pool = pool
        self.wide = wide
        self.ears = ears
        self.outboxes = tuple(ear.outbox for ear in ears)

    def fits(self, envelope: Envelope) -> bool:
        return self.audience == envelope.audience and self.reach == envelope.reach and self.pool == envelope.pool
