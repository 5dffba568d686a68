"""A list of opt-outs as a CSV file: one number a line, and perhaps why and since when. What was exported can be imported."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from server.domain.contact_csv import Column, Fault, Table, number_in, read_table, unquoted
from server.domain.phone import NotAPhoneNumber, SenderKind, read_sender

HEADERS: Mapping[str, str] = {"number": "Number", "at": "Opted out at", "source": "Source", "reason": "Reason"}
"""How the export calls its columns. Of these an import reads all but the source, which is the import."""
LONGEST_REASON = 500
FIRST_YEAR = 1900

_MEANINGS: Mapping[str, str] = {
    "number": "number|phone|phone number|telephone|telephone number|tel|mobile|mobile number|mobile phone|cell|cell phone|msisdn|to|from",
    "at": "opted out at|opted out on|opt out date|opted out|unsubscribed at|unsubscribed|date|time|at|since|created at",
    "reason": "reason|why|note|notes|comment|says|text",
}
_LIKE_A_NUMBER = re.compile(r"[+(]?(?:[0-9][ ().-]*){10,15}")
_GUESSES = {word: means for means, words in _MEANINGS.items() for word in words.split("|")}


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is on the list. `at` in µs, None where the file does not say."""

    number: str
    reason: str | None
    at: int | None


def read_list(content: bytes) -> Table:
    """As `read_table`; a file that begins with a number names no columns: a date is one, other words are the reason. Raises `Invalid`."""
    table = read_table(content)
    if _number(table.headers[0]) is None:
        return table
    names = [HEADERS["number"]]
    for place, cell in enumerate(table.headers[1:], 2):
        name = HEADERS["at" if _instant(cell) is not None else "reason"]
        names.append(f"Column {place}" if name in names else name)
    first = table.delimiter.join(names)
    return replace(read_table(f"{first}\n{content.decode('utf-8-sig')}".encode()), above=1)


def list_columns(headers: Sequence[str]) -> tuple[Column, ...]:
    """What each column means, each thing once; a file of one column has the numbers in it, however that is called."""
    if len(headers) == 1:
        return (Column(headers[0], "number"),)
    columns: list[Column] = []
    for header in headers:
        means = _GUESSES.get(" ".join(header.casefold().replace("_", " ").replace("-", " ").split()), "ignore")
        taken = any(column.means == means for column in columns)
        columns.append(Column(header, "ignore" if taken else means))
    return tuple(columns)


def asked_of(line: int, cells: Sequence[str], columns: Sequence[Column]) -> tuple[Asked | None, list[Fault]]:
    """Whom a line puts on the list, and what is wrong with it."""
    said = {column.means: (column.header, unquoted(cell).strip()) for column, cell in zip(columns, cells, strict=False)}
    header, number = said.get("number", (None, ""))
    if not number:
        return None, [Fault(line, header, "There is no phone number in this line.")]
    faults: list[Fault] = []
    found = _number(number)
    if found is None:
        try:
            found = number_in(number)
        except NotAPhoneNumber as error:
            faults.append(Fault(line, header, error.says))
    named, when = said.get("at", (None, ""))
    at = _instant(when)
    if when and at is None:
        faults.append(Fault(line, named, f"“{when[:40]}” is no date such as 2026-05-31."))
    why, reason = said.get("reason", (None, ""))
    if _LIKE_A_NUMBER.fullmatch(reason) or any(cell.strip() for cell in cells[len(columns) :]):
        faults.append(Fault(line, why, "There is more than one number in this line, or a cell too many. Write one number on each line."))
    return (Asked(found, reason[:LONGEST_REASON] or None, at) if found is not None and not faults else None), faults


def _number(cell: str) -> str | None:
    """A number as it stands there, a short code too, or None."""
    sender = read_sender(unquoted(cell))
    if sender.kind is SenderKind.SHORT_CODE:
        return sender.text
    try:
        return number_in(cell)
    except NotAPhoneNumber:
        return None


def _instant(said: str) -> int | None:
    """µs of an RFC 3339 date or time, in UTC unless it says another zone; None for anything else, and for what is no time of a text, such
    as the first of January 1 that some programs write for none."""
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return None
    if at.year < FIRST_YEAR:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return round(at.timestamp() * 1_000_000)
