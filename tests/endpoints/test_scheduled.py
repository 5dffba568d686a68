"""Scheduled texts over the API."""

from datetime import UTC, datetime, timedelta

from server.desk.scheduled import leave_due
from tests.fixtures.integrator import OWN, WEI, Integrator


def ahead(**by: float) -> str:
    return (datetime.now(UTC) + timedelta(**by)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def test_a_text_is_scheduled_listed_and_leaves_when_its_time_has_come(integrator: Integrator) -> None:
    id = await integrator.text(to=OWN)
    at = ahead(hours=2)
    answer = await integrator.ben.post(f"/conversations/{id}/messages", integrator.draft("Later", send_at=at))
    assert answer.status_code == 202
    text = answer.json()
    assert (text["state"], text["send_at"]) == ("scheduled", at)
    [listed] = (await integrator.ben.get("/scheduled")).json()["items"]
    assert listed.pop("contact")["phone"] == "+12025550143"
    assert listed.pop("consent_review") is None
    assert listed == text
    assert (await integrator.ana.get("/scheduled")).json() == {"items": [], "next": None}
    integrator.served.desk.db.shift_us += 3 * 3600 * 1_000_000
    await leave_due(integrator.served.desk)
    assert await integrator.leave() == [text["id"]]
    assert (await integrator.ben.get("/scheduled")).json()["items"] == []
    assert (await integrator.ben.get(f"/conversations/{id}")).json()["last_message"]["state"] == "sent"


async def test_a_first_text_to_a_number_may_be_scheduled_with_any_zone(integrator: Integrator) -> None:
    when = datetime.now(UTC).replace(microsecond=250_000) + timedelta(days=300)
    sent = await integrator.ana.post("/messages", integrator.draft(to=WEI, send_at=when.astimezone().isoformat()))
    assert sent.status_code == 202
    assert sent.json()["message"]["send_at"] == when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert sent.json()["conversation"]["owner"]["id"] == integrator.ana.id


async def test_a_scheduled_text_is_taken_back_or_sent_now_and_then_it_is_no_longer_scheduled(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text(to=OWN)}/messages"
    for verb, state in (("cancel", "cancelled"), ("send-now", "queued")):
        text = (await integrator.ben.post(at, integrator.draft(send_at=ahead(hours=1)))).json()["id"]
        refused = await integrator.ana.post(f"/messages/{text}/{verb}")
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        first = await integrator.ben.post(f"/messages/{text}/{verb}", {}, idempotency_key=verb)
        assert (first.status_code, first.json()["state"]) == (200, state)
        assert (await integrator.ben.post(f"/messages/{text}/{verb}", {}, idempotency_key=verb)).content == first.content
        for other in ("cancel", "send-now"):
            refused = await integrator.ben.post(f"/messages/{text}/{other}")
            assert (refused.status_code, refused.json()["code"]) == (409, "not_scheduled")
    for unknown in ("0" * 26, "x"):
        assert (await integrator.mia.post(f"/messages/{unknown}/cancel")).status_code == 404


async def test_a_time_that_is_past_too_far_or_without_a_zone_is_refused_by_name(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text(to=OWN)}/messages"
    for wrong in (
        ahead(seconds=-1),
        ahead(days=367),
        "2099-01-01T00:00:00Z",
        "2027-01-01T00:00:00",
        "tomorrow",
        1,
        "0001-01-01T00:00:00+14:00",
    ):
        refused = await integrator.ben.post(at, integrator.draft(send_at=wrong))
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "invalid", "send_at"), wrong
    assert await integrator.served.rows("messages where direction = 'outbound'") == 0


async def test_managers_see_everybodys_page_by_page_and_agents_do_not(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text(to=OWN)}/messages"
    for hours, person in ((3, integrator.ana), (1, integrator.ben), (2, integrator.ana)):
        await person.post(at, integrator.draft(f"in {hours}", send_at=ahead(hours=hours)))
    first = (await integrator.mia.get("/scheduled", all=1, limit=2)).json()
    second = (await integrator.mia.get("/scheduled", all=1, limit=2, cursor=first["next"])).json()
    assert [item["user"]["name"] for item in (*first["items"], *second["items"])] == ["Ben", "Ana", "Ana"]
    assert second["next"] is None
    refused = await integrator.ana.get("/scheduled", all=1)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await integrator.ana.get("/scheduled", all="yes")).json()["field"] == "all"
