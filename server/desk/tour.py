"""The demo's checklist: what there is to try, and what somebody has tried. Nothing is ticked by hand."""

from collections.abc import Callable

import msgspec

from server.desk.desk import Desk
from server.domain.user import User
from server.store import tour
from server.store.database import Transaction

MOST_EVENTS = 2_000


class _Actor(msgspec.Struct):
    kind: str
    name: str | None = None


class _Data(msgspec.Struct):
    reason: str | None = None


class _Event(msgspec.Struct):
    type: str
    actor: _Actor
    data: _Data


class Step(msgspec.Struct, frozen=True):
    key: str
    says: str
    done: bool


class Steps(msgspec.Struct, frozen=True):
    items: list[Step]


_event = msgspec.json.Decoder(_Event)

STEPS: tuple[tuple[str, str, Callable[[_Event], bool]], ...] = (
    ("send", "Send a text", lambda e: e.type == "message.queued" and e.actor.kind == "user"),
    ("public", "Let one go public", lambda e: e.type == "conversation.public" and e.data.reason == "timer"),
    ("claim", "Claim it as Ben", lambda e: e.type == "conversation.claimed" and e.actor.name == "Ben"),
    ("stop", "Send STOP from a phone", lambda e: e.type == "contact.opted_out"),
    ("ready", "See Ready turn off", lambda e: e.type == "contact.ready_changed" and e.data.reason == "text_sent"),
)


async def steps(desk: Desk, user: User) -> Steps:
    async def read(tx: Transaction) -> Steps:
        since = await tour.opened_at(tx, user.account)
        events = [_event.decode(body) for body in await tour.events_since(tx, user.account, since, MOST_EVENTS)]
        return Steps([Step(key, says, any(map(done, events))) for key, says, done in STEPS])

    return await desk.read(read)
