"""Drafts: kept for each user and conversation, so that another tab or device can go on; an accepted text of that user ends them."""

import msgspec

from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.shapes import instant_or_none
from server.desk.work import Work
from server.domain.errors import Invalid, NotFound
from server.domain.user import User
from server.store import drafts
from server.store.database import stored_text

LONGEST_DRAFT = 10_000


class DraftShape(msgspec.Struct, frozen=True):
    """`body` is empty and `updated_at` null where nothing is begun."""

    body: str
    updated_at: str | None


async def my_draft(desk: Desk, user: User, id: str) -> DraftShape:
    """Raises `NotFound`."""
    found = await desk.read(lambda tx: drafts.find(tx, user.account, user.id, id))
    if found is None:
        raise NotFound
    return DraftShape(found.body, instant_or_none(found.updated_at))


async def save_draft(desk: Desk, user: User, id: str, body: str, once: Once | None = None) -> DraftShape | msgspec.Raw:
    """An empty one, or one of nothing but spaces, is forgotten. Raises `NotFound` and `Invalid`."""
    words = stored_text(body)
    if len(words) > LONGEST_DRAFT:
        raise Invalid(f"A draft has at most {LONGEST_DRAFT} characters.", field="body")

    async def change(work: Work) -> DraftShape:
        await work.thread(user.account, id)
        if not words.strip():
            await drafts.delete(work.tx, user.id, id)
            return DraftShape("", None)
        await drafts.save(work.tx, user.id, id, words)
        return DraftShape(words, instant_or_none(work.now))

    return await write_once(desk, change, once, locks=[id])
