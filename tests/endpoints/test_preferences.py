"""A person's own choices and password, over the API."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

from tests.fixtures.integrator import Integrator
from tests.fixtures.served import AGENT, PASSWORD, Served, sign_in

USUAL = {
    "theme": "system",
    "send_key": "enter",
    "single_keys": True,
    "sound": True,
    "desktop": True,
    "private_notifications": False,
    "pool_alerts": False,
    "repeat_unread": False,
    "status": "available",
    "focus_until": None,
}
NEW = "a new long password"


def told(served: Served) -> list[dict[str, object]]:
    events = [json.loads(body) for body in served.published]
    return [event for event in events if event["type"] == "preferences.changed"]


async def test_who_never_chose_has_the_usual_ones_and_a_change_keeps_the_rest(integrator: Integrator) -> None:
    assert (await integrator.ana.get("/me/preferences")).json() == USUAL
    changed = await integrator.ana.patch("/me/preferences", {"theme": "dark", "single_keys": False})
    assert changed.json() == USUAL | {"theme": "dark", "single_keys": False}
    await integrator.ana.patch("/me/preferences", {"sound": False})
    assert (await integrator.ana.get("/me/preferences")).json() == USUAL | {"theme": "dark", "single_keys": False, "sound": False}
    assert (await integrator.ben.get("/me/preferences")).json() == USUAL, "they are one's own"


async def test_a_change_is_told_to_that_person_alone_and_no_change_to_nobody(integrator: Integrator) -> None:
    await integrator.ana.patch("/me/preferences", {"status": "away"})
    await integrator.ana.patch("/me/preferences", {"status": "away"})
    [event] = told(integrator.served)
    assert (event["conversation"], event["seq"], event["alert"]) == (None, None, [])
    assert event["data"] == {"preferences": USUAL | {"status": "away"}}
    rows = await integrator.served.desk.read(lambda tx: tx.all("select reach, audience from events where type = 'preferences.changed'"))
    assert [(row["reach"], row["audience"]) for row in rows] == [("person", json.dumps([integrator.ana.id]))]


async def test_a_focus_ends_by_itself_and_with_another_status(integrator: Integrator) -> None:
    until = (datetime.now(UTC) + timedelta(minutes=25)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    shown = (await integrator.ana.patch("/me/preferences", {"status": "focus", "focus_until": until})).json()
    assert (shown["status"], shown["focus_until"]) == ("focus", until)
    assert (await integrator.ana.patch("/me/preferences", {"sound": False})).json()["focus_until"] == until
    integrator.served.desk.db.shift_us += 26 * 60_000_000
    shown = (await integrator.ana.get("/me/preferences")).json()
    assert (shown["status"], shown["focus_until"], shown["sound"]) == ("available", None, False)
    integrator.served.desk.db.shift_us -= 26 * 60_000_000
    shown = (await integrator.ana.patch("/me/preferences", {"status": "available"})).json()
    assert (shown["status"], shown["focus_until"]) == ("available", None)


async def test_what_is_no_preference_is_refused_by_name(integrator: Integrator) -> None:
    later, past = "2099-01-01T00:00:00Z", "2020-01-01T00:00:00Z"
    for change, code, field in (
        ({"theme": "pink"}, "invalid", "theme"),
        ({"theme": None}, "invalid", "theme"),
        ({"sound": "yes"}, "invalid", "sound"),
        ({"status": "focus", "focus_until": past}, "invalid", "focus_until"),
        ({"status": "focus", "focus_until": "2099-01-01T00:00:00"}, "invalid", "focus_until"),
        ({"status": "focus", "focus_until": "9999-12-31T23:59:59-12:00"}, "invalid", "focus_until"),
        ({"focus_until": later}, "invalid", "focus_until"),
        ({"status": "away", "focus_until": later}, "invalid", "focus_until"),
        ({"user": integrator.ben.id}, "unknown_field", "user"),
    ):
        refused = await integrator.ana.patch("/me/preferences", change)
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, code, field), change
    assert told(integrator.served) == []


async def test_two_tabs_that_change_different_things_at_once_lose_neither(integrator: Integrator) -> None:
    changes: list[dict[str, object]] = [{"theme": "light"}, {"sound": False}, {"desktop": False}, {"pool_alerts": True}]
    await asyncio.gather(*(integrator.ana.patch("/me/preferences", change) for change in changes))
    expected = USUAL | {name: value for change in changes for name, value in change.items()}
    assert (await integrator.ana.get("/me/preferences")).json() == expected


async def test_every_page_starts_with_them(served: Served) -> None:
    browser = await served.signed_in()
    page = (await browser.get("/sms")).text
    boot = json.loads(re.findall(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)[0])
    assert boot["preferences"] == USUAL


async def change(browser: object, current: str, new: str) -> tuple[int, str | None]:
    answer = await browser.put("/api/v1/me/password", json={"current": current, "new": new})  # type: ignore[attr-defined]
    return answer.status_code, answer.json().get("field") if answer.content else None


async def test_a_new_password_ends_every_other_session_and_the_old_one_no_longer_opens(served: Served) -> None:
    here, there = await served.signed_in(), await served.signed_in()
    for browser in (here, there):
        page = (await browser.get("/sms")).text
        found = re.search(r'<meta name="csrf-token" content="([^"]*)">', page)
        assert found
        browser.headers |= {"x-csrf-token": found[1], "origin": served.url}
    assert await change(here, "not my password", NEW) == (422, "current")
    assert await change(here, PASSWORD, "short") == (422, "new")
    assert (await there.get("/api/v1/me")).status_code == 200
    assert await change(here, PASSWORD, NEW) == (204, None)
    assert (await here.get("/api/v1/me")).status_code == 200, "the session that changed it goes on"
    assert (await there.get("/api/v1/me")).status_code == 401
    assert (await sign_in(served.client(), AGENT)).status_code == 401
    assert (await sign_in(served.client(), AGENT, NEW)).status_code == 303
    assert json.loads(served.published[-1])["type"] == "user.updated", "so that the tabs of the others are looked at"


async def test_guessing_the_current_password_is_limited_as_signing_in_is(integrator: Integrator) -> None:
    answers = [await integrator.ana.put("/me/password", {"current": f"guess {n}", "new": NEW}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    blocked = await integrator.ana.put("/me/password", {"current": PASSWORD, "new": NEW})
    assert (blocked.status_code, blocked.json()["code"]) == (429, "too_many_requests"), "the right one waits too"
