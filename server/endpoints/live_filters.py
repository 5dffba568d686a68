"""The API's live filters: what a dialer reads, and what a manager makes of them."""

from collections.abc import Sequence

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from server.desk import live_filters
from server.desk.contact_views import ReadContactShape
from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.live_filters import LiveFilterChanges, LiveFilterShape, NewLiveFilter
from server.endpoints.asked import words_in
from server.endpoints.bodies import checked_id, created, id_in_path, json, limit_of, no_content, once, page_of, read_json
from server.endpoints.cursors import Cursors


class LiveFilterList(Struct, frozen=True):
    items: list[LiveFilterShape]
    next: str | None


class MemberList(Struct, frozen=True):
    """`next` is the `after` of the next page; `count` how many contacts are in the filter."""

    items: list[ReadContactShape]
    next: str | None
    count: int


class LiveFilters:
    def __init__(self, desk: Desk, cursors: Cursors) -> None:
        self._desk = desk
        self._cursors = cursors

    async def list(self, request: Request, session: Session) -> Response:
        user, contact = session.user, words_in(request, "contact") or None
        if contact is not None:
            checked_id(contact)

        async def fetch(after: str, limit: int) -> Sequence[LiveFilterShape]:
            return await live_filters.live_filter_list(self._desk, user, after, limit, contact)

        return await page_of(request, self._cursors, user, f"live filters {contact or ''}", fetch)

    async def one(self, request: Request, session: Session) -> Response:
        return json(await live_filters.live_filter(self._desk, session.user, id_in_path(request)))

    async def add(self, request: Request, session: Session) -> Response:
        new = await read_json(request, NewLiveFilter)
        return created(request, await live_filters.add_live_filter(self._desk, session.user, new, await once(request, session)))

    async def change(self, request: Request, session: Session) -> Response:
        changes = await read_json(request, LiveFilterChanges)
        key = await once(request, session)
        return json(await live_filters.change_live_filter(self._desk, session.user, id_in_path(request), changes, key))

    async def remove(self, request: Request, session: Session) -> Response:
        await live_filters.remove_live_filter(self._desk, session.user, id_in_path(request), await once(request, session))
        return no_content()

    async def contacts(self, request: Request, session: Session) -> Response:
        id, user = id_in_path(request), session.user
        after = self._cursors.read(request, user, f"members {id}", str, "after") or ""
        page = await live_filters.members(self._desk, user, id, after, limit_of(request))
        return json(MemberList(page.items, self._cursors.write(user, f"members {id}", page.next), page.count))
