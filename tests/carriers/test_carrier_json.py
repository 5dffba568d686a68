import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.carriers.carrier import HookRequest, Malformed, UnsupportedType
from server.carriers.carrier_json import decode, json_of, read


@given(st.dictionaries(st.text(), st.text(st.characters() | st.sampled_from('\ud83d\ude00\\u"d8'))))
def test_all_text_can_be_read_and_only_half_pairs_are_replaced(said: dict[str, str]) -> None:
    whole = {name: value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") for name, value in said.items()}
    assert decode(json.dumps(said).encode(), dict[str, str]) == whole


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (rb"\ud800", "\ufffd"),
        (rb"a\uDFFFb", "a\ufffdb"),
        (rb"\ud83d\ud83d\ude00", "\ufffd😀"),
        (rb"\ude00\ud83d", "\ufffd\ufffd"),
        (rb"\\ud800 \ud800", "\\ud800 \ufffd"),
        (rb"\\\ud800", "\\\ufffd"),
        (rb"\ud800\n\"\u00e9", '\ufffd\n"é'),
    ],
)
def test_half_a_pair_is_replaced_wherever_it_stands(written: bytes, read_as: str) -> None:
    assert decode(b'"' + written + b'"', str) == read_as
    assert decode(msgspec.Raw(b'"' + written + b'"'), str) == read_as


@pytest.mark.parametrize(
    "document", [b"", b"{", b'"\xed\xa0\x80"', b'"\\ud80"', b'"\\ud800', b"\\ud800", b"[" * 100_000, b"7", rb'["\ud800"]']
)
def test_what_is_broken_otherwise_is_malformed(document: bytes) -> None:
    with pytest.raises(Malformed):
        read(document, str)


def test_a_body_is_taken_for_json_only_where_it_says_so() -> None:
    def request(content_type: str) -> HookRequest:
        return HookRequest("POST", "https://x/", {}, {"content-type": content_type}, b"{}")

    assert json_of(request("Application/JSON; charset=UTF-8")) == b"{}"
    with pytest.raises(UnsupportedType):
        json_of(request("text/plain"))
    with pytest.raises(Malformed):
        json_of(request("application/json; charset=latin-1"))
