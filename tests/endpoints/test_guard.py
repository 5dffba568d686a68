"""Who may write: SECURITY rows 3, 4, 18, 21 and the rights of agents and managers."""

import pytest

from server.desk.identity import SESSION_US
from tests.endpoints.test_login import csrf
from tests.fixtures.served import AGENT, MANAGER, PASSWORD, Served, sign_in


async def test_no_unknown_expired_or_ended_session_is_the_same_401(served: Served) -> None:
    client = await served.signed_in()
    served.desk.db.shift_us += SESSION_US + 1_000_000
    answers = [
        await served.client().get("/api/v1/me"),
        await served.client(cookie="sid=unknown").get("/api/v1/me"),
        await client.get("/api/v1/me"),
        await served.client().get(f"/api/v1/me?sid={client.cookies['sid']}&session={client.cookies['sid']}&token={served.token}"),
        await served.client(authorization="Bearer pl_unknown").get("/api/v1/me"),
        await served.client(authorization="Basic bWlhOng=").get("/api/v1/me"),
    ]
    assert {(a.status_code, a.content) for a in answers} == {(401, answers[0].content)}
    assert answers[0].json()["code"] == "session"


async def test_a_wrong_token_is_not_mended_by_a_cookie(served: Served) -> None:
    client = await served.signed_in()
    assert (await client.get("/api/v1/me", headers={"authorization": "Bearer pl_wrong"})).status_code == 401


async def test_a_write_with_a_cookie_needs_its_token_and_the_right_origin(served: Served) -> None:
    client = await served.signed_in(MANAGER)
    session = await served.identity.authenticate({}, {"sid": client.cookies["sid"]})
    assert session is not None
    token = served.identity.csrf(session)
    other = await served.identity.authenticate({}, {"sid": (await served.signed_in(AGENT)).cookies["sid"]})
    assert other is not None
    refused: list[dict[str, str]] = [
        {},
        {"x-csrf-token": token},
        {"origin": served.url},
        {"origin": served.url, "x-csrf-token": "wrong"},
        {"origin": served.url, "x-csrf-token": served.identity.csrf(other)},
        {"origin": "https://evil.example", "x-csrf-token": token},
        {"origin": "null", "x-csrf-token": token},
        {"origin": served.url + ".evil.example", "x-csrf-token": token},
        {"origin": served.url.replace("http:", "https:"), "x-csrf-token": token},
        {"sec-fetch-site": "cross-site", "x-csrf-token": token},
    ]
    before = await served.rows("tokens")
    for headers in refused:
        answer = await client.post("/api/v1/tokens", json={"name": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf"), headers
    assert await served.rows("tokens") == before
    answer = await client.post("/api/v1/tokens", json={"name": "x"}, headers={"origin": served.url, "x-csrf-token": token})
    assert answer.status_code == 201


async def test_a_bearer_call_needs_neither_token_nor_origin(served: Served) -> None:
    answer = await served.bearer.post("/api/v1/tokens", json={"name": "x"}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 201


async def test_signing_out_needs_the_forms_token(served: Served) -> None:
    client = await served.signed_in()
    assert (await client.post("/logout", data={"csrf": "wrong"})).json()["code"] == "csrf"
    assert (await client.get("/api/v1/me")).status_code == 200
    await client.post("/logout", data={"csrf": await csrf(served, client)})
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_an_agent_is_told_that_the_directory_is_not_his(served: Served) -> None:
    client = await served.signed_in()
    for path in ("users", "tokens", "carriers", "dids"):
        answer = await client.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path


@pytest.mark.parametrize("change", [{"password": "another password"}, {"role": "manager"}, {"disabled": True}])
async def test_a_new_password_a_new_role_and_disabling_end_all_sessions(served: Served, change: dict[str, object]) -> None:
    browsers = [await served.signed_in(), await served.signed_in()]
    manager = await served.signed_in(MANAGER)
    answer = await served.bearer.patch(f"/api/v1/users/{served.ana}", json=change)
    assert answer.status_code == 200
    assert [(await browser.get("/api/v1/me")).status_code for browser in browsers] == [401, 401]
    assert (await manager.get("/api/v1/me")).status_code == 200, "nobody else's"
    assert await served.rows(f"sessions where user_id = '{served.ana}'") == 0


async def test_a_disabled_users_tokens_are_gone_and_stay_gone(served: Served) -> None:
    manager = served.bearer
    made = (await manager.post("/api/v1/tokens", json={"name": "dialer", "user": served.ana})).json()
    program = served.client(authorization=f"Bearer {made['token']}")
    assert (await program.get("/api/v1/me")).json()["user"]["id"] == served.ana
    assert (await manager.delete(f"/api/v1/users/{served.ana}")).status_code == 204
    assert (await program.get("/api/v1/me")).status_code == 401
    await manager.patch(f"/api/v1/users/{served.ana}", json={"disabled": False})
    assert (await program.get("/api/v1/me")).status_code == 401
    assert (await sign_in(served.client(), AGENT, PASSWORD)).status_code == 303, "enabled again, the password is the old one"
