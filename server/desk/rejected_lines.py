"""The lines of a file that an import or its dry run rejected, each with why."""

from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from server.desk.desk import Desk
from server.domain.contact_csv import Column, Fault
from server.domain.errors import NotFound
from server.domain.user import User
from server.store import contact_imports
from server.store.contact_imports import Reject
from server.store.database import Transaction

AT_ONCE = 500
WHY = "why"


class Plan(msgspec.Struct, frozen=True):
    """Of any kind of import."""

    columns: tuple[Column, ...]


async def headers(desk: Desk, user: User, id: str) -> list[str]:
    """The file's own, and WHY. Raises `NotFound`."""
    found = await desk.read(lambda tx: contact_imports.get(tx, user.account, id))
    if found is None:
        raise NotFound
    return [*(column.header for column in msgspec.json.decode(found.plan, type=Plan).columns if column.header != WHY), WHY]


async def lines(desk: Desk, user: User, id: str) -> AsyncIterator[list[str]]:
    """In the order of the file, so that they can be mended and imported again."""
    found = await desk.read(lambda tx: contact_imports.get(tx, user.account, id))
    if found is None:
        return
    kept = [column.header != WHY for column in msgspec.json.decode(found.plan, type=Plan).columns]
    after = -1
    while rejects := await desk.read(_part(id, after)):
        for reject in rejects:
            yield _line(reject, kept)
        after = rejects[-1].place


def _part(id: str, after: int) -> Callable[[Transaction], Awaitable[list[Reject]]]:
    return lambda tx: contact_imports.rejects(tx, id, after, AT_ONCE)


def _line(reject: Reject, kept: list[bool]) -> list[str]:
    cells = msgspec.json.decode(reject.cells, type=list[str])
    cells += [""] * (len(kept) - len(cells))
    why = " ".join(f"{fault.column}: {fault.says}" if fault.column else fault.says for fault in _faults(reject))
    return [*(cell for cell, stays in zip(cells, kept, strict=False) if stays), why]


def _faults(reject: Reject) -> list[Fault]:
    return msgspec.json.decode(reject.faults, type=list[Fault])
