"""People who sign in, their two roles, and what each may do."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    AGENT = "agent"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class User:
    """`id` and `account` are opaque ids. A manager can do all that an agent can."""

    id: str
    account: str
    name: str
    role: Role

    @property
    def manages(self) -> bool:
        return self.role is Role.MANAGER


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused an event: a user, a contact, or the system."""

    kind: str
    id: str | None
    name: str

    @staticmethod
    def of(user: User) -> "Actor":
        return Actor("user", user.id, user.name)


SYSTEM = Actor("system", None, "Partyline")
