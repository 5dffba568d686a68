"""Who is opted out, as lines of a CSV file, read some at a time, each time from a snapshot of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable

from server.desk.desk import Desk
from server.desk.shapes import instant
from server.domain.opt_out_csv import HEADERS
from server.domain.user import User
from server.store import consent
from server.store.consent import ConsentEntry
from server.store.database import Transaction

AT_ONCE = 500
SOURCES = {"keyword": "text", "carrier": "carrier", "user": "person", "import": "import", "review": "text, read by a person"}

COLUMNS = list(HEADERS.values())


async def opted_out(desk: Desk, user: User) -> AsyncIterator[list[str]]:
    """In the order of the numbers: since when, how, and in whose words."""
    after = ""
    while entries := await desk.read(_part(user.account, after)):
        for entry in entries:
            yield [entry.number, instant(entry.asked_at or entry.at), SOURCES.get(entry.source, entry.source), entry.says or ""]
        after = entries[-1].number


def _part(account: str, after: str) -> Callable[[Transaction], Awaitable[list[ConsentEntry]]]:
    return lambda tx: consent.opted_out_after(tx, account, after, AT_ONCE)
