"""Reports > response times over HTTP: whose, when, and the tables as spreadsheets."""

import csv
import io
from typing import Any

from server.carriers.carrier import SendResult
from tests.fixtures.integrator import MARIA, OWN, WEI, Integrator

URL = "/reports/response-times"


def later(integrator: Integrator, seconds: float) -> None:
    integrator.served.desk.db.shift_us += round(seconds * 1_000_000)


async def busy(integrator: Integrator) -> tuple[int, int]:
    """Ana claims and answers Maria after some 90 s, Ben answers Wei after some 30 s; how long they waited, in seconds."""
    maria = await integrator.text(phone=MARIA)
    later(integrator, 90)
    await integrator.ana.post(f"/conversations/{maria}/claim")
    await integrator.ana.post(f"/conversations/{maria}/messages", integrator.draft())
    await integrator.leave()
    wei = await integrator.text(phone=WEI, to=OWN)
    later(integrator, 30)
    await integrator.ben.post(f"/conversations/{wei}/messages", integrator.draft())
    await integrator.text("STOP", phone=MARIA)
    [long], [short] = await integrator.waits(maria), await integrator.waits(wei)
    assert 30 <= short < 90 <= long
    return long, short


async def times(integrator: Integrator, **query: str | int) -> dict[str, Any]:
    found: dict[str, Any] = (await integrator.mia.get(URL, **query)).json()
    return found


async def test_the_figures_say_how_much_and_how_long(integrator: Integrator) -> None:
    long, short = await busy(integrator)
    found = await times(integrator)
    assert found["figures"] == {
        "in": 3,
        "out": 3,
        "answered": 2,
        "first_reply_median_seconds": short,
        "first_reply_p90_seconds": long,
        "before_public_share": 0.5,
        "went_public": 1,
        "failed": 0,
        "opt_outs": 1,
    }
    assert (len(found["days"]), len(found["hours"]), [len(day) for day in found["heat"]]) == (14, 14 * 24, [24] * 7)
    by_name = {row["user"]["name"] if row["user"] else None: row for row in found["agents"]}
    assert {name: (row["out"], row["answered"], row["claims"], row["median_seconds"]) for name, row in by_name.items()} == {
        "Ana": (1, 1, 1, long),
        "Ben": (1, 1, 0, short),
        None: (1, 0, 0, None),
    }
    assert {row["did"]["id"]: (row["in"], row["out"], row["answered"], row["p90_seconds"]) for row in found["dids"]} == {
        integrator.support: (2, 2, 1, long),
        integrator.own: (1, 1, 1, short),
    }


async def test_an_answer_that_failed_is_no_answer_any_more(integrator: Integrator) -> None:
    await busy(integrator)
    await integrator.leave(SendResult("rejected", None, "30003", "Unreachable.", permanent=True))
    figures = (await times(integrator, did=integrator.own))["figures"]
    assert (figures["out"], figures["failed"], figures["answered"], figures["first_reply_median_seconds"]) == (1, 1, 0, None)


async def test_a_number_a_person_and_a_time_narrow_it_down(integrator: Integrator) -> None:
    await busy(integrator)
    for query, expected in [
        ({"did": integrator.own}, (1, 1, 1)),
        ({"user": integrator.ana.id}, (2, 2, 1)),
        ({"user": integrator.ana.id, "did": integrator.own}, (0, 0, 0)),
        ({"from": "2020-01-01", "to": "2020-01-31"}, (0, 0, 0)),
    ]:
        figures = (await times(integrator, **query))["figures"]
        assert (figures["in"], figures["out"], figures["answered"]) == expected, query
    past = await times(integrator, **{"from": "2020-10-25", "to": "2020-10-25", "time_zone": "Europe/Berlin"})
    assert (past["from"], past["to"]) == ("2020-10-24T22:00:00.000000Z", "2020-10-25T23:00:00.000000Z")
    assert ([day["day"] for day in past["days"]], len(past["hours"])) == (["2020-10-25"], 25)


async def test_every_table_is_a_spreadsheet(integrator: Integrator) -> None:
    await busy(integrator)
    found = await times(integrator)
    for table in ("agents", "dids", "days"):
        answer = await integrator.mia.client.get(f"/api/v1{URL}", params={"table": table}, headers={"accept": "text/csv"})
        integrator.document.check(answer)
        head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
        assert len(rows) == len(found[table])
        assert sum(int(row[head.index("Texts out")]) for row in rows) == found["figures"]["out"]
        assert sum(int(row[head.index("Answered waits")]) for row in rows) == found["figures"]["answered"]
        assert answer.headers["content-disposition"] == f'attachment; filename="response-times-{table}.csv"'


async def test_response_times_are_for_managers_and_for_a_year_at_most(integrator: Integrator) -> None:
    assert (await integrator.ana.get(URL)).json()["code"] == "forbidden"
    assert (await integrator.mia.get(URL, **{"from": "2024-01-01", "to": "2024-12-31"})).status_code == 200
    for query, code in [
        ({"from": "2023-01-01", "to": "2024-12-31"}, "invalid"),
        ({"from": "2099-01-01"}, "invalid"),
        ({"to": "0001-01-01"}, "invalid"),
        ({"to": "9999-12-31T23:00:00Z", "time_zone": "Pacific/Kiritimati"}, "invalid"),
        ({"table": "users"}, "invalid"),
        ({"did": "0" * 26}, "not_found"),
        ({"user": "0" * 26}, "not_found"),
    ]:
        assert (await integrator.mia.get(URL, **query)).json()["code"] == code, query
