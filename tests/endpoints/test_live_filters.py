"""Live filters over the API: what a manager makes, what a dialer reads."""

from typing import Any

from server.desk import directory
from tests.endpoints.test_contact_lists import add
from tests.fixtures.integrator import MARIA, WEI, Integrator

READY = {"field": "ready", "op": "is", "value": True}
SPRING = {"name": "Spring", "conditions": [READY, {"field": "tag", "op": "has", "value": "spring"}]}


async def spring(integrator: Integrator) -> dict[str, Any]:
    answer = await integrator.mia.post("/live-filters", SPRING)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/live-filters/{made['id']}"
    return made


async def test_a_manager_makes_changes_and_removes_a_live_filter(integrator: Integrator) -> None:
    await add(integrator.ana, "Maria", MARIA, ready=True, tags=["spring"])
    made = await spring(integrator)
    at = f"/live-filters/{made['id']}"
    assert (made["name"], made["conditions"], made["count"]) == ("Spring", SPRING["conditions"], 1)
    assert (await integrator.ana.get("/live-filters")).json() == {"items": [made], "next": None}
    assert (await integrator.ana.get(at)).json() == made
    changed = (await integrator.mia.patch(at, {"name": "Autumn", "conditions": [{**READY, "value": False}]})).json()
    assert (changed["name"], changed["count"], changed["created_at"]) == ("Autumn", 0, made["created_at"])
    assert (await integrator.mia.delete(at)).status_code == 204
    for answer in (await integrator.mia.get(at), await integrator.mia.delete(at), await integrator.mia.patch(at, {})):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_repeat_with_its_key_makes_one_filter(integrator: Integrator) -> None:
    first = await integrator.mia.post("/live-filters", SPRING, idempotency_key="k")
    again = await integrator.mia.post("/live-filters", SPRING, idempotency_key="k")
    assert (again.status_code, again.content) == (201, first.content)
    assert (await integrator.mia.post("/live-filters", SPRING)).json()["code"] == "already_exists"
    other = await integrator.mia.post("/live-filters", {**SPRING, "name": "x"}, idempotency_key="k")
    assert other.json()["code"] == "idempotency_conflict"


async def test_a_dialer_reads_who_is_in_it_page_by_page(integrator: Integrator) -> None:
    ids = [await add(integrator.ana, f"C{n}", f"+1202555016{n}", ready=True, tags=["spring"]) for n in range(5)]
    filter = await spring(integrator)
    at = f"/live-filters/{filter['id']}/contacts"
    first = (await integrator.mia.get(at, limit=2)).json()
    assert ([item["id"] for item in first["items"]], first["count"]) == (ids[:2], 5)
    await integrator.ana.post("/messages", integrator.draft(contact=ids[0]))
    second = (await integrator.mia.get(at, limit=2, after=first["next"])).json()
    assert ([item["id"] for item in second["items"]], second["count"]) == (ids[2:4], 4)
    last = (await integrator.mia.get(at, limit=2, after=second["next"])).json()
    assert ([item["id"] for item in last["items"]], last["next"]) == (ids[4:], None)
    listed = (await integrator.ana.get("/contacts", live_filter=filter["id"])).json()
    assert ([item["id"] for item in listed["items"]], listed["total"]) == (ids[1:], 4)
    for cursor in ("made-up", (await integrator.mia.get("/contacts", limit=1)).json()["next"]):
        assert (await integrator.mia.get(at, after=cursor)).json()["code"] == "not_found"


async def test_of_one_contact_the_filters_that_it_is_in_are_listed(integrator: Integrator) -> None:
    maria = await add(integrator.ana, "Maria", MARIA, ready=True, tags=["spring"])
    wei = await add(integrator.ana, "Wei", WEI, ready=True)
    made = await spring(integrator)
    assert [item["id"] for item in (await integrator.ana.get("/live-filters", contact=maria)).json()["items"]] == [made["id"]]
    assert (await integrator.ana.get("/live-filters", contact=wei)).json() == {"items": [], "next": None}
    await integrator.ana.post("/messages", integrator.draft(contact=maria))
    assert (await integrator.ana.get("/live-filters", contact=maria)).json()["items"] == []
    assert (await integrator.ana.get("/live-filters", contact="1 or 1=1")).json()["code"] == "not_found"


async def test_the_filters_of_another_accounts_contact_are_asked_for_in_vain(integrator: Integrator) -> None:
    await spring(integrator)
    served = integrator.served
    _, _, token = await directory.create_account(served.desk.db, "Umbrella", "eve@example.com", "a long password")
    made = await served.client(authorization=f"Bearer {token}").post("/api/v1/contacts", json={"name": "Eve", "phones": [{"number": WEI}]})
    for contact in (made.json()["id"], "0" * 26):
        answer = await integrator.ana.get("/live-filters", contact=contact)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_what_is_no_rule_is_refused_and_named(integrator: Integrator) -> None:
    for conditions, code, field in (
        ([], "invalid", "conditions"),
        ([{**READY, "value": "yes"}], "invalid", "conditions[0].value"),
        ([{**READY, "value": 1}], "invalid", "conditions[0].value"),
        ([{"field": "timezone", "op": "is", "value": "Mars/X"}], "invalid", "conditions[0].value"),
        ([READY, {"field": "owner", "op": "is", "value": "x"}], "invalid", "conditions[1].field"),
        ([{**READY, "account": "x"}], "unknown_field", "account"),
    ):
        answer = await integrator.mia.post("/live-filters", {"name": "x", "conditions": conditions})
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field), conditions
    answer = await integrator.mia.post("/live-filters", {"name": " ", "conditions": [READY]})
    assert answer.json()["field"] == "name"
    assert await integrator.served.rows("live_filters") == 0


async def test_agents_read_live_filters_and_leave_them_as_they_are(integrator: Integrator) -> None:
    filter = await spring(integrator)
    at = f"/live-filters/{filter['id']}"
    for answer in (
        await integrator.ana.post("/live-filters", SPRING),
        await integrator.ana.patch(at, {"name": "x"}),
        await integrator.ana.delete(at),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    await add(integrator.ana, "Wei", WEI, ready=True, tags=["spring"])
    assert (await integrator.ana.get(f"{at}/contacts")).json()["count"] == 1


async def test_what_is_done_to_a_live_filter_is_in_the_audit_trail(integrator: Integrator) -> None:
    made = await spring(integrator)
    await integrator.mia.patch(f"/live-filters/{made['id']}", {"name": "Autumn"})
    await integrator.mia.patch(f"/live-filters/{made['id']}", {"name": "Autumn"})
    await integrator.mia.delete(f"/live-filters/{made['id']}")
    trail = [item for item in (await integrator.mia.get("/audit")).json()["items"] if item["target"]["kind"] == "live_filter"]
    assert [(item["what"], item["target"]["name"], item["user"]["name"]) for item in trail] == [
        ("live_filter.removed", "Autumn", "mia"),
        ("live_filter.changed", "Autumn", "mia"),
        ("live_filter.added", "Spring", "mia"),
    ]
    assert (trail[1]["before"], trail[1]["after"]) == ({"name": "Spring"}, {"name": "Autumn"})
    assert (trail[2]["before"], trail[2]["after"]) == (None, {"name": "Spring", "conditions": SPRING["conditions"]})
