"""The API's saved replies."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from server.desk import saved_replies
from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.saved_replies import NewSavedReply, SavedReplyChanges, SavedReplyShape
from server.endpoints.asked import words_in
from server.endpoints.bodies import created, id_in_path, json, limit_of, no_content, once, read_json
from server.endpoints.cursors import Cursors

LIST = "saved replies"


class SavedReplyList(Struct, frozen=True):
    items: list[SavedReplyShape]
    next: str | None


class SavedReplies:
    def __init__(self, desk: Desk, cursors: Cursors) -> None:
        self._desk = desk
        self._cursors = cursors

    async def list(self, request: Request, session: Session) -> Response:
        user = session.user
        after = self._cursors.read(request, user, LIST, tuple[str, str])
        page = await saved_replies.list_replies(self._desk, user, words_in(request, "q"), after, limit_of(request))
        return json(SavedReplyList(page.items, self._cursors.write(user, LIST, page.next)))

    async def one(self, request: Request, session: Session) -> Response:
        return json(await saved_replies.get_reply(self._desk, session.user, id_in_path(request)))

    async def add(self, request: Request, session: Session) -> Response:
        new = await read_json(request, NewSavedReply)
        return created(request, await saved_replies.add_reply(self._desk, session.user, new, await once(request, session)))

    async def change(self, request: Request, session: Session) -> Response:
        changes = await read_json(request, SavedReplyChanges)
        key = await once(request, session)
        return json(await saved_replies.change_reply(self._desk, session.user, id_in_path(request), changes, key))

    async def remove(self, request: Request, session: Session) -> Response:
        await saved_replies.remove_reply(self._desk, session.user, id_in_path(request), await once(request, session))
        return no_content()
