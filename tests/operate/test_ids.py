"""Identifiers."""

import pytest

from server.ids import ALPHABET, LENGTH, new_id


def test_an_id_begins_with_its_millisecond_as_the_ulid_specification_writes_it() -> None:
    assert new_id(1_469_918_176_385_000)[:10] == "01ARYZ6S41".lower()
    assert new_id(0)[:10] == "0" * 10
    assert new_id(((1 << 48) - 1) * 1_000)[:10] == "7ZZZZZZZZZ".lower()


def test_an_id_is_26_letters_that_cannot_be_mistaken() -> None:
    made = {new_id(1_469_918_176_385_000 + count) for count in range(2_000)}
    assert len(made) == 2_000
    assert {len(one) for one in made} == {LENGTH}
    assert set("".join(made)) == set(ALPHABET)
    assert not set("ilou") & set(ALPHABET)


def test_ids_sort_by_the_time_of_their_making() -> None:
    made = [new_id(at_ms * 1_000) for at_ms in range(0, 1 << 47, 1 << 40)]
    assert made == sorted(made)


@pytest.mark.parametrize("at_us", [-1, (1 << 48) * 1_000])
def test_an_instant_that_has_no_id_is_refused(at_us: int) -> None:
    with pytest.raises(ValueError, match="no id"):
        new_id(at_us)
