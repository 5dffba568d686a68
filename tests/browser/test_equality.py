"""The page that events have changed is the page that is loaded afresh: for every action, for the owner and for one who looks on."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

MARIA, WEI = "+12025550143", "+12025550144"
UNTOLD = ("ana", "a first text")
"""No event of a stranger's text to Ben comes to Ana, who takes no part: her list of all shows it when it is read again, within 15 s."""
SHOWN = r"""() => {
  const text = (at) => (at?.innerText ?? "").replace(/\d+:\d\d|\d+ min\b/g, "…").replace(/\s+/g, " ").trim();
  const each = (selector, read = text) => [...document.querySelectorAll(selector)].map(read);
  return {
    title: document.title,
    bar: text(document.querySelector(".bar-nav")),
    tabs: each(".tab"),
    rows: each(".row", (row) => [".row-name", ".row-words", ".row-state"].map((part) => text(row.querySelector(part)))),
    open: text(document.querySelector("[aria-current=true] .row-name")),
    heading: each("h1"),
    facts: each(".thread-facts .chip:not(.viewing)"),
    buttons: each(".thread-acts button"),
    log: each(".log li, .log-note"),
    notices: each(".thread-notice, .composer-closed, .composer-suffix, .way, .modes"),
    contact: text(document.querySelector(".contact-pane")),
    pool: each(".pool-row:not(.taken)"),
  };
}"""


async def shown(window: Window) -> dict[str, Any]:
    found: dict[str, Any] = await window.page.evaluate(SHOWN)
    return found


async def assert_equal_to_fresh(window: Window, fresh: Window, action: str) -> None:
    """`fresh` is the same person's other tab, which is loaded again."""
    await fresh.page.goto(window.page.url)
    await fresh.live()
    seen: list[dict[str, Any]] = [{}, {}]

    async def same() -> bool:
        seen[:] = [await shown(window), await shown(fresh)]
        return seen[0] == seen[1] and seen[0]["heading"] != []

    try:
        await until(same, within=4)
    except AssertionError:
        live, loaded = seen
        different = {part: (live[part], loaded[part]) for part in live if live[part] != loaded[part]}
        raise AssertionError(f"after {action} {window.who} sees by events and by loading: {different}") from None


Act = Callable[[], Awaitable[object]]


def actions(team: Team, maria: str, wei: str) -> dict[str, Act]:
    """All that can happen to Maria's conversation, in an order in which each is possible."""

    def call(who: str, method: str, path: str, **body: Any) -> Act:
        return lambda: team.call(who, method, f"conversations/{maria}/{path}", **body)

    async def contact() -> str:
        return str((await team.call("mia", "GET", f"conversations/{maria}"))["contact"]["id"])

    async def change(**body: Any) -> object:
        return await team.call("mia", "PATCH", f"contacts/{await contact()}", **body)

    async def opt_out() -> object:
        return await team.call("mia", "PUT", f"contacts/{await contact()}/opt-out", phone=MARIA, reason="Asked on the phone")

    async def schedule() -> None:
        seq = (await team.call("ben", "GET", f"conversations/{maria}"))["seq"]
        later = {"body": "Later", "client_id": f"later {seq}", "seen_seq": seq, "send_at": "2027-06-01T12:00:00Z"}
        await team.call("ben", "POST", f"conversations/{maria}/messages", **later)

    async def on_the_scheduled(verb: str) -> None:
        [waiting] = (await team.call("ben", "GET", "scheduled"))["items"]
        await team.call("ben", "POST", f"messages/{waiting['id']}/{verb}")

    async def send_now() -> None:
        await on_the_scheduled("send-now")
        await until(lambda: delivered(team, maria))

    async def change_filter(**body: Any) -> object:
        (one,) = (await team.call("mia", "GET", "live-filters"))["items"]
        return await team.call("mia", "PATCH", f"live-filters/{one['id']}", **body)

    async def rename_filter() -> object:
        return await change_filter(name="Those who are ready")

    async def remove_filter() -> object:
        (one,) = (await team.call("mia", "GET", "live-filters"))["items"]
        return await team.call("mia", "DELETE", f"live-filters/{one['id']}")

    async def own_all() -> object:
        return await team.call("mia", "POST", "contacts/bulk", query={}, do={"owner": team.people["dana"].id})

    async def import_one() -> None:
        lines = f"name,mobile,tags\nMaria Garcia of Rome,{MARIA},imported\n"
        await import_lines(team, lines)

    async def go_public() -> None:
        await team.let_wait(maria, left=0.1)
        await until(lambda: is_public(team, maria))

    return {
        "a text": lambda: team.text(MARIA, "Are you there?", to=team.own),
        "the owner's answer": lambda: team.send("ben", maria, "Yes, I am"),
        "another's answer": lambda: team.send("dana", maria, "So am I"),
        "a text after the answers": lambda: team.text(MARIA, "How nice", to=team.own),
        "following": call("ana", "PUT", "subscription"),
        "muting": call("ana", "PUT", "subscription", muted=True),
        "a text to one who muted": lambda: team.text(MARIA, "Hello?", to=team.own),
        "unmuting": call("ana", "PUT", "subscription", muted=False),
        "unfollowing": call("ana", "DELETE", "subscription"),
        "another public time": lambda: team.call("mia", "PATCH", "settings", sms_public_minutes=30),
        "the public time from before": lambda: team.call("mia", "PATCH", "settings", sms_public_minutes=20),
        "release": call("ben", "POST", "release"),
        "claim": call("dana", "POST", "claim"),
        "handing over": lambda: team.call("dana", "POST", f"conversations/{maria}/transfer", user=team.people["ben"].id),
        "handing over with a note": call("ben", "POST", "transfer", user=team.people["dana"].id, note="She asks for you"),
        "handing back": call("dana", "POST", "transfer", user=team.people["ben"].id),
        "no reply needed": call("ben", "POST", "no-reply-needed"),
        "closing": call("ben", "POST", "close"),
        "opening again": call("ben", "POST", "reopen"),
        "closing once more": call("ben", "POST", "close"),
        "a text that opens again": lambda: team.text(MARIA, "One more thing", to=team.own),
        "going public": go_public,
        "the owner's answer in the pool": lambda: team.send("ben", maria, "I was away"),
        "a new name": lambda: change(name="Maria Garcia Lopez"),
        "Ready": lambda: change(ready=True),
        "a text that turns Ready off": lambda: team.send("ben", maria, "Can I help?"),
        "opting out": lambda: team.text(MARIA, "STOP", to=team.own),
        "opting in": lambda: team.text(MARIA, "START", to=team.own),
        "a note": call("dana", "POST", "notes", body="Prefers mornings"),
        "a note that mentions": call("ben", "POST", "notes", body="See this, @Ana", mentions=[team.people["ana"].id]),
        "leaving after a mention": call("ana", "DELETE", "subscription"),
        "a scheduled text": schedule,
        "taking it back": lambda: on_the_scheduled("cancel"),
        "another scheduled text": schedule,
        "sending it now": send_now,
        "a text to be snoozed": lambda: team.text(MARIA, "Call me next week", to=team.own),
        "snoozing": call("ben", "POST", "snooze", until="2027-06-01T12:00:00Z"),
        "a text that ends the snooze": lambda: team.text(MARIA, "No, now", to=team.own),
        "marking unread": call("ben", "DELETE", "read"),
        "adding a subscriber": call("mia", "PUT", f"subscribers/{team.people['ana'].id}"),
        "removing a subscriber": call("mia", "DELETE", f"subscribers/{team.people['ana'].id}"),
        "opting out by hand": opt_out,
        "opting in after that": lambda: team.text(MARIA, "START", to=team.own),
        "tags, a time zone and fields": lambda: change(tags=["vip"], timezone="Asia/Tokyo", fields={"email": "maria@garcia.example"}),
        "a second number": lambda: change(phones=[{"number": MARIA, "kind": "mobile"}, {"number": "+12025550147", "kind": "landline"}]),
        "Ready in a live filter": lambda: change(ready=True),
        "a live filter's name": rename_filter,
        "another condition of a live filter": lambda: change_filter(conditions=[{"field": "tag", "op": "has", "value": "none"}]),
        "a live filter's end": remove_filter,
        "a tag for many at once": lambda: team.call("mia", "POST", "contacts/bulk", query={}, do={"add_tag": "summer"}),
        "an import": import_one,
        "a draft": call("ben", "PUT", "draft", body="Half a thought"),
        "no draft any more": call("ben", "PUT", "draft", body=""),
        "a claim elsewhere": lambda: team.call("ana", "POST", f"conversations/{wei}/claim"),
        "an owner for many at once": own_all,
        "a first text": lambda: team.text("+12025550146", "New here", to=team.own),
    }


async def is_public(team: Team, conversation: str) -> bool:
    return (await team.call("mia", "GET", f"conversations/{conversation}"))["public_since"] is not None


async def import_lines(team: Team, lines: str) -> None:
    """A file of contacts, until all of it is there."""
    asked = {"dry_run": "false", "duplicates": "update"}
    headers = {"content-type": "text/csv"}
    answer = await team.client("mia").post("/api/v1/contacts/import", params=asked, content=lines.encode(), headers=headers)
    assert answer.status_code == 202, answer.text
    path = f"contacts/imports/{answer.json()['id']}"

    async def done() -> bool:
        return bool((await team.call("mia", "GET", path))["state"] == "done")

    await until(done)


async def delivered(team: Team, conversation: str) -> bool:
    return [message["state"] for message in await team.messages(conversation) if message["body"] == "Later"][-1] == "delivered"


@pytest.mark.timeout(240)
async def test_after_every_action_the_page_equals_the_page_freshly_loaded(team: Team) -> None:
    """PRODUCT 28: rows, counts, title, header, messages, contact. Ben owns; Ana looks on, follows, mutes and goes."""
    maria = await team.talk("Maria Garcia", MARIA, "First words", to=team.own)
    wei = await team.talk("Wei Chen", WEI)
    await team.call("mia", "POST", "live-filters", name="Ready ones", conditions=[{"field": "ready", "op": "is", "value": True}])
    ben, ana = await team.open_windows("ben", "ana", path=f"/sms/{maria}")
    await ana.view("All")
    pairs = []
    for window, view in ((ben, "mine"), (ana, "all")):
        await until(window.spoken)
        fresh = await team.another_tab(window, f"/sms/{maria}")
        await fresh.page.add_init_script(f"sessionStorage.setItem('partyline.view', '{view}')")
        pairs.append((window, fresh))
    for action, act in actions(team, maria, wei).items():
        await act()
        for window, fresh in pairs:
            if (window.who, action) != UNTOLD:
                await assert_equal_to_fresh(window, fresh, action)


@pytest.mark.timeout(30)
async def test_after_every_change_of_the_pool_the_page_equals_the_page_freshly_loaded(team: Team) -> None:
    """PRODUCT 28, on the page of the pool, for one who takes no part."""
    maria = await team.talk("Maria Garcia", MARIA, to=team.own)
    ana = await team.window("ana", "/pool")
    fresh = await team.another_tab(ana, "/pool")

    async def same_as_fresh(action: str) -> None:
        await assert_equal_to_fresh(ana, fresh, action)

    await same_as_fresh("nothing")
    await team.call("ben", "POST", f"conversations/{maria}/release")
    await same_as_fresh("release")
    await team.text(WEI, "For anybody")
    await same_as_fresh("a text without an owner")
    await team.text(WEI, "Anybody?")
    await same_as_fresh("a second one")
    await team.call("dana", "POST", f"conversations/{maria}/claim")
    await same_as_fresh("claim")
    await team.send("dana", await team.conversation(WEI), "I am here")
    await same_as_fresh("an answer that claims")
