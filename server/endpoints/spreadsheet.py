"""CSV for spreadsheets: streamed, one at a time for each user, and no cell that a spreadsheet would run (OWASP ASVS 1.2.10)."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from server.domain.errors import Refused
from server.domain.user import User

Cell = str | int | float | bool | None
Rows = AsyncIterator[Sequence[Cell]]

TYPE = "text/csv; charset=utf-8; header=present"
BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for the machine's old code page."""
RUNS = frozenset("=+-@＝＋－＠\t\r\n\0")
"""What begins a formula, or is dropped by a spreadsheet before it looks for one."""
SKIPPED = " '\"\u00a0\u3000\ufeff"
RETRY_SECONDS = 5


class OneAtATime(Refused):
    """This user's last export still goes on. `retry_after` in seconds."""

    code = "too_many_requests"


class Exports:
    """Whose exports go on in this process."""

    def __init__(self) -> None:
        self._users: set[str] = set()

    def spreadsheet(self, user: User, name: str, columns: Sequence[str], rows: Rows) -> Response:
        """`rows` as a file called `name`.csv, read on as fast as it is taken away and no further. Raises `OneAtATime`."""
        lines = [BYTE_ORDER_MARK + line(columns)]
        return self.stream(user, name, _encoded(lines, rows))

    def stream(self, user: User, name: str, parts: AsyncIterator[bytes]) -> Response:
        """As `spreadsheet`, for what is encoded already."""
        if user.id in self._users:
            raise OneAtATime("Your last export is not finished yet.", retry_after=RETRY_SECONDS)
        self._users.add(user.id)
        return _Export(parts, {"content-disposition": f'attachment; filename="{name}.csv"'}, self._users, user.id)


class _Export(StreamingResponse):
    """Lets its user begin another one when it ends, however it ends."""

    def __init__(self, parts: AsyncIterator[bytes], headers: Mapping[str, str], users: set[str], user: str) -> None:
        super().__init__(parts, headers=headers, media_type=TYPE)
        self._users = users
        self._user = user

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._users.discard(self._user)


def wants_csv(request: Request) -> bool:
    """Whether the caller asks for CSV by name; a link cannot say what it accepts, so it asks with `as=csv`."""
    return request.query_params.get("as") == "csv" or "text/csv" in request.headers.get("accept", "").lower()


def line(cells: Iterable[Cell]) -> str:
    """One line (RFC 4180), every cell quoted."""
    return ",".join('"' + cell(value).replace('"', '""') + '"' for value in cells) + "\r\n"


def cell(value: Cell) -> str:
    """A value as text. What a spreadsheet might run is preceded by ', phone numbers too: they begin with +."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    return "'" + value if _runs(value[:1]) or _runs(value.lstrip(SKIPPED)[:1]) else value


def _runs(first: str) -> bool:
    return first != "" and first in RUNS


async def _encoded(before: list[str], rows: Rows) -> AsyncIterator[bytes]:
    gathered = before
    async for row in rows:
        gathered.append(line(row))
        if len(gathered) >= 200:
            yield "".join(gathered).encode()
            gathered = []
    yield "".join(gathered).encode()
