"""The API's conversations: lists, one of them, who takes part, and who answers."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Literal, get_args

from msgspec import Meta, Raw, Struct
from starlette.requests import Request
from starlette.responses import Response

from server.desk import attend, claim, consent_review, history, inbox, settle, tallies
from server.desk.desk import Desk, Once
from server.desk.identity import Session
from server.desk.shapes import OwnConversationShape
from server.domain.instants import microseconds
from server.domain.user import User
from server.endpoints.asked import choice_in, number_in, words_in
from server.endpoints.bodies import checked_id, id_in_path, json, limit_of, no_content, once, read_json
from server.endpoints.cursors import Cursors

View = Literal["mine", "subscribed", "pool", "unanswered", "answered", "all", "closed"]
VIEWS: tuple[View, ...] = get_args(View)

Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Instant = Annotated[datetime, Meta(tz=True)]
Verb = Callable[[Desk, User, str, Once | None], Awaitable[OwnConversationShape | Raw]]


class ConversationList(Struct, frozen=True):
    items: list[OwnConversationShape]
    next: str | None


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a call that needs none: `{}`, or none."""


class Transfer(Struct, frozen=True, forbid_unknown_fields=True):
    """`user` is the new owner's id; `note` is kept in the conversation for whoever reads it, and never sent."""

    user: str
    note: str | None = None


class Snooze(Struct, frozen=True, forbid_unknown_fields=True):
    until: Instant


class ConsentReview(Struct, frozen=True, forbid_unknown_fields=True):
    """`opted_out`: whether the text was an opt-out."""

    opted_out: bool


class Subscription(Struct, frozen=True, forbid_unknown_fields=True):
    """Without `muted` it stays as it is."""

    muted: bool | None = None


class Reading(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything up to the number `seq` was read."""

    seq: Seq


class Conversations:
    def __init__(self, desk: Desk, cursors: Cursors) -> None:
        self._desk = desk
        self._cursors = cursors
        self.release = self._verb(claim.release)
        self.close = self._verb(settle.close)
        self.reopen = self._verb(settle.reopen)
        self.no_reply_needed = self._verb(settle.no_reply_needed)
        self.claim = self._verb(claim.claim)

    async def list(self, request: Request, session: Session) -> Response:
        view = choice_in(request, "view", VIEWS, "all")
        after = self._cursors.read(request, session.user, view, tuple[int, str])
        page = await inbox.conversation_list(self._desk, session.user, view, words_in(request, "q"), after, limit_of(request))
        return json(ConversationList(page.items, self._cursors.write(session.user, view, page.next)))

    async def counts(self, _request: Request, session: Session) -> Response:
        return json(await tallies.tally(self._desk, session.user))

    async def one(self, request: Request, session: Session) -> Response:
        return json(await inbox.conversation(self._desk, session.user, id_in_path(request)))

    async def history(self, request: Request, session: Session) -> Response:
        id, before = id_in_path(request), number_in(request, "before")
        return json(await history.conversation_history(self._desk, session.user, id, before=before, limit=limit_of(request)))

    async def take_next(self, request: Request, session: Session) -> Response:
        await read_json(request, Nothing)
        shown = await claim.take_next(self._desk, session.user, await once(request, session))
        return no_content() if shown in (None, Raw(b"null")) else json(shown)

    async def transfer(self, request: Request, session: Session) -> Response:
        body = await read_json(request, Transfer)
        key = await once(request, session)
        return json(await claim.transfer(self._desk, session.user, id_in_path(request), checked_id(body.user), body.note, key))

    async def snooze(self, request: Request, session: Session) -> Response:
        body = await read_json(request, Snooze)
        until = microseconds(body.until, "until")
        return json(await settle.snooze(self._desk, session.user, id_in_path(request), until, await once(request, session)))

    async def review(self, request: Request, session: Session) -> Response:
        body = await read_json(request, ConsentReview)
        key = await once(request, session)
        return json(await consent_review.decide(self._desk, session.user, id_in_path(request), body.opted_out, key))

    async def follow(self, request: Request, session: Session) -> Response:
        body = await read_json(request, Subscription)
        return json(await attend.follow(self._desk, session.user, id_in_path(request), body.muted, await once(request, session)))

    async def unfollow(self, request: Request, session: Session) -> Response:
        return json(await attend.unfollow(self._desk, session.user, id_in_path(request), await once(request, session)))

    async def add_subscriber(self, request: Request, session: Session) -> Response:
        await read_json(request, Nothing)
        id, other = id_in_path(request), id_in_path(request, "user")
        return json(await attend.add_subscriber(self._desk, session.user, id, other, await once(request, session)))

    async def remove_subscriber(self, request: Request, session: Session) -> Response:
        id, other = id_in_path(request), id_in_path(request, "user")
        return json(await attend.remove_subscriber(self._desk, session.user, id, other, await once(request, session)))

    async def read(self, request: Request, session: Session) -> Response:
        body = await read_json(request, Reading)
        return json(await attend.read(self._desk, session.user, id_in_path(request), body.seq, await once(request, session)))

    async def unread(self, request: Request, session: Session) -> Response:
        return json(await attend.unread(self._desk, session.user, id_in_path(request), await once(request, session)))

    def _verb(self, verb: Verb) -> Callable[[Request, Session], Awaitable[Response]]:
        async def act(request: Request, session: Session) -> Response:
            await read_json(request, Nothing)
            return json(await verb(self._desk, session.user, id_in_path(request), await once(request, session)))

        return act
