"""The ledger of consent: what is in it stays as it is, whoever tries."""

import pytest

from server.store import consent
from server.store.consent import ConsentEntry, Standing
from server.store.database import Database, Transaction

NUMBER = "+12025550143"


@pytest.fixture
async def ledger(db: Database) -> Database:
    async def fill(tx: Transaction) -> None:
        await tx.run("insert into accounts (id, name, opt_out_text, position, created_at) values ('a', 'Acme', 'STOP', 0, 0)")
        await consent.opt_out(tx, entry("1", "opted_out"))

    await db.write(fill)
    return db


def entry(id: str, kind: consent.Kind, at: int = 1) -> ConsentEntry:
    return ConsentEntry(id, "a", NUMBER, kind, "keyword", at, message="m", says="STOP", rules="2026-11")


@pytest.mark.parametrize(
    "sql",
    [
        "update consent set says = 'yes please'",
        "update consent set kind = 'opted_in' where id = '1'",
        "delete from consent",
        "delete from consent where id = '1'",
        "insert into consent (id, account, number, kind, source, at) values ('1', 'a', 'n', 'opted_in', 'keyword', 2) "
        "on conflict (id) do update set kind = excluded.kind",
    ],
)
async def test_nobody_changes_or_removes_a_line_of_the_ledger(ledger: Database, sql: str) -> None:
    with pytest.raises(Exception, match="append-only"):
        await ledger.write(lambda tx: tx.run(sql))
    assert await ledger.read(lambda tx: consent.ledger(tx, "a", [NUMBER])) == [entry("1", "opted_out")]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_nobody_empties_the_ledger_at_once(ledger: Database) -> None:
    with pytest.raises(Exception, match="append-only"):
        await ledger.write(lambda tx: tx.run("truncate consent"))


async def test_the_standing_of_a_number_follows_its_newest_line(ledger: Database) -> None:
    lines: list[tuple[consent.Kind, Standing | None]] = [
        ("opted_in", None),
        ("review", Standing(review_at=3, review_message="m")),
        ("review", Standing(review_at=3, review_message="m")),
        ("kept", None),
        ("review", Standing(review_at=6, review_message="m")),
        ("opted_out", Standing(7, "keyword")),
        ("opted_out", Standing(7, "keyword")),
    ]
    for at, (kind, expected) in enumerate(lines, 2):
        line = entry(str(at), kind, at)
        written = consent.opt_out if kind == "opted_out" else consent.record
        await ledger.write(lambda tx, line=line, written=written: written(tx, line))  # type: ignore[misc]
        assert (await ledger.read(lambda tx: consent.standings(tx, [("a", NUMBER)]))).get(("a", NUMBER)) == expected, kind
    assert [line.kind for line in await ledger.read(lambda tx: consent.ledger(tx, "a", [NUMBER]))] == [
        "opted_out",
        *(kind for kind, _ in lines),
    ]
    assert await ledger.read(lambda tx: consent.last_opt_ins(tx, "a", [NUMBER, "+1"])) == {NUMBER: 2}
    assert await ledger.read(lambda tx: consent.opted_out_after(tx, "a", "", 10)) == [entry("7", "opted_out", 7)]


async def test_the_number_that_the_carrier_refused_to_text_from_is_kept_though_the_person_had_opted_out_before(ledger: Database) -> None:
    await ledger.write(lambda tx: consent.opt_out(tx, entry("2", "opted_out", 2), did="d"))
    assert (await ledger.read(lambda tx: consent.standings(tx, [("a", NUMBER)])))[("a", NUMBER)] == Standing(1, "keyword", "d")


async def test_a_line_of_a_list_is_written_only_where_the_number_was_not_opted_out(ledger: Database) -> None:
    assert not await ledger.write(lambda tx: consent.opt_out(tx, entry("2", "opted_out", 2), unless_out=True))
    assert await ledger.read(lambda tx: consent.ledger(tx, "a", [NUMBER])) == [entry("1", "opted_out")]
