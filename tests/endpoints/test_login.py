"""SECURITY rows 18-23 from outside, over a real server."""

import asyncio
import hashlib
import re
from typing import Any

from server.desk.identity import Session
from server.domain.user import Role, User
from tests.fixtures.served import AGENT, HIDDEN, PASSWORD, Served, sign_in

MINUTE_US = 60_000_000


async def test_the_form_signs_in_and_out(served: Served) -> None:
    client = served.client()
    page = await client.get("/login")
    assert page.status_code == 200
    assert {"csrf", "next"} <= dict(HIDDEN.findall(page.text)).keys()
    answer = await sign_in(client, AGENT)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sms")
    me = await client.get("/api/v1/me")
    assert me.json()["user"] == {"id": served.ana, "name": "Ana", "role": "agent", "email": AGENT}
    out = await client.post("/logout", data={"csrf": await csrf(served, client)})
    assert (out.status_code, out.headers["location"]) == (303, "/login")
    assert (await client.get("/api/v1/me")).json()["code"] == "session"


async def test_a_cookie_has_every_flag_and_only_its_hash_is_stored(served: Served) -> None:
    client = served.client()
    answer = await sign_in(client, AGENT)
    [cookie] = [line for line in answer.headers.get_list("set-cookie") if line.startswith("sid=")]
    assert re.search(r"sid=([\w-]{43,});", cookie)
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie, "the address is http on loopback"
    value = cookie.split(";")[0].removeprefix("sid=")

    async def stored(tx: Any) -> list[str]:
        return [row["hash"] for row in await tx.all("select hash from sessions")]

    assert await served.desk.read(stored) == [hashlib.sha256(value.encode()).hexdigest()]


async def test_a_session_id_set_beforehand_is_replaced_and_the_old_one_ends(served: Served) -> None:
    client = served.client()
    client.cookies.set("sid", "attackers-choice", domain="127.0.0.1", path="/")
    await sign_in(client, AGENT)
    first = client.cookies["sid"]
    assert first != "attackers-choice"
    await sign_in(client, AGENT)
    assert client.cookies["sid"] != first
    old = await served.client(cookie=f"sid={first}").get("/api/v1/me")
    assert old.status_code == 401


async def test_wrong_unknown_and_disabled_are_answered_with_the_same_bytes(served: Served) -> None:
    manager = served.bearer
    made = (
        await manager.post("/api/v1/users", json={"email": "gone@x.example", "name": "G", "role": "agent", "password": PASSWORD})
    ).json()
    await manager.patch(f"/api/v1/users/{made['id']}", json={"disabled": True})
    answers = [
        await sign_in(served.client(), AGENT, "wrong password"),
        await sign_in(served.client(), "nobody@example.com", "wrong password"),
        await sign_in(served.client(), "gone@x.example", PASSWORD),
        await sign_in(served.client(), "\x00@'; drop table users", ""),
    ]
    assert {(a.status_code, a.content, a.headers["content-type"]) for a in answers} == {
        (401, answers[0].content, "application/problem+json")
    }
    assert answers[0].json()["code"] == "login"


async def test_a_browser_sees_the_form_again_with_a_sentence(served: Served) -> None:
    answer = await sign_in(served.client(), AGENT, "wrong password", accept="text/html,*/*;q=0.8")
    assert answer.status_code == 401
    assert "Email or password is wrong." in answer.text
    assert f'value="{AGENT}"' in answer.text


async def test_the_sixth_failure_of_a_name_is_refused_whether_somebody_has_it_or_not(served: Served) -> None:
    answers = {}
    for email in (AGENT, "nobody@example.com"):
        client = served.client()
        tries = [await sign_in(client, email, "wrong password") for _ in range(6)]
        assert [a.status_code for a in tries] == [401] * 5 + [429]
        right = await sign_in(client, email, PASSWORD)
        assert right.status_code == 429, "right, and limited all the same"
        assert 0 < int(right.headers["retry-after"]) <= 60
        answers[email] = tries[5].content
    assert len(set(answers.values())) == 1
    served.desk.db.shift_us += 61_000_000
    assert (await sign_in(served.client(), AGENT, "wrong password")).status_code == 429
    longer = await sign_in(served.client(), AGENT)
    assert 60 < int(longer.headers["retry-after"]) <= 120, "the pause doubles"
    served.desk.db.shift_us += 121_000_000
    assert (await sign_in(served.client(), AGENT)).status_code == 303


async def test_a_burst_of_guesses_gets_no_further_than_a_row_of_them(served: Served) -> None:
    clients = [served.client() for _ in range(20)]
    answers = await asyncio.gather(*(sign_in(client, AGENT, "wrong password") for client in clients))
    assert sorted(a.status_code for a in answers) == [401] * 5 + [429] * 15


async def test_failures_are_forgotten_after_a_quarter_of_an_hour_without_one(served: Served) -> None:
    client = served.client()
    for _ in range(5):
        await sign_in(client, AGENT, "wrong password")
    served.desk.db.shift_us += 16 * MINUTE_US
    assert (await sign_in(client, AGENT, "wrong password")).status_code == 401
    assert (await sign_in(client, AGENT)).status_code == 303


async def test_an_address_is_limited_over_all_names(served: Served) -> None:
    client = served.client()
    form = dict(HIDDEN.findall((await client.get("/login")).text))
    for number in range(51):
        answer = await client.post("/login", data={**form, "email": f"n{number}@example.com", "password": "wrong password"})
    assert answer.status_code == 429
    assert (await sign_in(served.client(), AGENT)).status_code == 429


async def test_a_form_without_its_token_or_from_elsewhere_signs_nobody_in(served: Served) -> None:
    client = served.client()
    form = {**dict(HIDDEN.findall((await client.get("/login")).text)), "email": AGENT, "password": PASSWORD}
    stranger = served.client()
    refused = [
        await client.post("/login", data={**form, "csrf": ""}),
        await client.post("/login", data={**form, "csrf": form["csrf"][:-1] + "~"}),
        await stranger.post("/login", data=form),
        await client.post("/login", data=form, headers={"origin": "https://evil.example"}),
        await client.post("/login", data=form, headers={"origin": "null"}),
        await client.post("/login", data=form, headers={"sec-fetch-site": "cross-site"}),
    ]
    assert [(a.status_code, a.json()["code"]) for a in refused] == [(403, "csrf")] * 6
    assert await served.rows("sessions") == 0
    assert (await client.post("/login", data=form, headers={"origin": served.url, "sec-fetch-site": "same-origin"})).status_code == 303


async def test_the_way_back_is_always_one_of_ours(served: Served) -> None:
    for wanted, given in (("/pool", "/pool"), ("//evil.example", "/sms"), ("https://evil.example", "/sms"), ("/\\evil.example", "/sms")):
        client = served.client()
        form = dict(HIDDEN.findall((await client.get("/login", params={"next": wanted})).text))
        answer = await client.post("/login", data={**form, "next": wanted, "email": AGENT, "password": PASSWORD})
        assert answer.headers["location"] == given


async def test_the_demo_link_signs_in_on_this_machine(served: Served) -> None:
    client = served.client()
    answer = await client.get("/demo/in/ana")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sms")
    assert (await client.get("/api/v1/me")).json()["user"]["name"] == "Ana"
    assert (await client.get("/demo/in/nobody")).status_code == 404
    assert (await client.get("/demo/in/ana", headers={"sec-fetch-site": "cross-site"})).status_code == 404


async def csrf(served: Served, client: Any) -> str:
    session = await served.identity.authenticate({}, {"sid": client.cookies["sid"]})
    assert session is not None
    assert session == Session(session.id, User(served.ana, served.account, "Ana", Role.AGENT), "cookie", session.expires_at)
    return served.identity.csrf(session)
