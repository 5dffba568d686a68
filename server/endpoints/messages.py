"""The API's messages: what was said in a conversation, and saying something."""

from typing import Annotated

from msgspec import Meta, Raw, Struct
from msgspec.json import decode
from starlette.requests import Request
from starlette.responses import Response

from server.desk import doubtful, inbox, message_search, notes, quiet_hours, send
from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.message_search import FoundMessage
from server.desk.send import Draft
from server.domain.instants import microseconds
from server.endpoints.asked import number_in, words_in
from server.endpoints.bodies import checked_id, id_in_path, json, limit_of, once, read_json
from server.endpoints.conversations import Instant, Nothing, Seq
from server.endpoints.cursors import Cursors

ClientId = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[ -~]+$(?!\n)")]


class NewMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """`client_id` is the author's own for this text: the same one twice is one text. `seen_seq` is the newest number on the author's
    screen; without it nothing newer holds the text back. `did` is the id of one of ours, the usual one where it is absent.
    With `send_at`, at most a year ahead, the text is `scheduled` and leaves then, or when the contact's quiet hours are over, which are
    refused without it; a manager's `override_quiet_hours` sends in them and is kept in the audit trail. `again` is the id of a
    text of this conversation in whose place it goes, since that one is `unconfirmed` or did not arrive; its `media` may go with it."""

    body: str
    client_id: ClientId
    seen_seq: Seq | None = None
    did: str | None = None
    media: list[str] = []
    send_at: Instant | None = None
    override_quiet_hours: bool = False
    again: str | None = None


class FirstMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """As in a conversation; `to` is a phone number, or `contact` the id of a contact, whose first mobile phone gets the text."""

    body: str
    client_id: ClientId
    to: str | None = None
    contact: str | None = None
    seen_seq: Seq | None = None
    did: str | None = None
    media: list[str] = []
    send_at: Instant | None = None
    override_quiet_hours: bool = False


class NewNote(Struct, frozen=True, forbid_unknown_fields=True):
    """`mentions` are ids of users: they are alerted, and take part from then on. `client_id` as in a message."""

    body: str
    mentions: list[str] = []
    client_id: ClientId | None = None


class FoundList(Struct, frozen=True):
    """A page looks at a bounded number of texts: with `looked_back_to` it has fewer items than were asked for, perhaps none, and `next`
    searches the texts of before that instant."""

    items: list[FoundMessage]
    next: str | None
    looked_back_to: str | None


class Messages:
    def __init__(self, desk: Desk, cursors: Cursors) -> None:
        self._desk = desk
        self._cursors = cursors

    async def search(self, request: Request, session: Session) -> Response:
        user, list = session.user, "found messages"
        after = self._cursors.read(request, user, list, tuple[int, str])
        page = await message_search.message_search_page(self._desk, user, words_in(request, "q"), after, limit_of(request))
        return json(FoundList(page.items, self._cursors.write(user, list, page.next), page.looked_back_to))

    async def list(self, request: Request, session: Session) -> Response:
        page = await inbox.message_list(
            self._desk,
            session.user,
            id_in_path(request),
            before=number_in(request, "before"),
            after=number_in(request, "after"),
            limit=limit_of(request),
        )
        return json(page)

    async def quiet_hours(self, request: Request, session: Session) -> Response:
        return json(await quiet_hours.quiet_now(self._desk, session.user, id_in_path(request)))

    async def send(self, request: Request, session: Session) -> Response:
        new = await read_json(request, NewMessage)
        key = await once(request, session)
        return json(await send.send(self._desk, session.user, id_in_path(request), _draft(new), key), 202)

    async def arrived(self, request: Request, session: Session) -> Response:
        await read_json(request, Nothing)
        return json(await doubtful.arrived(self._desk, session.user, id_in_path(request), await once(request, session)))

    async def note(self, request: Request, session: Session) -> Response:
        new = await read_json(request, NewNote)
        key = await once(request, session)
        mentions = [checked_id(id) for id in new.mentions]
        id = id_in_path(request)
        made = await notes.write_note(self._desk, session.user, id, new.body, mentions, new.client_id, key)
        response = json(made, 201)
        seq = decode(made)["seq"] if isinstance(made, Raw) else made.seq
        response.headers["location"] = f"/api/v1/conversations/{id}/messages?after={seq - 1}&limit=1"
        return response

    async def start(self, request: Request, session: Session) -> Response:
        new = await read_json(request, FirstMessage)
        key = await once(request, session)
        contact = checked_id(new.contact) if new.contact is not None else None
        return json(await send.start(self._desk, session.user, _draft(new), to=new.to, contact=contact, once=key), 202)


def _draft(new: NewMessage | FirstMessage) -> Draft:
    at = microseconds(new.send_at, "send_at") if new.send_at is not None else None
    again = checked_id(new.again) if isinstance(new, NewMessage) and new.again is not None else None
    return Draft(new.body, new.client_id, new.seen_seq, new.did, new.media, at, new.override_quiet_hours, again)
