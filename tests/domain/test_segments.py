import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.segments import BASIC, EXTENSION, Segments, count

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((ROOT / "tests/data/segments.json").read_text())["vectors"]
texts = st.text(st.sampled_from([*BASIC, *EXTENSION, "ж", "😀", "’", "\t", "\x1b"]), max_size=400) | st.text(max_size=200)
gsm = st.text(st.sampled_from([*"abc\n", *EXTENSION]), max_size=700)

ucs = st.text(st.sampled_from(["ж", "ﬁ", "\uffff", "😀"]), min_size=68, max_size=300)


def parts(body: str, encoding: str) -> Iterator[int]:
    """The units of each part, laid out one character after the other as TS 23.040 sends them."""
    alone, several = (160, 153) if encoding == "GSM-7" else (70, 67)
    widths = [2 if character in EXTENSION else 1 for character in body] if encoding == "GSM-7" else [1 + (c > "\uffff") for c in body]
    room = alone if sum(widths) <= alone else several
    used = 0
    for width in widths:
        if used + width > room:
            yield used
            used = 0
        used += width
    if used:
        yield used


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_every_vector_is_counted_as_agreed(vector: dict[str, object]) -> None:
    counted = count(str(vector["text"]))
    assert (counted.encoding, counted.units, counted.segments) == (vector["encoding"], vector["units"], vector["segments"])
    units = vector["part_units"]
    assert isinstance(units, list)
    assert counted.segments == len(units)
    assert counted.remaining == counted.per_segment - (units[-1] if units else 0)


@given(texts | gsm | ucs)
def test_the_count_is_what_laying_out_the_parts_gives(body: str) -> None:
    counted = count(body)
    units = list(parts(body, counted.encoding))
    assert counted.segments == len(units)
    assert counted.units == sum(units)
    assert counted.remaining == counted.per_segment - (units[-1] if units else 0)
    assert (
        counted.per_segment
        == {("GSM-7", True): 160, ("GSM-7", False): 153, ("UCS-2", True): 70, ("UCS-2", False): 67}[counted.encoding, counted.segments <= 1]
    )


@given(texts)
def test_it_is_gsm_7_exactly_when_every_character_is_in_the_table(body: str) -> None:
    assert (count(body).encoding == "GSM-7") == all(character in BASIC + EXTENSION for character in body)


@given(gsm)
def test_a_longer_text_never_costs_less(body: str) -> None:
    costs = [count(body[:end]) for end in range(0, len(body) + 1, 7)]
    assert all(less.segments <= more.segments and less.units < more.units for less, more in pairwise(costs))


def test_what_remains_can_be_added_and_one_more_begins_a_part() -> None:
    for length in (0, 1, 159, 160, 161, 306, 307, 459):
        counted = count("a" * length)
        full = count("a" * (length + counted.remaining))
        assert (full.segments, full.remaining) == (max(counted.segments, 1), 0)
        assert count("a" * (length + counted.remaining + 1)).segments == full.segments + 1


def test_nothing_is_no_segment() -> None:
    assert count("") == Segments("GSM-7", 0, 0, 160, 160)


def test_a_lone_surrogate_is_one_unit() -> None:
    assert count("\ud83d") == Segments("UCS-2", 1, 1, 70, 69)


def test_the_table_has_every_septet_but_escape_once() -> None:
    assert len(BASIC) == len(set(BASIC)) == 127
    assert len(EXTENSION) == len(set(EXTENSION)) == 10
    assert not set(BASIC) & set(EXTENSION)
    assert "\x1b" not in BASIC + EXTENSION


def test_the_browser_counts_with_the_same_table() -> None:
    table = json.loads((ROOT / "web/static/data/gsm7.json").read_text())
    assert table == {"basic": BASIC, "extension": EXTENSION}
