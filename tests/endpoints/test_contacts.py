"""The contacts of the API, their consent, and the colleagues."""

from typing import Any

from tests.fixtures.integrator import MARIA, WEI, Integrator

NEW: dict[str, Any] = {"name": "Maria", "phones": [{"number": MARIA, "kind": "mobile"}]}
WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"account": "x"}, "unknown_field", "account"),
    ({"phones": [{"number": MARIA, "colour": "red"}]}, "unknown_field", "colour"),
    ({"name": " "}, "invalid", "name"),
    ({"phones": [{"number": MARIA, "kind": "pager"}]}, "invalid", "phones"),
    ({"phones": "none"}, "invalid", "phones"),
    ({"phones": [{"number": 5}]}, "invalid", "phones[0].number"),
    ({"phones": []}, "invalid", "phones"),
    ({"phones": [{"number": f"+120255501{n:02}"} for n in range(21)]}, "invalid", "phones"),
    ({"tags": [str(n) for n in range(51)]}, "invalid", "tags"),
    ({"fields": {str(n): "" for n in range(101)}}, "invalid", "fields"),
    ({"timezone": "Mars/X"}, "invalid", "timezone"),
    ({"timezone": "localtime"}, "invalid", "timezone"),
    ({"timezone": "right/UTC"}, "invalid", "timezone"),
    ({"timezone": ""}, "invalid", "timezone"),
    ({"ready": "yes"}, "invalid", "ready"),
]


async def test_a_contact_is_made_where_its_location_says_and_read_there(integrator: Integrator) -> None:
    body = {**NEW, "ready": True, "tags": ["vip"], "timezone": "America/New_York", "fields": {"plan": "gold"}}
    answer = await integrator.ana.post("/contacts", body)
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/contacts/{made['id']}"
    assert made["phones"] == [{"number": MARIA, "kind": "mobile", "opted_out": False, "consent_review": None, "consent_review_why": None}]
    assert (made["ready"], made["tags"], made["timezone"], made["fields"]) == (True, ["vip"], "America/New_York", {"plan": "gold"})
    assert (await integrator.ben.get(f"/contacts/{made['id']}")).json() == made


async def test_a_repeat_with_its_key_makes_one_contact_and_says_where(integrator: Integrator) -> None:
    first = await integrator.ana.post("/contacts", NEW, idempotency_key="k")
    again = await integrator.ana.post("/contacts", NEW, idempotency_key="k")
    assert (again.status_code, again.content, again.headers["location"]) == (201, first.content, first.headers["location"])
    taken = await integrator.ana.post("/contacts", NEW)
    assert (taken.status_code, taken.json()["code"]) == (409, "already_exists")


async def test_a_wrong_field_of_a_contact_is_named(integrator: Integrator) -> None:
    for change, code, field in WRONG:
        answer = await integrator.ana.post("/contacts", {**NEW, **change})
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field), change
    assert await integrator.served.rows("contacts") == 0


async def test_a_wrong_field_of_a_change_is_named_and_changes_nothing(integrator: Integrator) -> None:
    made = (await integrator.ana.post("/contacts", NEW)).json()
    for change, code, field in WRONG:
        answer = await integrator.ana.patch(f"/contacts/{made['id']}", change)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field), change
    assert (await integrator.ana.get(f"/contacts/{made['id']}")).json() == made


async def test_a_tag_is_trimmed_and_there_once(integrator: Integrator) -> None:
    made = (await integrator.ana.post("/contacts", {**NEW, "tags": [" a ", "a", "b", " ", "a\t"]})).json()
    assert made["tags"] == ["a", "b"]
    at = f"/contacts/{made['id']}"
    assert (await integrator.ana.patch(at, {"tags": ["b", " b", "c "]})).json()["tags"] == ["b", "c"]
    bulk = {"ids": [made["id"]], "do": {"add_tag": " c "}}
    assert (await integrator.mia.post("/contacts/bulk", bulk)).json()["count"] == 0
    assert (await integrator.ana.get(at)).json()["tags"] == ["b", "c"]
    many = [str(n) for n in range(50)]
    await integrator.ana.patch(at, {"tags": many})
    done = (await integrator.mia.post("/contacts/bulk", bulk)).json()
    assert (done["count"], done["skipped"]) == (0, 1)
    assert (await integrator.ana.get(at)).json()["tags"] == many


async def test_a_change_keeps_what_it_does_not_name(integrator: Integrator) -> None:
    made = (await integrator.ana.post("/contacts", {**NEW, "tags": ["vip"]})).json()
    at = f"/contacts/{made['id']}"
    changed = (await integrator.ana.patch(at, {"ready": True})).json()
    assert {**changed, "ready": False, "updated_at": ""} == {**made, "updated_at": ""}
    assert (await integrator.ana.patch(at, {"timezone": None, "name": "Maria S."})).json()["name"] == "Maria S."
    assert (await integrator.ana.patch(f"/contacts/{'0' * 26}", {"ready": True})).status_code == 404


async def test_a_number_that_a_conversation_is_held_with_cannot_be_taken_from_its_contact(integrator: Integrator) -> None:
    made = (await integrator.ana.post("/contacts", {**NEW, "phones": [*NEW["phones"], {"number": WEI, "kind": "other"}]})).json()
    await integrator.text()
    at = f"/contacts/{made['id']}"
    refused = await integrator.ana.patch(at, {"phones": [{"number": WEI}]})
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (409, "has_conversation", "phones")
    assert MARIA in refused.json()["detail"]
    assert {**(await integrator.ana.get(at)).json(), "latest": None} == made
    changed = await integrator.ana.patch(at, {"phones": [{"number": MARIA, "kind": "other"}]})
    [phone] = changed.json()["phones"]
    assert phone == {"number": MARIA, "kind": "other", "opted_out": False, "consent_review": None, "consent_review_why": None}


async def test_contacts_are_found_by_name_number_readiness_and_tag_page_by_page(integrator: Integrator) -> None:
    for n, name in enumerate(("Ana", "Bea", "Cleo", "Dora", "Edda")):
        phones = [{"number": f"+1202555016{n}", "kind": "mobile"}]
        await integrator.ana.post(
            "/contacts", {"name": name, "phones": phones, "ready": n % 2 == 0, "tags": ["even"] if n % 2 == 0 else []}
        )

    async def names(**query: str | int) -> list[str]:
        return [item["name"] for item in (await integrator.ana.get("/contacts", **query)).json()["items"]]

    assert await names(q="cle") == ["Cleo"]
    assert await names(q="0163") == ["Dora"]
    assert await names(ready="true") == await names(tag="even") == ["Ana", "Cleo", "Edda"]
    assert await names(ready="false") == ["Bea", "Dora"]
    first = (await integrator.ana.get("/contacts", limit=3)).json()
    assert await names(limit=3, cursor=first["next"]) == ["Dora", "Edda"]
    assert (await integrator.ana.get("/contacts", cursor="made-up")).json()["code"] == "not_found"
    assert (await integrator.ana.get("/contacts", ready="maybe")).json()["field"] == "ready"


async def test_an_opt_out_by_hand_is_in_the_ledger_and_stops_texts(integrator: Integrator) -> None:
    made = (await integrator.ana.post("/contacts", NEW)).json()
    at = f"/contacts/{made['id']}"
    shown = (await integrator.ana.put(f"{at}/opt-out", {"phone": MARIA, "reason": "asked by mail"})).json()
    assert shown["phones"][0]["opted_out"] is True
    ledger = (await integrator.ana.get(f"{at}/consent")).json()
    assert [(e["kind"], e["source"], e["says"], e["number"], e["user"]) for e in ledger["items"]] == [
        ("opted_out", "user", "asked by mail", MARIA, integrator.ana.id)
    ]
    assert ledger["next"] is None
    assert (await integrator.ana.post("/messages", integrator.draft(to=MARIA))).json()["code"] == "opted_out"
    for phone in (WEI, "nobody", ""):
        assert (await integrator.ana.put(f"{at}/opt-out", {"phone": phone, "reason": ""})).json()["code"] == "not_found"
    assert (await integrator.ana.get(f"/contacts/{'0' * 26}/consent")).json()["code"] == "not_found"


async def test_colleagues_are_those_who_can_be_handed_work(integrator: Integrator) -> None:
    async def names(**query: str | int) -> list[str]:
        return [user["name"] for user in (await integrator.ana.get("/colleagues", **query)).json()["items"]]

    assert await names() == ["Ana", "Ben", "mia"]
    first = (await integrator.ana.get("/colleagues", limit=2)).json()
    assert await names(cursor=first["next"]) == ["mia"]
    await integrator.mia.patch(f"/users/{integrator.ben.id}", {"disabled": True})
    assert await names() == ["Ana", "mia"]
