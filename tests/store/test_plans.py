"""How the engines go about statements that would read a lot."""

import re
from typing import Any

import msgspec
import pytest

from server.domain.report import Asked
from server.store import conversation_report, did_health, feed, lines, media_fetch, nonces, outbox, queues, readings_back
from server.store.database import Database, Row, Transaction
from tests.fixtures.office import Office

EXPLAIN = {"sqlite": ("explain query plan", "detail"), "postgresql": ("explain", "QUERY PLAN")}


class Planned:
    """A transaction that keeps the plan of each statement before it runs it."""

    def __init__(self, tx: Transaction, engine: str) -> None:
        self.now = tx.now
        self.steps: list[str] = []
        self._tx = tx
        self._explain, self._column = EXPLAIN[engine]

    async def one(self, sql: str, **parameters: Any) -> Row | None:
        rows = await self.all(sql, **parameters)
        return rows[0] if rows else None

    async def all(self, sql: str, **parameters: Any) -> list[Row]:
        self.steps += [row[self._column] for row in await self._tx.all(f"{self._explain} {sql}", **parameters)]
        return await self._tx.all(sql, **parameters)

    async def run(self, sql: str, **parameters: Any) -> int:
        self.steps += [row[self._column] for row in await self._tx.all(f"{self._explain} {sql}", **parameters)]
        return await self._tx.run(sql, **parameters)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sort", conversation_report.SORTS)
@pytest.mark.parametrize("asked", [Asked("an account"), Asked("an account", since=1, until=2, did="a DID")], ids=["all", "some"])
async def test_the_report_looks_up_the_figures_of_a_line_in_every_order(db: Database, sort: str, asked: Asked) -> None:
    """SQLite has no figures about the tables, so an empty file shows the plan of a full one."""

    async def plan(tx: Transaction) -> list[str]:
        planned = Planned(tx, db.engine)
        await conversation_report.page(planned, asked, sort=sort, falling=True, edge=None, backward=False, limit=50)  # type: ignore[arg-type]
        return planned.steps

    steps = await db.read(plan)
    assert steps
    assert not [step for step in steps if step.startswith("SCAN") and "JOIN" in step], steps


async def test_the_figures_of_the_feed_read_the_texts_of_the_last_minute_alone(office: Office) -> None:
    await office.text("Hi")
    same = "account, kind, direction, body, media, state, encoding, segments, created_at, attempt"
    await office.desk.db.write(
        lambda tx: tx.run(
            f"""insert into messages (conversation, seq, id, {same}) select conversation, seq + k.n, id || k.n, {same}
                from messages, (select cast(key as bigint) + 10 as n from json_each(:many)) k""",
            many=msgspec.json.encode({str(n): 0 for n in range(3_000)}).decode(),
        )
    )
    await office.desk.db.write(lambda tx: tx.run("analyze messages"))

    async def plan(tx: Transaction) -> list[str]:
        planned = Planned(tx, office.desk.db.engine)
        assert (await feed.figures(planned, office.account)).texts == 3001  # type: ignore[arg-type]
        return planned.steps

    steps = await office.desk.db.read(plan)
    [step] = [step for step in steps if " messages" in step and "Bitmap Index" not in step]
    assert not step.startswith("SCAN"), step
    expected = re.search(r"rows=(\d+)", step)
    assert expected is None or int(expected[1]) < 100, f"PostgreSQL expects few, or else it reads all of a large table: {step}"


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_what_waits_and_how_a_number_fares_is_looked_up_and_never_scanned(db: Database) -> None:
    async def plan(tx: Transaction) -> list[str]:
        planned = Planned(tx, db.engine)
        await outbox.waiting(planned)  # type: ignore[arg-type]
        await outbox.ready(planned, "a DID", 1, 50)  # type: ignore[arg-type]
        await did_health.health(planned, ["a DID"], ["said"], "said too")  # type: ignore[arg-type]
        return planned.steps

    steps = await db.read(plan)
    messages = [step for step in steps if re.match(r"(SCAN|SEARCH) (m|e|messages)\b", step)]
    assert len(messages) > 10
    assert [step for step in messages if step.startswith("SCAN")] == []
    assert not any(step.startswith("USE TEMP B-TREE") for step in steps), steps


async def test_what_is_asked_all_the_time_reads_no_table_that_grows(db: Database) -> None:
    """By whoever collects metrics, and by every sender each two seconds."""

    async def plan(tx: Transaction) -> list[str]:
        if db.engine == "postgresql":
            await tx.run("set local enable_seqscan = off")  # the tables are empty, and not dear to read
        planned = Planned(tx, db.engine)
        await queues.queues(planned)  # type: ignore[arg-type]
        await queues.recent_texts(planned)  # type: ignore[arg-type]
        await readings_back.due(planned, ["twilio"], 1, 1)  # type: ignore[arg-type]
        await readings_back.doubts(planned, "a carrier", 1)  # type: ignore[arg-type]
        return planned.steps

    steps = await db.read(plan)
    whole = r"(SCAN|Seq Scan on) (m|messages|receipts|media|webhook_deliveries|conversations)\b"
    waiting = r"INDEX (messages_outbox_by_did|messages_unconfirmed|receipts_parked|webhook_deliveries_waiting|conversations_pool)"
    assert [step for step in steps if re.search(whole, step) and not re.search(waiting, step)] == []
    if db.engine == "sqlite":
        assert [step for step in steps if "messages_counted (account=? AND <expr>>?" in step]
        assert len([step for step in steps if "messages_unconfirmed (did=?" in step]) == 2
        assert [step for step in steps if "messages_unconfirmed (did=? AND handed_at>?" in step]
        assert len([step for step in steps if "dids_by_carrier (carrier=?" in step]) == 2


async def test_what_is_still_at_a_carrier_is_found_without_reading_what_is_there(office: Office) -> None:
    """Each sender asks twice a second."""
    await office.desk.db.write(
        lambda tx: tx.run(
            """insert into media (id, account, place, state, created_at)
               select 'ready ' || key, :account, 0, 'ready', 0 from json_each(:many)""",
            account=office.account,
            many=msgspec.json.encode({str(n): 0 for n in range(3_000)}).decode(),
        )
    )
    await office.desk.db.write(lambda tx: tx.run("analyze media"))

    async def plan(tx: Transaction) -> list[str]:
        planned = Planned(tx, office.desk.db.engine)
        assert await media_fetch.next_due(planned) is None  # type: ignore[arg-type]
        assert await media_fetch.take(planned, tx.now, 4) == []  # type: ignore[arg-type]
        return planned.steps

    steps = await office.desk.db.write(plan)
    assert [step for step in steps if "media_to_fetch" in step]
    assert not [step for step in steps if re.search(r"SCAN media\b(?!.*media_to_fetch)|Seq Scan on media\b", step)], steps


async def test_what_was_unreadable_is_kept_and_forgotten_without_reading_all_that_was_before(office: Office) -> None:
    """A carrier that changes its format sends nothing else all day, and each webhook waits for this."""
    carrier = office.connection.id
    await office.desk.db.write(
        lambda tx: tx.run(
            """insert into malformed (id, carrier, digest, raw, received_at)
               select 'old ' || key, :carrier, 'digest ' || key, 'old', cast(:now as bigint) - 1000000 from json_each(:many)""",
            carrier=carrier,
            now=tx.now,
            many=msgspec.json.encode({str(n): 0 for n in range(3_000)}).decode(),
        )
    )
    await office.desk.db.write(lambda tx: tx.run("analyze malformed"))

    async def plan(tx: Transaction) -> tuple[list[str], list[str]]:
        keeping, forgetting = Planned(tx, office.desk.db.engine), Planned(tx, office.desk.db.engine)
        await lines.keep_malformed(keeping, "new", carrier, b"new")  # type: ignore[arg-type]
        assert not await lines.any_malformed_older(forgetting, tx.now - 3 * 86_400_000_000)  # type: ignore[arg-type]
        assert await lines.prune_malformed(forgetting, tx.now - 3 * 86_400_000_000, 500) == 0  # type: ignore[arg-type]
        return keeping.steps, forgetting.steps

    keeping, forgetting = await office.desk.db.write(plan)
    [step] = [step for step in keeping if "malformed_by_" in step]
    assert "malformed_by_digest" in step
    told = [step for step in keeping if "carrier" in step and "digest" in step and "received_at" in step]
    assert told, f"all three narrow the look: {keeping}"
    assert len([step for step in forgetting if "malformed_by_age" in step]) >= 2, forgetting
    steps = keeping + forgetting
    assert not [step for step in steps if re.search(r"SCAN malformed\b|Seq Scan on malformed\b", step)], steps


async def test_a_nonce_is_looked_for_by_its_key_and_forgotten_by_its_age(office: Office) -> None:
    carrier, day = office.connection.id, 86_400_000_000
    await office.desk.db.write(
        lambda tx: tx.run(
            """insert into nonces (carrier, nonce, digest, received_at)
               select :carrier, key, 'digest', cast(:now as bigint) - 1000000 from json_each(:many)""",
            carrier=carrier,
            now=tx.now,
            many=msgspec.json.encode({f"seen {n}": 0 for n in range(3_000)}).decode(),
        )
    )
    await office.desk.db.write(lambda tx: tx.run("analyze nonces"))

    async def plan(tx: Transaction) -> list[str]:
        planned = Planned(tx, office.desk.db.engine)
        row = nonces.NonceRow(carrier=carrier, nonce="seen 5", digest="another")
        assert await nonces.spend(planned, {(carrier, "seen 5"): row}) == {(carrier, "seen 5"): "digest"}  # type: ignore[arg-type]
        assert not await nonces.any_older(planned, tx.now - day)  # type: ignore[arg-type]
        assert await nonces.prune(planned, tx.now - day, 500) == 0  # type: ignore[arg-type]
        return planned.steps

    steps = await office.desk.db.write(plan)
    assert [step for step in steps if re.search(r"SEARCH n USING .*autoindex_nonces|Index.* Scan using nonces_pkey", step)], steps
    assert len([step for step in steps if "nonces_by_age" in step]) >= 2, steps
    assert not [step for step in steps if re.search(r"SCAN (n|nonces)\b|Seq Scan on nonces\b", step)], steps
