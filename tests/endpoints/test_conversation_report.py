"""Reports > SMS conversations over HTTP: filters, every order, pages both ways, and the same as a spreadsheet."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.desk import conversation_report, directory
from server.endpoints.reports import COLUMNS
from tests.fixtures.integrator import MARIA, OWN, SUPPORT, WEI, Integrator
from tests.fixtures.served import PASSWORD

URL = "/reports/sms-conversations"
OMAR = "+12025550145"


async def report(integrator: Integrator, **query: str | int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await integrator.mia.get(URL, **query)).json()["items"]
    return items


async def phones(integrator: Integrator, **query: str | int) -> set[str]:
    return {item["contact"]["phone"] for item in await report(integrator, **query)}


def later(integrator: Integrator, seconds: float) -> None:
    integrator.served.desk.db.shift_us += round(seconds * 1_000_000)


async def answer(integrator: Integrator, id: str, by: Any = None) -> None:
    sent = await (by or integrator.ana).post(f"/conversations/{id}/messages", integrator.draft())
    assert sent.status_code == 202, sent.text


async def busy(integrator: Integrator) -> tuple[str, str, str]:
    """Maria waited 10 s and 30 s for Ana, from the pool; Ben answered Wei after 60 s, who texts again; Omar opted out."""
    maria = await integrator.text("Hi", phone=MARIA)
    later(integrator, 10)
    await answer(integrator, maria)
    await integrator.text("And?", phone=MARIA)
    later(integrator, 30)
    await answer(integrator, maria)
    wei = await integrator.text("Hi Ben", phone=WEI, to=OWN)
    later(integrator, 60)
    await answer(integrator, wei, integrator.ben)
    await integrator.text("Thanks", phone=WEI, to=OWN)
    omar = await integrator.text("STOP", phone=OMAR)
    return maria, wei, omar


async def test_a_line_says_who_what_and_how_long(integrator: Integrator) -> None:
    maria, wei, _ = await busy(integrator)
    later(integrator, 5)
    asked = integrator.now()
    lines = {item["conversation"]: item for item in await report(integrator)}
    answered = integrator.now()
    first = lines[maria]
    shorter, longer = await integrator.waits(maria)
    assert shorter < longer
    assert (first["in"], first["out"], first["waits"], first["first_reply_seconds"]) == (2, 2, 2, shorter), (
        "the lower one of two is the median"
    )
    assert (first["state"], first["was_public"], first["waiting_since"], first["waiting_seconds"]) == ("answered", True, None, None)
    assert (first["owner"]["name"], first["did"]["label"], first["last_message"]["direction"]) == ("Ana", "Support", "outbound")
    assert first["last_message"]["user"]["name"] == "Ana"
    second = lines[wei]
    assert [second["first_reply_seconds"]] == await integrator.waits(wei)
    assert (second["in"], second["out"], second["waits"], second["state"], second["was_public"]) == (2, 1, 1, "unanswered", False)
    since, half = datetime.fromisoformat(second["waiting_since"]), timedelta(milliseconds=500)
    assert asked - since - half <= timedelta(seconds=second["waiting_seconds"]) <= answered - since + half
    assert second["last_message"]["body"] == "Thanks"


async def test_the_filters_combine(integrator: Integrator) -> None:
    await busy(integrator)
    ana, ben = integrator.ana.id, integrator.ben.id
    for query, expected in [
        ({}, {MARIA, WEI, OMAR}),
        ({"answered": "unanswered"}, {WEI}),
        ({"answered": "answered"}, {MARIA, OMAR}),
        ({"owner": ana}, {MARIA}),
        ({"owner": "none"}, {OMAR}),
        ({"user": ben}, {WEI}),
        ({"did": integrator.own}, {WEI}),
        ({"did": integrator.support}, {MARIA, OMAR}),
        ({"public": "was"}, {MARIA}),
        ({"public": "now"}, set()),
        ({"opted_out": "true"}, {OMAR}),
        ({"opted_out": "false", "answered": "answered"}, {MARIA}),
        ({"q": WEI[-4:]}, {WEI}),
        ({"q": "nobody"}, set()),
        ({"owner": ana, "public": "was", "q": "0143", "did": integrator.support}, {MARIA}),
        ({"owner": ana, "did": integrator.own}, set()),
        ({"to": "2020-01-01"}, set()),
        ({"from": "2020-01-01"}, {MARIA, WEI, OMAR}),
    ]:
        assert await phones(integrator, **query) == expected, query
        assert (await integrator.mia.get(URL, **query)).json()["total"] == len(expected)


async def test_a_stretch_of_time_counts_what_lies_in_it(integrator: Integrator) -> None:
    maria, _, _ = await busy(integrator)
    items = (await integrator.ana.get(f"/conversations/{maria}/messages")).json()["items"]
    again, last = items[2]["created_at"], items[3]["created_at"]
    [line] = await report(integrator, **{"from": again, "to": last, "q": "0143"})
    assert (line["in"], line["out"], line["waits"], line["first_reply_seconds"], line["was_public"]) == (1, 0, 0, None, False)
    [line] = await report(integrator, **{"from": last, "q": "0143"})
    assert (line["in"], line["out"], line["waits"], line["first_reply_seconds"]) == (0, 1, 1, (await integrator.waits(maria))[1])


@pytest.mark.parametrize("column", conversation_report.SORTS)
async def test_every_column_sorts_and_pages_both_ways_without_a_gap(integrator: Integrator, column: str) -> None:
    await busy(integrator)
    for number in range(4):
        await integrator.text(phone=f"+1202555016{number}")
    for sort in (column, f"-{column}"):
        everything = [item["conversation"] for item in await report(integrator, sort=sort, limit=200)]
        forward, pages, cursor = [], [], ""
        while True:
            page = (await integrator.mia.get(URL, sort=sort, limit=3, cursor=cursor)).json()
            forward += [item["conversation"] for item in page["items"]]
            pages.append(page)
            if page["next"] is None:
                break
            cursor = page["next"]
        assert forward == everything
        assert pages[0]["previous"] is None
        backward, page = [item["conversation"] for item in pages[-1]["items"]], pages[-1]
        while page["previous"] is not None:
            page = (await integrator.mia.get(URL, sort=sort, limit=3, cursor=page["previous"])).json()
            assert page["next"] is not None
            backward = [item["conversation"] for item in page["items"]] + backward
        assert backward == everything
    rising = [item["conversation"] for item in await report(integrator, sort=column)]
    assert rising == [item["conversation"] for item in await report(integrator, sort=f"-{column}")][::-1]


async def test_the_order_is_that_of_the_column(integrator: Integrator) -> None:
    await busy(integrator)
    for column in ("waits", "in", "out"):
        values = [item[column] for item in await report(integrator, sort=f"-{column}")]
        assert values == sorted(values, reverse=True)
        assert len(set(values)) > 1, "the order was to be told from any other"
    names = [item["owner"]["name"] if item["owner"] else "" for item in await report(integrator, sort="owner")]
    assert names == ["", "Ana", "Ben"]
    waits = [item["waiting_seconds"] for item in await report(integrator, sort="-waiting_seconds")]
    assert waits[0] is not None
    assert waits[1:] == [None, None]


@pytest.mark.parametrize(("at_once", "ordered_at_once"), [(2, 100), (1, 2)])
async def test_the_spreadsheet_has_the_same_lines_and_every_cell_is_harmless(
    integrator: Integrator, monkeypatch: pytest.MonkeyPatch, at_once: int, ordered_at_once: int
) -> None:
    monkeypatch.setattr(conversation_report, "AT_ONCE", at_once)
    monkeypatch.setattr(conversation_report, "ORDERED_AT_ONCE", ordered_at_once)
    await busy(integrator)
    await integrator.text('=HYPERLINK("http://evil.example","x")', phone=MARIA, to=SUPPORT)
    accept = {"accept": "text/csv"}
    for query in ({}, {"did": integrator.support, "sort": "-out"}):
        answer = await integrator.mia.client.get(f"/api/v1{URL}", params=query, headers=accept)
        integrator.document.check(answer)
        assert answer.headers["content-disposition"] == 'attachment; filename="sms-conversations.csv"'
        head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
        assert tuple(head) == COLUMNS
        items = await report(integrator, **query)
        assert [line[0] for line in lines] == [item["conversation"] for item in items]
        assert [line[2] for line in lines] == ["'" + item["contact"]["phone"] for item in items]
        assert [(line[16], line[17]) for line in lines] == [(str(item["in"]), str(item["out"])) for item in items]
        assert "'=HYPERLINK(" in answer.text
        linked = await integrator.mia.client.get(f"/api/v1{URL}", params={**query, "as": "csv"})
        assert linked.headers["content-type"] == answer.headers["content-type"]
        assert linked.text.splitlines()[0] == answer.text.splitlines()[0]


async def test_an_agent_sees_what_the_agent_takes_part_in(integrator: Integrator) -> None:
    maria, wei, _ = await busy(integrator)
    seen = (await integrator.ana.get(URL)).json()
    assert ([item["conversation"] for item in seen["items"]], seen["total"]) == ([maria], 1)
    assert (await integrator.ana.get(URL, user=integrator.ben.id)).json()["items"] == []
    sheet = await integrator.ana.client.get(f"/api/v1{URL}", headers={"accept": "text/csv"})
    assert maria in sheet.text
    assert wei not in sheet.text


async def test_what_makes_no_sense_is_refused_and_what_is_anothers_is_not_there(integrator: Integrator) -> None:
    await busy(integrator)
    _, boss, token = await directory.create_account(integrator.served.desk.db, "Other", "boss@other.example", PASSWORD)
    cursor = (await integrator.mia.get(URL, limit=1)).json()["next"]
    wrong: list[tuple[dict[str, str | int], str]] = [
        ({"user": boss}, "not_found"),
        ({"owner": boss}, "not_found"),
        ({"did": "0" * 26}, "not_found"),
        ({"owner": "1 OR 1=1"}, "not_found"),
        ({"sort": "body"}, "invalid"),
        ({"from": "yesterday"}, "invalid"),
        ({"from": "2026-11-22T10:00:00"}, "invalid"),
        ({"from": "2026-11-22", "to": "2026-11-21"}, "invalid"),
        ({"time_zone": "../../etc/passwd"}, "invalid"),
        ({"time_zone": "Mars/Olympus"}, "invalid"),
        ({"cursor": cursor, "sort": "in"}, "not_found"),
    ]
    for query, code in wrong:
        for accept in ("application/json", "text/csv"):
            if "cursor" in query and accept == "text/csv":
                continue
            answer = await integrator.mia.client.get(f"/api/v1{URL}", params=query, headers={"accept": accept})
            assert answer.json()["code"] == code, query
    other = integrator.served.client(authorization=f"Bearer {token}")
    assert (await other.get(f"/api/v1{URL}")).json()["items"] == []
    assert (await other.get(f"/api/v1{URL}", params={"cursor": cursor})).json()["code"] == "not_found"


async def test_a_day_is_a_day_of_the_time_zone(integrator: Integrator) -> None:
    await integrator.text()
    at = (await report(integrator))[0]["last_message"]["at"]
    for zone, shift in (("UTC", 0), ("Pacific/Kiritimati", 14), ("Pacific/Pago_Pago", -11)):
        day = shifted(at, shift)
        assert len(await report(integrator, **{"from": day, "to": day, "time_zone": zone})) == 1, zone
        for beside in (shifted(at, shift - 24), shifted(at, shift + 24)):
            assert await report(integrator, **{"from": beside, "to": beside, "time_zone": zone}) == []


def shifted(at: str, hours: int) -> str:
    return (datetime.fromisoformat(at) + timedelta(hours=hours)).date().isoformat()
