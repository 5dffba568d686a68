"""GET /status: what `doctor` finds, for managers, without anything of another account or any secret."""

import asyncio

import pytest

from server.desk import directory
from server.endpoints.status import Status
from server.operate.finding import Finding, ok
from server.store.database import Transaction
from server.store.vault import Vault
from tests.fixtures.clocks import HandClock
from tests.fixtures.served import AGENT, MANAGER, Served
from tests.fixtures.waiting import until


@pytest.fixture
def engine() -> str:
    """What the checks find on either engine is in tests/operate/test_doctor.py."""
    return "sqlite"


async def test_managers_see_each_check_and_agents_are_refused(served: Served) -> None:
    answer = await served.bearer.get("/api/v1/status")
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert {"versions", "database", "schema", "timer", "attachments"} <= {item["check"] for item in items}
    assert {item["state"] for item in items} <= {"ok", "warning", "failed"}
    assert all(item["do"] for item in items if item["state"] != "ok")
    assert served.desk.settings.secret_key.get_secret_value() not in answer.text
    ana = await served.signed_in(AGENT)
    refused = await ana.get("/api/v1/status")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await ana.get("/status")).status_code == 403
    assert (await served.client().get("/api/v1/status")).status_code == 401
    assert (await served.client().get("/status")).headers["location"] == "/login?next=/status"
    assert (await (await served.signed_in(MANAGER)).get("/status")).status_code == 200


async def test_another_account_s_carriers_are_not_told(served: Served) -> None:
    await directory.create_account(served.desk.db, "Globex", "boss@example.com", "correct horse battery")
    sealed = Vault("another key of thirty-two letters or more")

    async def add(tx: Transaction) -> None:
        for number, (name, sql) in enumerate((("Ours", "id = :account"), ("Theirs", "id <> :account"))):
            id = f"{number}".rjust(26, "0")
            await tx.run(
                f"""insert into carriers (id, account, kind, name, credentials, options, created_at)
                    select :id, accounts.id, 'twilio', :name, :credentials, '{{}}', 0 from accounts where {sql}""",
                id=id,
                name=name,
                account=served.account,
                credentials=sealed.seal(b"{}", id),
            )

    await served.desk.db.write(add)
    answer = await served.bearer.get("/api/v1/status")
    [carriers] = [item for item in answer.json()["items"] if item["check"] == "carriers"]
    assert carriers["state"] == "failed"
    assert "Ours" in carriers["says"]
    assert "Theirs" not in answer.text


async def test_many_who_ask_at_once_share_a_look_and_never_another_account_s() -> None:
    looked: list[str] = []
    going = asyncio.Event()

    async def examine(account: str) -> list[Finding]:
        looked.append(account)
        await going.wait()
        return [ok(account, "fine")]

    status = Status(examine, HandClock())
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(status.look("a"))
        await until(lambda: looked == ["a"])
        others = [tasks.create_task(status.look("a")) for _ in range(5)]
        foreign = tasks.create_task(status.look("b"))
        await asyncio.sleep(0)
        going.set()
    assert looked == ["a", "a", "b"]
    assert {task.result().items[0].check for task in (first, *others)} == {"a"}
    assert foreign.result().items[0].check == "b"
