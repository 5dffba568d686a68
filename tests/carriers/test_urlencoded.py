"""A form is read as Python's own reader reads it."""

from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from server.carriers.urlencoded import pairs

PIECES = st.sampled_from(
    ["a", "=", "&", "+", "%", "%2", "%zz", "%41", "%C3%A9", "%E9", "%F0%9F%99%82", "%00", ";", "\udce9", "ü", " ", "?"]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_a_form_is_read_as_pythons_own_reader_reads_it(text: str) -> None:
    assert pairs(text) == parse_qsl(text, keep_blank_values=True, errors="surrogateescape")
