"""What a person searches for finds itself and nothing by accident."""

import pytest

from server.store.database import Database, Transaction
from server.store.like import containing, containing_digits


async def found(db: Database, text: str, pattern: str) -> bool:
    async def look(tx: Transaction) -> bool:
        row = await tx.one("select 1 as hit where cast(:text as text) like :pattern escape '!'", text=text, pattern=pattern)
        return row is not None

    return await db.read(look)


@pytest.mark.parametrize("words", ["100%", "a_b", "wow!", "!%_", "\\", "'"])
async def test_words_find_what_holds_them_letter_by_letter(db: Database, words: str) -> None:
    assert await found(db, f"so {words} it is", containing(words))
    assert not await found(db, "so 100 axb wow it is", containing(words))


async def test_digits_find_a_number_however_they_are_written(db: Database) -> None:
    assert await found(db, "+12025550143", containing_digits("(555) 01-43"))
    assert not await found(db, "+12025550143", containing_digits("44"))
    assert not await found(db, "+12025550143", containing_digits("maria"))


@pytest.mark.parametrize("words", ["Østergaard", "ЖАННА", "Ångström", "ÉLODIE", "Maria"])
async def test_letters_of_every_alphabet_are_lowered_as_here(db: Database, words: str) -> None:
    async def lowered(tx: Transaction) -> bool:
        row = await tx.one("select lower(cast(:words as text)) as low, lower(cast(null as text)) as missing", words=words)
        return row is not None and row["low"] == words.lower() and row["missing"] is None

    assert await db.read(lowered)
    assert await db.write(lowered)
