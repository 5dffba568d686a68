"""The API's contacts, their consent, their tags, and the colleagues whom work can be handed to."""

from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from server.desk import contact_lists, contacts
from server.desk.colleagues import colleague_list
from server.desk.consent_ledger import ConsentShape, consent_ledger
from server.desk.contact_lists import TagShape
from server.desk.contact_views import ReadContactShape
from server.desk.contacts import ContactChanges, NewContact
from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.shapes import EventShape, OwnConversationShape, UserShape
from server.domain.phone import read_sender
from server.domain.wanted import SORTS, Wanted
from server.endpoints.asked import choice_in, ids_in, truth_in, words_in
from server.endpoints.bodies import checked_id, created, id_in_path, json, limit_of, no_content, once, read_json
from server.endpoints.cursors import Cursors


class ContactList(Struct, frozen=True):
    """`total` is how many there are in all; null for more than 10,000."""

    items: list[ReadContactShape]
    next: str | None
    total: int | None


class ContactConversations(Struct, frozen=True):
    """All of them: there is no next page."""

    items: list[OwnConversationShape]
    next: str | None


class ContactActivity(Struct, frozen=True):
    items: list[EventShape]


class TagList(Struct, frozen=True):
    """All of them: there is no next page."""

    items: list[TagShape]
    next: str | None


class ConsentList(Struct, frozen=True):
    """The whole ledger: there is no next page."""

    items: list[ConsentShape]
    next: str | None


class ColleagueList(Struct, frozen=True):
    items: list[UserShape]
    next: str | None


class OptOut(Struct, frozen=True, forbid_unknown_fields=True):
    """`phone` is one of the contact's; `reason` is kept in the ledger."""

    phone: str
    reason: Annotated[str, Meta(max_length=500)]


class Contacts:
    def __init__(self, desk: Desk, cursors: Cursors) -> None:
        self._desk = desk
        self._cursors = cursors

    async def list(self, request: Request, session: Session) -> Response:
        sort = choice_in(request, "sort", SORTS, "name")
        page = await contact_lists.contact_list(
            self._desk,
            session.user,
            wanted_in(request),
            sort=sort,
            after=self._cursors.read(request, session.user, f"contacts {sort}", tuple[int | str, str]),
            limit=limit_of(request),
        )
        return json(ContactList(page.items, self._cursors.write(session.user, f"contacts {sort}", page.next), page.total))

    async def one(self, request: Request, session: Session) -> Response:
        return json(await contact_lists.contact(self._desk, session.user, id_in_path(request)))

    async def conversations(self, request: Request, session: Session) -> Response:
        return json(ContactConversations(await contact_lists.conversations_of(self._desk, session.user, id_in_path(request)), None))

    async def activity(self, request: Request, session: Session) -> Response:
        return json(ContactActivity(await contact_lists.activity_of(self._desk, session.user, id_in_path(request))))

    async def tags(self, _request: Request, session: Session) -> Response:
        return json(TagList(await contact_lists.tag_list(self._desk, session.user), None))

    async def add(self, request: Request, session: Session) -> Response:
        new = await read_json(request, NewContact)
        return created(request, await contacts.add_contact(self._desk, session.user, new, await once(request, session)))

    async def change(self, request: Request, session: Session) -> Response:
        changes = await read_json(request, ContactChanges)
        key = await once(request, session)
        return json(await contacts.change_contact(self._desk, session.user, id_in_path(request), changes, key))

    async def remove(self, request: Request, session: Session) -> Response:
        await contacts.remove_contact(self._desk, session.user, id_in_path(request), await once(request, session))
        return no_content()

    async def opt_out(self, request: Request, session: Session) -> Response:
        body = await read_json(request, OptOut)
        key = await once(request, session)
        phone = read_sender(body.phone).text
        return json(await contacts.opt_out_by_hand(self._desk, session.user, id_in_path(request), phone, body.reason, key))

    async def consent(self, request: Request, session: Session) -> Response:
        return json(ConsentList(await consent_ledger(self._desk, session.user, id_in_path(request)), None))

    async def colleagues(self, request: Request, session: Session) -> Response:
        after = self._cursors.read(request, session.user, "colleagues", tuple[str, str])
        page = await colleague_list(self._desk, session.user, after, limit_of(request))
        return json(ColleagueList(page.items, self._cursors.write(session.user, "colleagues", page.next)))


def wanted_in(request: Request) -> Wanted:
    """The filters of a list of contacts. Raises `Invalid`, and `NotFound` for what no id looks like."""
    live_filter = words_in(request, "live_filter")
    return Wanted(
        q=words_in(request, "q"),
        ready=truth_in(request, "ready"),
        tag=words_in(request, "tag") or None,
        live_filter=checked_id(live_filter) if live_filter else None,
        ids=ids_in(request, "ids"),
    )
