"""Contacts out and in as CSV over HTTP: rows 25, 26, 41, 49 and 50 of what may never get in."""

import asyncio
import csv
import io
from typing import Any

import httpx2
import pytest

from server.chores import IMPORTERS
from server.desk import contact_export
from server.desk.importing import import_next
from tests.endpoints.test_contact_lists import add
from tests.fixtures.integrator import API, MARIA, WEI, Integrator, Person
from tests.fixtures.waiting import until

NOBODY = "0" * 26
FORMULA = '=HYPERLINK("http://evil.example","x")'
TYPE = "text/csv; charset=utf-8; header=present"


async def send(
    person: Person, content: bytes | str, kind: str = "text/csv", headers: dict[str, str] | None = None, **query: str
) -> httpx2.Response:
    body = content.encode() if isinstance(content, str) else content
    answer = await person.client.post(
        f"{API}/contacts/import", params=query, content=body, headers={"content-type": kind, **(headers or {})}
    )
    person.document.check(answer)
    return answer


async def finished(integrator: Integrator, id: str) -> dict[str, Any]:
    async def no_rest(_: float) -> None:
        await asyncio.sleep(0)

    assert await import_next(integrator.served.desk, "test", no_rest, IMPORTERS)
    shown: dict[str, Any] = (await integrator.mia.get(f"/contacts/imports/{id}")).json()
    return shown


def table(answer: httpx2.Response) -> list[dict[str, str]]:
    assert (answer.status_code, answer.headers["content-type"]) == (200, TYPE), answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


FILE = f"Full name,Cell,Ready,Plan\nMaria,{MARIA},yes,gold\nWei,{WEI},,\nWrong,12,,\n"


async def test_a_dry_run_shows_the_columns_and_what_would_become_of_the_lines(integrator: Integrator) -> None:
    await add(integrator.ana, "Wei", WEI)
    answer = await send(integrator.mia, FILE)
    shown = answer.json()
    assert answer.status_code == 200, "a dry run is what is meant where nothing is said"
    assert [(c["header"], c["as"], c["sample"][:2]) for c in shown["columns"]] == [
        ("Full name", "name", ["Maria", "Wei"]),
        ("Cell", "mobile", [MARIA, WEI]),
        ("Ready", "ready", ["yes", ""]),
        ("Plan", "field:Plan", ["gold", ""]),
    ]
    assert (shown["rows"], shown["new"], shown["updated"], shown["skipped"], shown["rejected"]) == (3, 1, 1, 0, 1)
    assert shown["errors"] == [{"line": 4, "column": "Cell", "says": "A phone number of that length does not exist. (“12”)"}]
    [rejected] = table(await integrator.mia.get(f"/contacts/imports/{shown['id']}/rejected"))
    assert (rejected["Full name"], rejected["Cell"]) == ("Wrong", "12")
    assert rejected["why"].startswith("Cell: ")
    assert (await integrator.ana.get("/contacts")).json()["total"] == 1
    assert (await integrator.mia.get(f"/contacts/imports/{shown['id']}")).json()["code"] == "not_found"


async def test_an_import_goes_on_by_itself_and_is_what_the_dry_run_said(integrator: Integrator) -> None:
    foreseen = (await send(integrator.mia, FILE, mapping='{"Full name":"name","Cell":"landline"}', dry_run="true")).json()
    begun = await send(integrator.mia, FILE, mapping='{"Full name":"name","Cell":"landline"}', dry_run="false")
    assert (begun.status_code, begun.json()["state"], begun.json()["done"]) == (202, "running", 0)
    done = await finished(integrator, begun.json()["id"])
    assert (done["state"], done["done"]) == ("done", 3)
    assert {key: done[key] for key in ("rows", "new", "updated", "skipped", "rejected", "errors")} == {
        key: foreseen[key] for key in ("rows", "new", "updated", "skipped", "rejected", "errors")
    }
    maria = (await integrator.ana.get("/contacts", q="maria")).json()["items"][0]
    assert (maria["phones"][0]["kind"], maria["fields"], maria["ready"]) == ("landline", {}, False)


async def test_a_repeat_with_its_key_begins_one_import(integrator: Integrator) -> None:
    first = await send(integrator.mia, FILE, headers={"idempotency-key": "k"}, dry_run="false")
    again = await send(integrator.mia, FILE, headers={"idempotency-key": "k"}, dry_run="false")
    assert first.json() == again.json()
    assert await integrator.served.rows("contact_imports") == 1


async def test_a_dry_run_does_not_answer_for_the_import_with_its_key(integrator: Integrator) -> None:
    headers = {"idempotency-key": "k"}
    assert (await send(integrator.mia, FILE, headers=headers, dry_run="true")).status_code == 200
    answer = await send(integrator.mia, FILE, headers=headers, dry_run="false")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_conflict")


async def test_what_cannot_be_imported_is_refused_in_words(integrator: Integrator) -> None:
    for content, query, status, code, field in (
        (b"Name,Mobile\nJos\xe9,1\n", {}, 422, "invalid", "body"),
        (b"", {}, 422, "invalid", "body"),
        (b'Name,Mobile\n"Ana,1\n', {}, 422, "invalid", "body"),
        (FILE.encode(), {"duplicates": "double"}, 422, "invalid", "duplicates"),
        (FILE.encode(), {"dry_run": "perhaps"}, 422, "invalid", "dry_run"),
        (FILE.encode(), {"mapping": "no json"}, 422, "invalid", "mapping"),
        (FILE.encode(), {"mapping": '{"Cell":"owner_id"}'}, 422, "invalid", "mapping"),
        (FILE.encode(), {"mapping": '{"Nobody":"name"}'}, 422, "invalid", "mapping"),
        (FILE.encode(), {"mapping": '{"Full name":"name"}', "dry_run": "false"}, 422, "invalid", "mapping"),
    ):
        answer = await send(integrator.mia, content, **query)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, field), (content, query)
    assert (await send(integrator.mia, FILE, kind="application/json")).json()["code"] == "media_type"
    assert (await send(integrator.ana, FILE)).json()["code"] == "forbidden"
    assert await integrator.served.rows("contact_imports") == 0


async def test_a_file_of_twenty_megabytes_is_taken_and_a_larger_one_is_not(integrator: Integrator) -> None:
    megabyte = ("x" * 1000 + ",1\n") * 1047
    allowed = await send(integrator.mia, "Name,Mobile\n" + megabyte * 3, dry_run="false")
    assert allowed.status_code == 202
    answer = await send(integrator.mia, b"x" * (20 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_imports_of_nobody_are_not_there(integrator: Integrator) -> None:
    for path in (f"/contacts/imports/{NOBODY}", f"/contacts/imports/{NOBODY}/rejected", "/contacts/imports/passwd/rejected"):
        assert (await integrator.mia.get(path)).status_code == 404
        assert (await integrator.ana.get(path)).status_code in (403, 404)


async def test_an_export_runs_nothing_in_a_spreadsheet(integrator: Integrator) -> None:
    tags, fields = ["@cmd", "a, b"], {"email": "m@example.com", "Plan": "－1", "Mobile": "\t=1", "=x": ' "=1+1"'}
    await add(integrator.ana, FORMULA, MARIA, tags=tags, fields=fields, ready=True, timezone="Europe/London")
    answer = await integrator.mia.get("/contacts/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="contacts.csv"'
    [line] = table(answer)
    assert line == {
        "Name": "'" + FORMULA,
        "Mobile": "'" + MARIA,
        "Landline": "",
        "Other phone": "",
        "Email": "m@example.com",
        "Ready": "yes",
        "Tags": "'@cmd; a, b",
        "Time zone": "Europe/London",
        "Opted out": "no",
        "'=x": '\' "=1+1"',
        "Plan": "'－1",
        "field:Mobile": "'\t=1",
    }
    raw = await integrator.mia.get("/contacts/export/raw")
    assert raw.headers["content-disposition"] == 'attachment; filename="contacts-raw.csv"'
    [line] = table(raw)
    assert (line["Name"], line["Mobile"], line["=x"]) == (FORMULA, MARIA, ' "=1+1"')


async def test_what_was_exported_is_imported_as_it_was(integrator: Integrator) -> None:
    await add(integrator.ana, FORMULA, MARIA, tags=["vip", "spring"], fields={"email": "m@x", "Mobile": "=1", "Plan": "-1"}, ready=True)
    await integrator.ana.post(
        "/contacts", {"name": "Wei", "phones": [{"number": WEI}, {"number": "+12025550145"}, {"number": "+12025550146", "kind": "other"}]}
    )
    before = (await integrator.ana.get("/contacts")).json()["items"]
    exported = [(await integrator.mia.get(f"/contacts/export{raw}")).content for raw in ("", "/raw")]
    await integrator.mia.post("/contacts/bulk", {"query": {}, "do": {"delete": True}})
    for content in exported:
        id = (await send(integrator.mia, content, dry_run="false")).json()["id"]
        done = await finished(integrator, id)
        assert (done["rejected"], done["new"] + done["updated"]) == (0, 2), done
        after = (await integrator.ana.get("/contacts")).json()["items"]
        known = ("name", "phones", "ready", "tags", "fields", "timezone")
        assert [[one[key] for key in known] for one in after] == [[one[key] for key in known] for one in before]


async def test_an_export_has_what_the_list_with_the_same_filters_has(integrator: Integrator) -> None:
    for number in range(7):
        await add(integrator.ana, f"C{number}", f"+1202555016{number}", tags=["even"] if number % 2 == 0 else [], ready=number > 3)
    picked = ",".join(one["id"] for one in (await integrator.ana.get("/contacts")).json()["items"][2:4])
    for query in (
        {},
        {"tag": "even"},
        {"ready": "true"},
        {"q": "c3"},
        {"q": "zzz"},
        {"ids": picked},
        {"ids": picked, "tag": "even"},
        {"ids": ""},
    ):
        listed = (await integrator.ana.get("/contacts", **query)).json()["items"]
        assert [line["Name"] for line in table(await integrator.mia.get("/contacts/export", **query))] == [one["name"] for one in listed]
    for query in ({"live_filter": NOBODY}, {"ids": "no-id"}):
        assert (await integrator.mia.get("/contacts/export", **query)).json()["code"] == "not_found"
    assert (await integrator.mia.get("/contacts/export", ids=",".join([NOBODY] * 201))).json()["code"] == "invalid"
    for path in ("/contacts/export", "/contacts/export/raw"):
        assert (await integrator.ana.get(path)).json()["code"] == "forbidden"


async def test_an_export_has_a_column_for_every_field_of_whomever_it_holds(integrator: Integrator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_export, "NAMES_AT_ONCE", 2)
    for number in range(7):
        fields = {f"F{number}": "x", "Plan": "gold"} if number % 3 != 1 else {}
        await add(integrator.ana, f"C{number}", f"+1202555016{number}", fields=fields, ready=number < 6)
    headers = list(table(await integrator.mia.get("/contacts/export", ready="true"))[0])
    assert headers[headers.index("Opted out") + 1 :] == ["F0", "F2", "F3", "F5", "Plan"]


async def test_one_export_of_a_user_at_a_time_and_who_leaves_may_begin_another(integrator: Integrator) -> None:
    long = {"fields": {f"f{n}": "x" * 2000 for n in range(100)}}
    for number in range(60):
        await add(integrator.ana, f"C{number}", f"+120255501{number:02}", **long)
    for _ in range(2):
        async with integrator.mia.client.stream("GET", f"{API}/contacts/export") as first:
            assert first.status_code == 200
            second = await integrator.mia.get("/contacts/export/raw")
            assert (second.status_code, second.json()["code"]) == (429, "too_many_requests")

        async def free() -> bool:
            return (await integrator.mia.client.get(f"{API}/contacts/export", params={"q": "nobody"})).status_code == 200

        await until(free)
