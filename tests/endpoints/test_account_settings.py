"""The settings of the API: for managers, field by field, at once."""

import asyncio
from typing import Any

from server.desk.sweep import sweep
from tests.fixtures.integrator import OWN, WEI, Integrator

WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"sms_public_minutes": -1}, "invalid", "sms_public_minutes"),
    ({"sms_public_minutes": 10_081}, "invalid", "sms_public_minutes"),
    ({"sms_public_minutes": "5"}, "invalid", "sms_public_minutes"),
    ({"sms_public_minutes": 1.5}, "invalid", "sms_public_minutes"),
    ({"opt_out_text": ""}, "invalid", "opt_out_text"),
    ({"stop_answer": " "}, "invalid", "stop_answer"),
    ({"start_answer": "x" * 307}, "invalid", "start_answer"),
    ({"help_answer": 5}, "invalid", "help_answer"),
    ({"claim_limit": 0}, "invalid", "claim_limit"),
    ({"claim_limit": 201}, "invalid", "claim_limit"),
    ({"timezone": "Mars/X"}, "invalid", "timezone"),
    ({"quiet_hours": {"from": "20:00", "to": "24:00"}}, "invalid", "quiet_hours.to"),
    ({"quiet_hours": {"from": "8:00", "to": "20:00"}}, "invalid", "quiet_hours.from"),
    ({"quiet_hours": {"from": "20:00", "to": "20:00"}}, "invalid", "quiet_hours"),
    ({"quiet_hours": {"from": "20:00"}}, "invalid", "quiet_hours"),
    ({"quiet_hours": {"from": "20:00", "to": "08:00", "exempt_reply_hours": 169}}, "invalid", "quiet_hours.exempt_reply_hours"),
    ({"quiet_hours": {"from": "09:00", "to": "18:00"}}, "invalid", "quiet_hours"),
    ({"quiet_hours": {"from": "20:00", "to": "08:00", "exempt": 1}}, "unknown_field", "exempt"),
    ({"name": "x"}, "unknown_field", "name"),
    ({"account_id": "x"}, "unknown_field", "account_id"),
]


async def test_settings_are_for_managers(integrator: Integrator) -> None:
    for answer in (await integrator.ana.get("/settings"), await integrator.ana.patch("/settings", {"sms_public_minutes": 1})):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await integrator.mia.get("/settings")).json()["sms_public_minutes"] == 20


async def test_a_new_deadline_moves_what_waits_at_once(integrator: Integrator) -> None:
    id = await integrator.text(to=OWN)
    before = (await integrator.ben.get(f"/conversations/{id}")).json()
    changed = await integrator.mia.patch("/settings", {"sms_public_minutes": 5})
    assert (changed.status_code, changed.json()["sms_public_minutes"]) == (200, 5)
    after = (await integrator.ben.get(f"/conversations/{id}")).json()
    assert after["clock_start"] == before["clock_start"]
    assert after["public_at"] < before["public_at"]
    assert (await integrator.mia.patch("/settings", {"sms_public_minutes": None})).json()["sms_public_minutes"] is None
    assert (await integrator.ben.get(f"/conversations/{id}")).json()["public_at"] is None
    did = integrator.support
    assert (await integrator.mia.patch("/settings", {"default_did": did})).json() == {
        "sms_public_minutes": None,
        "opt_out_text": "Reply STOP to unsubscribe.",
        "default_did": did,
        "stop_answer": "Acme: You are unsubscribed and will get no more messages. Reply START to resubscribe.",
        "start_answer": "Acme: You are subscribed again. Reply STOP to unsubscribe.",
        "help_answer": "Acme: Reply to this text and a person will answer. Msg & data rates may apply. Reply STOP to unsubscribe.",
        "claim_limit": None,
        "timezone": "UTC",
        "quiet_hours": None,
    }


async def test_a_wrong_setting_is_named_and_changes_nothing(integrator: Integrator) -> None:
    before = (await integrator.mia.get("/settings")).json()
    for change, code, field in WRONG:
        answer = await integrator.mia.patch("/settings", {"opt_out_text": "Text STOP to end.", **change})
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field), change
    assert (await integrator.mia.get("/settings")).json() == before


async def test_the_ends_of_the_range_are_in_it(integrator: Integrator) -> None:
    for minutes in (0, 10_080):
        assert (await integrator.mia.patch("/settings", {"sms_public_minutes": minutes})).json()["sms_public_minutes"] == minutes


async def texts_to(integrator: Integrator, phone: str) -> list[str]:
    id = await integrator.conversation(phone)
    items: list[dict[str, Any]] = (await integrator.mia.get(f"/conversations/{id}/messages")).json()["items"]
    return [item["body"] for item in items if item["direction"] == "outbound"]


async def test_our_answers_to_the_keywords_are_the_accounts_own_words(integrator: Integrator) -> None:
    own = {"stop_answer": "Bye. {name} %s", "start_answer": "Hello again.", "help_answer": "Call us."}
    changed = (await integrator.mia.patch("/settings", own)).json()
    assert {name: changed[name] for name in own} == own
    for body in ("HELP", "STOP", "START"):
        await integrator.text(body, phone=WEI)
    assert await texts_to(integrator, WEI) == ["Call us.", "Bye. {name} %s", "Hello again."]
    again = (await integrator.mia.patch("/settings", {"help_answer": None})).json()
    assert again["help_answer"].startswith("Acme: Reply to this text")


async def test_the_effect_of_a_deadline_is_what_it_then_does(integrator: Integrator) -> None:
    desk = integrator.served.desk
    for number, minutes in enumerate((12, 6, 0)):
        await integrator.text(phone=f"+1202555016{number}", to=OWN)
        desk.db.shift_us += (minutes - [6, 0, 0][number]) * 60_000_000
    await integrator.text(phone=WEI)

    async def effect(minutes: object) -> tuple[int, int]:
        found = (await integrator.mia.get("/settings/effect", sms_public_minutes=str(minutes))).json()
        return found["unanswered"], found["public_at_once"]

    assert [await effect(minutes) for minutes in (20, 10, 5, 0, "null")] == [(4, 0), (4, 1), (4, 2), (4, 3), (4, 0)]
    await integrator.mia.patch("/settings", {"sms_public_minutes": 5})
    before = (await integrator.mia.get("/conversations", view="pool")).json()["items"]
    await sweep(desk)
    after = (await integrator.mia.get("/conversations", view="pool")).json()["items"]
    assert len(after) - len(before) == 2
    for wrong in ("", "-1", "soon", "10081"):
        assert (await integrator.mia.get("/settings/effect", sms_public_minutes=wrong)).json()["code"] == "invalid"
    assert (await integrator.mia.get("/settings/effect")).json()["code"] == "invalid"
    assert (await integrator.ana.get("/settings/effect", sms_public_minutes=5)).json()["code"] == "forbidden"


async def test_quiet_hours_keep_the_states_own_hours_unless_it_is_said_and_these_are_told_to_managers(integrator: Integrator) -> None:
    for said, kept in (({}, True), ({"state_hours": False}, False)):
        changed = await integrator.mia.patch("/settings", {"quiet_hours": {"from": "20:00", "to": "08:00"} | said})
        assert changed.json()["quiet_hours"] == {"from": "20:00", "to": "08:00", "exempt_reply_hours": 24, "state_hours": kept}
        await integrator.text(phone="+12145550143", to=OWN)
        [talk] = (await integrator.mia.get("/conversations", view="all", q="2145550143")).json()["items"]
        week = (await integrator.mia.get(f"/conversations/{talk['id']}/quiet-hours")).json()["week"]
        assert week == ([{"from": "09:00", "to": "21:00"}] * 6 + [{"from": "12:00", "to": "21:00"}] if kept else None)
    listed = (await integrator.mia.get("/settings/state-hours")).json()
    assert {"name": "Texas", "hours": "09:00–21:00, Sunday 12:00–21:00"} in listed["items"]
    assert listed["as_of"] >= "2026-11-22"
    assert (await integrator.ana.get("/settings/state-hours")).status_code == 403


async def test_who_owns_as_many_unanswered_ones_as_the_limit_claims_no_more(integrator: Integrator) -> None:
    await integrator.mia.patch("/settings", {"claim_limit": 2})
    ids = [await integrator.text(phone=f"+1202555016{number}") for number in range(4)]
    for id in ids[:2]:
        assert (await integrator.ana.post(f"/conversations/{id}/claim")).status_code == 200
    for path in (f"/conversations/{ids[2]}/claim", "/conversations/take-next"):
        refused = await integrator.ana.post(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "claim_limit")
        assert (refused.json()["limit"], refused.json()["has"]) == (2, 2)
    assert (await integrator.ben.post(f"/conversations/{ids[2]}/claim")).status_code == 200
    await integrator.ana.post(f"/conversations/{ids[0]}/release")
    assert (await integrator.ana.post(f"/conversations/{ids[0]}/claim")).status_code == 200, "taking back what is one's own adds nothing"
    await integrator.ana.post(f"/conversations/{ids[1]}/no-reply-needed")
    assert (await integrator.ana.post(f"/conversations/{ids[3]}/claim")).status_code == 200


async def test_claims_at_the_same_time_do_not_pass_the_limit_together(integrator: Integrator) -> None:
    await integrator.mia.patch("/settings", {"claim_limit": 3})
    ids = [await integrator.text(phone=f"+1202555016{number}") for number in range(8)]
    answers = await asyncio.gather(*(integrator.ana.post(f"/conversations/{id}/claim") for id in ids))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 5
