"""Sealed secrets open only with the same key and for the same row."""

import pytest

from server.store.vault import Unreadable, Vault, derive_key

KEY = "k" * 32


def test_what_is_sealed_opens_again_and_looks_different_every_time() -> None:
    vault = Vault(KEY)
    first, second = vault.seal(b"secret", "row"), vault.seal(b"secret", "row")
    assert first != second
    assert "secret" not in first
    assert Vault(KEY).open(first, "row") == vault.open(second, "row") == b"secret"


@pytest.mark.parametrize(("key", "owner"), [("K" * 32, "row"), (KEY, "another row")])
def test_another_key_or_another_row_cannot_read_it(key: str, owner: str) -> None:
    sealed = Vault(KEY).seal(b"secret", "row")
    with pytest.raises(Unreadable, match="SECRET_KEY"):
        Vault(key).open(sealed, owner)


@pytest.mark.parametrize("sealed", ["", "1.", "1.AAAA", "not base64 at all!", "1." + "A" * 200])
def test_what_was_never_sealed_is_unreadable(sealed: str) -> None:
    with pytest.raises(Unreadable):
        Vault(KEY).open(sealed, "row")


def test_each_purpose_has_its_own_key() -> None:
    assert len({derive_key(KEY, purpose) for purpose in ("vault", "csrf", "sandbox")}) == 3
