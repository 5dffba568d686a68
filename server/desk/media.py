"""Attachments that people bring: looked at, kept, shown to the account's people and, signed, to a carrier; forgotten if unsent."""

from dataclasses import dataclass, field

from msgspec import Raw

from server.desk.desk import Desk, Once
from server.desk.shapes import MediaShape, media_shape
from server.desk.work import Work
from server.domain.errors import NotFound, Refused, TooLarge
from server.domain.media import MOST_BYTES, MOST_PIXELS, PICTURES, shown_name, type_of
from server.domain.user import User
from server.ids import new_id
from server.store import media
from server.store.database import Transaction, stored_text
from server.store.files import Files, Stored, open_files
from server.store.links import Links
from server.store.media import Kept, Upload
from server.store.pictures import Broken, Picture, Studio, TooManyPixels

UNSENT_US = 24 * 3600 * 1_000_000
"""For so long an upload waits for the message that takes it."""

AT_ONCE = 100


class NotAllowed(Refused):
    """A type that is not let in, or a picture that cannot be opened."""

    code = "media_type"


@dataclass(frozen=True, slots=True)
class File:
    """What is to be served. `picture`: a browser may show it in the page."""

    content: Stored
    content_type: str
    name: str
    picture: bool


@dataclass(frozen=True, slots=True)
class Given:
    """A file as it came. `name` is what its sender called it."""

    name: str
    content: bytes = field(repr=False)


class Attachments:
    """One a process."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._files = files_of(desk)
        self._studio = Studio()
        self._links = Links(desk.settings.secret_key.get_secret_value())

    async def add(self, user: User, given: Given, now: int, once: Once | None = None) -> MediaShape | Raw:
        """Durable when it returns. Raises `TooLarge`, `NotAllowed` and `Unavailable`."""
        if len(given.content) > MOST_BYTES:
            raise TooLarge(f"A file may have {MOST_BYTES // 1_000_000} MB.")
        type = type_of(given.content)
        if type is None:
            raise NotAllowed("Pictures (JPEG, PNG, GIF, WebP), MP4 and 3GP videos, AMR sound, contact cards and PDF can be sent.")
        picture = await self._look(given.content) if type in PICTURES else None
        upload = Upload(
            id=new_id(now),
            account=user.account,
            user=user.id,
            content_type=type,
            size=len(given.content),
            name=shown_name(stored_text(given.name), type),
            width=picture.width if picture else None,
            height=picture.height if picture else None,
        )

        async def announce(work: Work) -> None:
            await media.announce(work.tx, upload)

        async def make_ready(work: Work) -> str:
            await media.make_ready(work.tx, upload.id)
            return upload.id

        async def show(tx: Transaction, id: str) -> MediaShape:
            return media_shape((await _ready(tx, id)).attachment)

        await self._desk.change(announce)
        await self._files.write(upload.id, given.content, picture.thumbnail if picture else None)
        return await self._desk.write(make_ready, show, once)

    async def get(self, user: User, id: str, *, thumbnail: bool = False) -> File:
        """Raises `NotFound`, also for another account's, and for the thumbnail of what is no picture; and `Unavailable`."""
        kept = await self._desk.read(lambda tx: _ready(tx, id))
        if kept.account != user.account:
            raise NotFound
        return await self._file(kept, thumbnail=thumbnail)

    async def get_signed(self, id: str, until: str, key: str, now: int) -> File:
        """For a carrier that was given the link. Raises `NotFound`, also when the link is not ours or its time is over."""
        if not self._links.good(id, until, key, now):
            raise NotFound
        return await self._file(await self._desk.read(lambda tx: _ready(tx, id)))

    async def _file(self, kept: Kept, *, thumbnail: bool = False) -> File:
        found = kept.attachment
        picture = found.content_type in PICTURES
        if thumbnail and not picture:
            raise NotFound
        type = "image/webp" if thumbnail else found.content_type or "application/octet-stream"
        content = await self._files.read(found.id, thumbnail=thumbnail)
        if content is None:
            raise NotFound
        return File(content, type, found.name or "file", picture)

    async def _look(self, content: bytes) -> Picture:
        try:
            return await self._studio.look(content)
        except TooManyPixels:
            raise TooLarge(f"A picture may have {MOST_PIXELS // 1_000_000} million pixels.") from None
        except Broken:
            raise NotAllowed("This picture is damaged: it cannot be opened.") from None


async def forget_unsent(desk: Desk) -> int:
    """Removes at most AT_ONCE uploads that no message took within a day; returns how many. Where there is none it only looks."""
    if not await desk.read(lambda tx: media.any_forgotten(tx, tx.now - UNSENT_US)):
        return 0

    async def take(work: Work) -> list[str]:
        return await media.take_forgotten(work.tx, work.now - UNSENT_US, AT_ONCE)

    async def forget(work: Work) -> None:
        await media.forget(work.tx, ids)

    ids = await desk.change(take)
    files = files_of(desk)
    for id in ids:
        await files.remove(id)
    await desk.change(forget)
    return len(ids)


def files_of(desk: Desk) -> Files:
    return open_files(desk.settings.media_url)


async def _ready(tx: Transaction, id: str) -> Kept:
    kept = await media.ready(tx, id)
    if kept is None:
        raise NotFound
    return kept
