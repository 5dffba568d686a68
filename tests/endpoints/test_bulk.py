"""Many contacts at once, one removed, and what happened to one, over the API."""

from tests.endpoints.test_contact_lists import add, five, names
from tests.fixtures.integrator import MARIA, Integrator

NOBODY = "0" * 26


async def test_a_manager_changes_many_contacts_and_takes_it_back(integrator: Integrator) -> None:
    ids = await five(integrator)
    dry = (await integrator.mia.post("/contacts/bulk", {"query": {"tag": "even"}, "do": {"add_tag": "vip"}, "dry_run": True})).json()
    assert dry == {"count": 3, "skipped": 0, "undo": None}
    done = (await integrator.mia.post("/contacts/bulk", {"query": {"tag": "even"}, "do": {"add_tag": "vip"}})).json()
    assert (done["count"], done["skipped"]) == (3, 0)
    assert await names(integrator.ana, tag="vip") == ["Ana", "Cleo", "Edda"]
    assert (await integrator.mia.post(f"/contacts/bulk/{done['undo']}/undo")).json() == {"count": 3}
    assert await names(integrator.ana, tag="vip") == []
    again = await integrator.mia.post(f"/contacts/bulk/{done['undo']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "too_late")
    owned = (await integrator.mia.post("/contacts/bulk", {"ids": ids, "do": {"owner": None}})).json()
    assert owned == {"count": 0, "skipped": 5, "undo": None}


async def test_a_repeat_with_its_key_changes_nothing_more(integrator: Integrator) -> None:
    ids = await five(integrator)
    body = {"ids": ids, "do": {"ready": True}}
    first = await integrator.mia.post("/contacts/bulk", body, idempotency_key="k")
    assert (await integrator.mia.post("/contacts/bulk", body, idempotency_key="k")).json() == first.json()
    at = f"/contacts/bulk/{first.json()['undo']}/undo"
    undone = await integrator.mia.post(at, idempotency_key="u")
    assert (await integrator.mia.post(at, idempotency_key="u")).json() == undone.json() == {"count": 2}


async def test_what_is_no_bulk_change_is_refused_and_named(integrator: Integrator) -> None:
    id = await add(integrator.ana, "Maria", MARIA)
    for body, status, code in (
        ({"ids": [id], "do": {}}, 422, "invalid"),
        ({"do": {"ready": True}}, 422, "invalid"),
        ({"ids": [id], "do": {"account": "x"}}, 422, "unknown_field"),
        ({"query": {"account": "x"}, "do": {"ready": True}}, 422, "unknown_field"),
        ({"query": {"q": "x" * 60_000}, "do": {"ready": True}}, 422, "invalid"),
        ({"query": {"tag": "x" * 60_000}, "do": {"ready": True}}, 422, "invalid"),
        ({"ids": [id], "do": {"ready": True}, "role": "x"}, 422, "unknown_field"),
        ({"ids": [id, NOBODY], "do": {"ready": True}}, 404, "not_found"),
        ({"ids": ["1 or 1=1"], "do": {"delete": True}}, 404, "not_found"),
        ({"ids": [id], "do": {"owner": NOBODY}}, 404, "not_found"),
        ({"query": {"live_filter": NOBODY}, "do": {"ready": True}}, 404, "not_found"),
    ):
        answer = await integrator.mia.post("/contacts/bulk", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
    assert (await integrator.mia.post(f"/contacts/bulk/{NOBODY}/undo")).status_code == 404
    assert (await integrator.ana.get(f"/contacts/{id}")).json()["ready"] is False


async def test_a_contact_is_removed_by_a_manager_unless_a_conversation_is_held_with_it(integrator: Integrator) -> None:
    ids = await five(integrator)
    assert (await integrator.ana.delete(f"/contacts/{ids[0]}")).json()["code"] == "forbidden"
    assert (await integrator.mia.delete(f"/contacts/{ids[0]}")).status_code == 204
    assert (await integrator.mia.delete(f"/contacts/{ids[0]}")).status_code == 404
    await integrator.text(phone="+12025550161")
    answer = await integrator.mia.delete(f"/contacts/{ids[1]}")
    assert (answer.status_code, answer.json()["code"]) == (409, "has_conversation")


async def test_what_happened_to_a_contact_is_shown_newest_first(integrator: Integrator) -> None:
    id, other = await add(integrator.ana, "Maria", MARIA), (await five(integrator))[0]
    await integrator.ana.patch(f"/contacts/{id}", {"ready": True, "name": "Maria S."})
    await integrator.ana.post("/messages", integrator.draft(contact=id))
    await integrator.text("STOP")
    events = (await integrator.ana.get(f"/contacts/{id}/activity")).json()["items"]
    assert [event["type"] for event in events] == [
        "contact.opted_out",
        "contact.ready_changed",
        "contact.updated",
        "contact.ready_changed",
        "contact.created",
    ]
    assert [(event["actor"]["name"], event["data"].get("reason")) for event in events[1:4:2]] == [("Ana", "text_sent"), ("Ana", "by_hand")]
    assert len((await integrator.ana.get(f"/contacts/{other}/activity")).json()["items"]) == 1
    assert (await integrator.ana.get(f"/contacts/{NOBODY}/activity")).status_code == 404
