"""What a sender's look at the outbox costs."""

import re

import msgspec
import pytest

from server.store import messages, outbox
from server.store.database import Transaction
from tests.fixtures.office import Office
from tests.store.test_plans import Planned

FAR = 9_000_000_000_000_000
IN_HANDS, PUT_OFF = f"lease_until = {FAR}, next_at = null", f"next_at = {FAR}"


class Measured(Planned):
    """On PostgreSQL each step says how many rows it read."""

    def __init__(self, tx: Transaction, engine: str) -> None:
        super().__init__(tx, engine)
        if engine == "postgresql":
            self._explain = "explain (analyze)"


@pytest.mark.parametrize("first", [IN_HANDS, PUT_OFF], ids=["in hands", "put off"])
async def test_a_look_costs_the_same_however_many_texts_wait_behind_one_of_their_conversation(office: Office, first: str) -> None:
    """Three thousand behind one that a sender holds, or that is to come back later."""
    await office.text("Hi")
    columns = "account, kind, direction, body, media, state, encoding, segments, created_at, attempt"

    async def fill(tx: Transaction) -> None:
        await tx.run(
            f"""insert into messages (conversation, seq, id, did, next_at, {columns})
                select conversation, seq + k.n, id || k.n, :did, cast(:now as bigint) - 1000000, {columns}
                from messages, (select cast(key as bigint) + 10 as n from json_each(:many)) k""",
            did=office.sales,
            now=tx.now,
            many=msgspec.json.encode({str(n): 0 for n in range(3_000)}).decode(),
        )
        await tx.run(f"update messages set {first} where seq = (select min(seq) from messages where next_at is not null)")
        await tx.run("analyze messages")

    await office.desk.db.write(fill)

    async def plan(tx: Transaction) -> list[str]:
        planned = Measured(tx, office.desk.db.engine)
        assert [line.due for line in await outbox.waiting(planned)] == ([] if first == IN_HANDS else [FAR])  # type: ignore[arg-type]
        assert await outbox.ready(planned, office.sales, tx.now, 50) == []  # type: ignore[arg-type]
        return planned.steps

    steps = await office.desk.db.read(plan)
    read = [int(rows) * int(loops) for step in steps for rows, loops in re.findall(r"actual time=\S+ rows=(\d+) loops=(\d+)", step)]
    assert max(read, default=0) <= outbox.PREFIX, steps
    assert not [step for step in steps if re.search(r"SCAN (m|e|h|messages)\b", step)], steps


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_what_is_put_off_behind_another_is_found_by_its_conversation(office: Office) -> None:
    """SQLite has no figures about the tables, so a short queue shows the plan of a long one."""
    await office.text("Hi")

    async def plan(tx: Transaction) -> list[str]:
        planned = Planned(tx, office.desk.db.engine)
        [text] = await tx.all("select * from messages")
        await messages.put_off_behind(planned, messages.message_of(text), FAR)  # type: ignore[arg-type]
        return planned.steps

    [step] = await office.desk.db.write(plan)
    assert "messages_outbox_by_conversation (did=? AND conversation=? AND seq>?)" in step
