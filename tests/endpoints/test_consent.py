"""Consent over HTTP: a decision about a text in doubt, and lists of opt-outs."""

import asyncio
import csv
import io
from typing import Any

import httpx2
import pytest

from server.chores import IMPORTERS
from server.desk.importing import import_next
from tests.fixtures.integrator import API, MARIA, OWN, WEI, Integrator, Person

NOBODY = "0" * 26


async def no_rest(_: float) -> None:
    await asyncio.sleep(0)


async def listed(person: Person, body: str, *, dry_run: str = "true", kind: str = "text/csv") -> httpx2.Response:
    headers = {"content-type": kind}
    answer = await person.client.post(f"{API}/opt-outs/import", params={"dry_run": dry_run}, content=body.encode(), headers=headers)
    person.document.check(answer)
    return answer


async def test_a_text_in_doubt_is_decided_once_and_the_ledger_says_by_whom(integrator: Integrator) -> None:
    id = await integrator.text("wrong number", phone=WEI, to=OWN)
    shown = (await integrator.ana.get(f"/conversations/{id}")).json()
    assert shown["consent_review"] is not None
    decided = await integrator.ana.post(f"/conversations/{id}/consent-review", {"opted_out": True})
    assert decided.status_code == 200
    assert (decided.json()["opted_out"], decided.json()["consent_review"]) == (True, None)
    again = await integrator.mia.post(f"/conversations/{id}/consent-review", {"opted_out": False})
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_decide")
    ledger = (await integrator.ana.get(f"/contacts/{shown['contact']['id']}/consent")).json()["items"]
    assert [(line["kind"], line["source"], line["says"], line["by"] and line["by"]["name"]) for line in ledger] == [
        ("review", "keyword", "wrong number", None),
        ("opted_out", "review", "wrong number", "Ana"),
    ]


@pytest.mark.parametrize("body", [{}, {"opted_out": "yes"}, {"opted_out": True, "more": 1}])
async def test_a_decision_is_yes_or_no_and_nothing_else(integrator: Integrator, body: dict[str, Any]) -> None:
    id = await integrator.text("wrong number", phone=WEI, to=OWN)
    assert (await integrator.ana.post(f"/conversations/{id}/consent-review", body)).status_code in (400, 422)
    assert (await integrator.ana.post(f"/conversations/{NOBODY}/consent-review", {"opted_out": True})).status_code == 404


async def test_a_list_comes_in_and_goes_out_and_is_for_managers(integrator: Integrator) -> None:
    body = f"number,reason\n{MARIA},=1+1\nnonsense,\n"
    dry = (await listed(integrator.mia, body)).json()
    assert (dry["new"], dry["rejected"], [column["as"] for column in dry["columns"]]) == (1, 1, ["number", "reason"])
    begun = await listed(integrator.mia, body, dry_run="false")
    assert (begun.status_code, begun.json()["state"]) == (202, "running")
    assert await import_next(integrator.served.desk, "test", no_rest, IMPORTERS)
    done = (await integrator.mia.get(f"/opt-outs/imports/{begun.json()['id']}")).json()
    assert (done["state"], done["new"], done["rejected"]) == ("done", 1, 1)
    rejected = await integrator.mia.get(f"/opt-outs/imports/{begun.json()['id']}/rejected")
    assert "nonsense" in rejected.text
    out = await integrator.mia.get("/opt-outs/export")
    assert out.headers["content-type"].startswith("text/csv")
    headers, line = csv.reader(io.StringIO(out.text.removeprefix("\ufeff")))
    assert headers == ["Number", "Opted out at", "Source", "Reason"]
    assert (line[0], line[2], line[3]) == (f"'{MARIA}", "import", "'=1+1"), "no cell is a formula"
    assert (await listed(integrator.mia, out.text)).json()["skipped"] == 1, "what went out comes in"
    for call in ("/opt-outs/export", f"/opt-outs/imports/{begun.json()['id']}", f"/opt-outs/imports/{begun.json()['id']}/rejected"):
        assert (await integrator.ana.get(call)).status_code == 403
    assert (await listed(integrator.ana, MARIA)).status_code == 403


async def test_what_is_no_csv_is_refused_and_another_accounts_import_is_not_there(integrator: Integrator) -> None:
    assert (await listed(integrator.mia, MARIA, kind="application/json")).status_code == 415
    assert (await listed(integrator.mia, "", dry_run="false")).status_code == 422
    assert (await integrator.mia.get(f"/opt-outs/imports/{NOBODY}")).status_code == 404
