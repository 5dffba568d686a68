"""Contacts as a CSV file: what its columns are called, what they mean, and what a line says.

The same table of headers serves the export and the import, so that what was exported can be imported.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from server.domain.contact import MOST_FIELDS, MOST_PHONES, MOST_TAGS
from server.domain.errors import Invalid
from server.domain.phone import NotAPhoneNumber, PhoneNumber
from server.domain.time_zone import zone_of

MOST_COLUMNS = 200
LONGEST_NAME = 200
LONGEST_VALUE = 2_000
SAMPLES = 5
DELIMITERS = ",;\t|"

HEADERS: Mapping[str, str] = {
    "name": "Name",
    "mobile": "Mobile",
    "landline": "Landline",
    "other": "Other phone",
    "email": "Email",
    "ready": "Ready",
    "tags": "Tags",
    "timezone": "Time zone",
}
"""How the export calls what a column can mean."""

_MEANINGS: Mapping[str, str] = {
    "name": "name|full name|contact|contact name|customer|customer name|first name|firstname|given name|last name|lastname|surname",
    "phone": "phone|phone number|number|tel|telephone|telephone number",
    "mobile": "mobile|mobile phone|mobile number|cell|cell phone|cellphone|cell number|sms",
    "landline": "landline|landline phone|landline number|home phone|work phone|office phone|business phone",
    "other": "other phone|other number",
    "email": "email|e mail|mail|email address|e mail address",
    "ready": "ready",
    "tags": "tags|tag|labels|label",
    "timezone": "time zone|timezone|tz",
    "ignore": "opted out|id|contact id|created|created at|updated|updated at|why",
}
_GUESSES = {word: means for means, words in _MEANINGS.items() for word in words.split("|")}
_PHONES = {"phone": "mobile", "mobile": "mobile", "landline": "landline", "other": "other"}
_ONCE = ("email", "ready", "timezone")
_YES = frozenset("yes y true t 1 on x ready".split())
_NO = frozenset("no n false f 0 off".split())
_SHORTENED = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]+")
_RUNS = frozenset("=+-@＝＋－＠\t\r\n")
"""What a spreadsheet would run: exports put ' before it, and an import takes it away."""
_SKIPPED = " '\"\u00a0\u3000\ufeff"


class Column(msgspec.Struct, frozen=True):
    """`means` is one of HEADERS, phone, field:<name> or ignore."""

    header: str
    means: str


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a line of the file: `line` counts from 1, the headers'; `column` is a header, None for the line as a whole."""

    line: int
    column: str | None
    says: str


@dataclass(frozen=True, slots=True)
class Person:
    """What a line says about a contact. None and nothing mean: not said. `phones` are (number, kind), each number once."""

    line: int
    name: str | None = None
    phones: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    ready: bool | None = None
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file that can be read. `count` lines below the headers say something; `above` lines of the text do not stand in the file."""

    text: str
    delimiter: str
    headers: tuple[str, ...]
    count: int
    samples: tuple[tuple[str, ...], ...]
    above: int = 0

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """(number, cells) of each line below the headers that says something; a line with line breaks counts from its first."""
        found = _lines(self.text, self.delimiter)
        next(found)
        return ((number - self.above, cells) for number, cells in found)


def field_header(name: str) -> str:
    """How the export calls a custom field, so that the import knows it for one."""
    return name if guessed(name) == f"field:{name}" else f"field:{name}"


def guessed(header: str) -> str:
    """What a column of this name probably means."""
    if header.startswith("field:") and header.removeprefix("field:").strip():
        return header
    words = " ".join(re.split(r"[\s_.-]+", header.casefold().strip()))
    return _GUESSES.get(words, f"field:{header}" if words else "ignore")


def read_table(content: bytes) -> Table:
    """Raises `Invalid`, with the line, for what is no CSV in UTF-8."""
    try:
        text = content.decode("utf-8-sig").replace("\0", "")
    except UnicodeDecodeError:
        raise Invalid("The file is not UTF-8 text. In Excel, save it as “CSV UTF-8”.", field="body") from None
    delimiter = _delimiter(text)
    found = _lines(text, delimiter)
    headers = tuple(header.strip() for header in next(found, (0, []))[1])
    if not headers:
        raise Invalid("The file is empty. Its first line names the columns.", field="body")
    if len(headers) > MOST_COLUMNS or any(len(header) > LONGEST_NAME for header in headers):
        raise Invalid(f"A file has at most {MOST_COLUMNS} columns, named by at most {LONGEST_NAME} characters.", field="body")
    twice = next((header for header in headers if header and headers.count(header) > 1), None)
    if twice is not None:
        raise Invalid(f"Two columns are called “{twice}”. Give each its own name.", field="body")
    samples: list[tuple[str, ...]] = []
    count = 0
    for _, cells in found:
        count += 1
        if len(samples) < SAMPLES:
            samples.append(tuple((cells + [""] * len(headers))[: len(headers)]))
    return Table(text, delimiter, headers, count, tuple(samples))


def columns_of(headers: Sequence[str], mapping: Mapping[str, str] | None) -> list[Column]:
    """What each column means: as `mapping` says by header, the others ignored; guessed without one. Raises `Invalid`."""
    if mapping is None:
        return [Column(header, guessed(header)) for header in headers]
    unknown = next((header for header in mapping if header not in headers), None)
    if unknown is not None:
        raise Invalid(f"There is no column “{unknown}”.", field="mapping")
    columns = [Column(header, mapping.get(header, "ignore")) for header in headers]
    for column in columns:
        named = column.means.startswith("field:") and column.means.removeprefix("field:").strip()
        if not named and column.means not in HEADERS and column.means not in ("phone", "ignore"):
            raise Invalid(f"A column cannot be “{column.means}”.", field="mapping")
    twice = next((means for means in _ONCE if sum(column.means == means for column in columns) > 1), None)
    if twice is not None:
        raise Invalid(f"Only one column can be the {HEADERS[twice].lower()}.", field="mapping")
    return columns


def without_numbers(columns: Sequence[Column]) -> bool:
    return not any(column.means in _PHONES for column in columns)


def number_in(cell: str) -> str:
    """The phone number that a cell holds, in E.164. Raises `NotAPhoneNumber`, with the cell."""
    said = cell.strip()
    if _SHORTENED.fullmatch(said):
        raise NotAPhoneNumber(f"A spreadsheet has shortened this number to {said}. Format the column as text.")
    try:
        return str(PhoneNumber.parse(unquoted(said), "US"))
    except NotAPhoneNumber as error:
        raise NotAPhoneNumber(f"{error.says} (“{said[:40]}”)") from None


def person_of(line: int, cells: Sequence[str], columns: Sequence[Column]) -> tuple[Person, list[Fault]]:
    """What a line says, and what is wrong with it."""
    read = _Reading(line)
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        read.fault(None, f"This line has {len(cells)} cells, and there are {len(columns)} columns.")
    for column, cell in zip(columns, cells, strict=False):
        said = unquoted(cell).strip()
        if said and column.means != "ignore":
            read.cell(column, said)
    if not read.phones and not read.faults:
        read.fault(None, "There is no phone number in this line.")
    tags = tuple(dict.fromkeys(read.tags))
    for many, most, what in ((read.phones, MOST_PHONES, "phones"), (tags, MOST_TAGS, "tags"), (read.fields, MOST_FIELDS, "fields")):
        if len(many) > most:
            read.fault(None, f"A contact has at most {most} {what}.")
    phones = tuple(read.phones.items())
    name = " ".join(read.names)
    return Person(line, name or None, phones, tags, read.fields, read.ready, read.timezone), read.faults


class _Reading:
    """One line, cell by cell."""

    def __init__(self, line: int) -> None:
        self._line = line
        self.faults: list[Fault] = []
        self.names: list[str] = []
        self.phones: dict[str, str] = {}
        self.tags: list[str] = []
        self.fields: dict[str, str] = {}
        self.ready: bool | None = None
        self.timezone: str | None = None

    def fault(self, column: str | None, says: str) -> None:
        self.faults.append(Fault(self._line, column, says))

    def cell(self, column: Column, said: str) -> None:
        longest = LONGEST_NAME if column.means == "name" else LONGEST_VALUE
        if len(said) > longest:
            self.fault(column.header, f"This is longer than {longest} characters.")
        elif column.means in _PHONES:
            self._numbers(column, said)
        elif column.means == "name":
            self.names.append(said)
        elif column.means == "tags":
            self.tags += [tag.strip()[:LONGEST_NAME] for tag in said.split(";" if ";" in said else ",") if tag.strip()]
        elif column.means == "ready":
            self._ready(column, said)
        elif column.means == "timezone":
            self._timezone(column, said)
        else:
            self.fields["email" if column.means == "email" else column.means.removeprefix("field:").strip()] = said

    def _numbers(self, column: Column, said: str) -> None:
        for one in re.split(r"[;,|\n]", said):
            if not one.strip():
                continue
            try:
                self.phones.setdefault(number_in(one), _PHONES[column.means])
            except NotAPhoneNumber as error:
                self.fault(column.header, error.says)

    def _ready(self, column: Column, said: str) -> None:
        if said.casefold() in _YES | _NO:
            self.ready = said.casefold() in _YES
        else:
            self.fault(column.header, f"Ready is yes or no, not “{said[:40]}”.")

    def _timezone(self, column: Column, said: str) -> None:
        if zone_of(said) is not None:
            self.timezone = said
        else:
            self.fault(column.header, f"“{said[:40]}” is no time zone such as America/New_York.")


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Invalid(f"Line {line} cannot be read: {_in_words(error)}.", field="body", line=line) from None
        if any(cell.strip() for cell in cells):
            yield line, cells


def _in_words(error: csv.Error) -> str:
    says = str(error)
    if "field larger" in says:
        return "a cell is too long, or a quotation mark is not closed"
    if "unexpected end" in says:
        return "a quotation mark is not closed"
    return "a quotation mark stands where none may" if "expected after" in says else says


def _delimiter(text: str) -> str:
    """The one that the line of headers has most of, outside of quotation marks."""
    bare = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").split("\n", 1)[0])
    return max(DELIMITERS, key=bare.count)


def unquoted(cell: str) -> str:
    """Without the ' by which an export kept a spreadsheet from running it."""
    if cell[:1] == "'" and (cell[1:2] in _RUNS or cell[1:].lstrip(_SKIPPED)[:1] in _RUNS) and len(cell) > 1:
        return cell[1:]
    return cell
