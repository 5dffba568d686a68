"""A CSV file of contacts: its encoding, its columns, and what each line says or lacks."""

import pytest

from server.domain.contact_csv import (
    HEADERS,
    Column,
    Fault,
    Person,
    columns_of,
    field_header,
    guessed,
    person_of,
    read_table,
    without_numbers,
)
from server.domain.errors import Invalid

NUMBER = "+12025550143"


def read(text: str, mapping: dict[str, str] | None = None) -> list[tuple[Person, list[Fault]]]:
    table = read_table(text.encode())
    columns = columns_of(table.headers, mapping)
    return [person_of(line, cells, columns) for line, cells in table.lines()]


def one(text: str, mapping: dict[str, str] | None = None) -> Person:
    [(person, faults)] = read(text, mapping)
    assert faults == []
    return person


def faults(text: str, mapping: dict[str, str] | None = None) -> list[tuple[int, str | None, str]]:
    return [(fault.line, fault.column, fault.says) for _, found in read(text, mapping) for fault in found]


GUESSES = {
    "Full Name": "name",
    "First_Name": "name",
    "SURNAME": "name",
    "Phone": "phone",
    "Cell-Phone": "mobile",
    " mobile  number ": "mobile",
    "Office Phone": "landline",
    "E-Mail": "email",
    "Labels": "tags",
    "Time Zone": "timezone",
    "ID": "ignore",
    "why": "ignore",
    "": "ignore",
    "Plan": "field:Plan",
    "field:Name": "field:Name",
    "account": "field:account",
}


@pytest.mark.parametrize(("header", "means"), GUESSES.items())
def test_what_a_column_means_is_guessed_from_its_name(header: str, means: str) -> None:
    assert guessed(header) == means


def test_every_header_of_the_export_is_understood_by_the_import() -> None:
    assert {means: guessed(header) for means, header in HEADERS.items()} == {means: means for means in HEADERS}
    for name in ("Plan", "name", "Mobile", "field:x", "email address", "why"):
        assert guessed(field_header(name)) == f"field:{name}"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_line_says_who_somebody_is(delimiter: str, start: str) -> None:
    headers = ["First name", "Last name", "Mobile", "Landline", "Email", "Ready", "Tags", "Time zone", "Plan", "ID"]
    cells = [
        "Maria",
        "Silva",
        "(202) 555-0143",
        '"+44 20 7946 0143"',
        "m@example.com",
        "Yes",
        '"vip, spring"',
        "Europe/London",
        "gold",
        "9",
    ]
    person = one(start + "\n".join([delimiter.join(headers), delimiter.join(cells)]))
    assert person == Person(
        line=2,
        name="Maria Silva",
        phones=((NUMBER, "mobile"), ("+442079460143", "landline")),
        tags=("vip", "spring"),
        fields={"email": "m@example.com", "Plan": "gold"},
        ready=True,
        timezone="Europe/London",
    )


def test_a_mapping_says_what_its_columns_mean_and_leaves_the_others_out() -> None:
    person = one("A,B,C\nx,2025550143,y\n", {"A": "field:city", "B": "other"})
    assert (person.phones, person.fields, person.name) == (((NUMBER, "other"),), {"city": "x"}, None)


def test_several_numbers_stand_in_one_cell_and_the_same_one_counts_once() -> None:
    person = one(f"Name,Mobile,Landline\nWei,{NUMBER}; 202 555 0144,{NUMBER}\n")
    assert person.phones == ((NUMBER, "mobile"), ("+12025550144", "mobile"))


def test_what_an_export_kept_from_running_is_what_it_was_again() -> None:
    person = one(f'Name,Mobile,Plan\n"\'=HYPERLINK(1)","\'{NUMBER}; {NUMBER}","\' -1"\n')
    assert (person.name, person.phones, person.fields) == ("=HYPERLINK(1)", ((NUMBER, "mobile"),), {"Plan": "-1"})
    assert one(f"Name,Mobile\n'tis,{NUMBER}\n").name == "'tis"


@pytest.mark.parametrize(
    ("line", "column", "says"),
    [
        ("Wei,call me,,", "Mobile", "That is not a phone number. (“call me”)"),
        ("Wei,555-0143,,", "Mobile", "A phone number of that length does not exist. (“555-0143”)"),
        ("Wei,1.2025550143E+10,,", "Mobile", "A spreadsheet has shortened this number to 1.2025550143E+10. Format the column as text."),
        ("Wei,,,", None, "There is no phone number in this line."),
        (f"Wei,{NUMBER},maybe,", "Ready", "Ready is yes or no, not “maybe”."),
        (f"Wei,{NUMBER},,Berlin", "Time zone", "“Berlin” is no time zone such as America/New_York."),
        (f"Wei,{NUMBER},,Mars/X", "Time zone", "“Mars/X” is no time zone such as America/New_York."),
        (f"{'x' * 201},{NUMBER},,", "Name", "This is longer than 200 characters."),
        (f"Wei,{NUMBER},,,more", None, "This line has 5 cells, and there are 4 columns."),
    ],
)
def test_what_is_wrong_is_said_by_line_and_column_in_words(line: str, column: str | None, says: str) -> None:
    assert faults(f"Name,Mobile,Ready,Time zone\nAna,{NUMBER},,\n{line}\n") == [(3, column, says)]


def test_a_line_that_says_more_than_a_contact_may_hold_is_refused() -> None:
    numbers = ";".join(f"+120255501{n:02}" for n in range(21))
    tags = ";".join(str(n) for n in range(51))
    headers, cells = ",".join(f"field:{n}" for n in range(101)), ",".join("x" * 101)
    assert faults(f"Mobile,Tags,{headers}\n{numbers},{tags},{cells}\n") == [
        (2, None, f"A contact has at most {most}.") for most in ("20 phones", "50 tags", "100 fields")
    ]


def test_lines_count_as_an_editor_counts_them_and_empty_ones_say_nothing() -> None:
    text = f'Name,Mobile\r\n\r\n"Ana\nMaria",{NUMBER}\r\n , \r\nWei,no\r\n'
    assert read_table(text.encode()).count == 2
    assert [person.line for person, _ in read(text)] == [3, 6]
    assert faults(text) == [(6, "Mobile", "That is not a phone number. (“no”)")]


def test_a_short_line_lacks_its_last_cells() -> None:
    assert one(f"Mobile,Name,Plan\n{NUMBER}\n") == Person(line=2, phones=((NUMBER, "mobile"),))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (b"\xef\xbb\xbf\n\n", "The file is empty"),
        ("Name,Mobile\nJosé,1\n".encode("cp1252"), "not UTF-8"),
        ("Name\n".encode("utf-16"), "not UTF-8"),
        (b'Name,Mobile\nAna,1\nWei,"2\n', "Line 3 cannot be read: a quotation mark is not closed"),
        (b'Name,Mobile\n"Ana"x,1\n', "Line 2 cannot be read: a quotation mark stands where none may"),
        (b"Name,Mobile\n" + b"x" * 140_000 + b",1\n", "Line 2 cannot be read: a cell is too long"),
        (b"Name,Phone,Phone\n", "Two columns are called “Phone”"),
        (b",".join(b"c%d" % n for n in range(201)), "at most 200 columns"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(content: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        read_table(content)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({"Nobody": "name"}, "There is no column “Nobody”"),
        ({"A": "owner"}, "A column cannot be “owner”"),
        ({"A": "account_id"}, "A column cannot be “account_id”"),
        ({"A": "field:"}, "A column cannot be “field:”"),
        ({"A": "email", "B": "email"}, "Only one column can be the email"),
    ],
)
def test_a_mapping_that_means_nothing_is_refused(mapping: dict[str, str], says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        columns_of(("A", "B"), mapping)
    assert refused.value.extra["field"] == "mapping"


def test_a_file_without_numbers_is_known() -> None:
    assert without_numbers([Column("A", "name"), Column("B", "email")])
    assert not without_numbers([Column("A", "other")])
