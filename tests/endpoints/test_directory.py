"""Users and tokens over HTTP, as CONTRACT names them; SECURITY rows 25-27."""

from typing import Any

import pytest

from server.desk import directory
from server.desk.stream import Stream
from tests.fixtures.integrator import OWN, WEI, Integrator
from tests.fixtures.served import AGENT, MANAGER, PASSWORD, Served, sign_in

BEN: dict[str, Any] = {"email": "Ben@Example.com", "name": "Ben", "role": "agent", "password": PASSWORD}
FOREIGN = "0" * 26


async def test_me_tells_user_account_and_rights(served: Served) -> None:
    me = (await served.bearer.get("/api/v1/me")).json()
    assert me["account"] == {"id": served.account, "name": "Acme"}
    assert me["user"] == {"id": served.mia, "name": "mia", "role": "manager", "email": MANAGER}
    assert "directory" in me["rights"]
    assert "directory" not in (await (await served.signed_in()).get("/api/v1/me")).json()["rights"]


async def test_a_new_user_is_201_has_an_address_and_can_sign_in(served: Served) -> None:
    answer = await served.bearer.post("/api/v1/users", json=BEN)
    assert answer.status_code == 201
    made = answer.json()
    assert {key: made[key] for key in ("name", "role", "email", "disabled_at")} == {
        "name": "Ben",
        "role": "agent",
        "email": "ben@example.com",
        "disabled_at": None,
    }
    assert "password" not in made
    assert (await served.bearer.get(answer.headers["location"])).json() == made
    assert (await sign_in(served.client(), " BEN@example.com ")).status_code == 303
    assert b'"user.updated"' in served.published[-1]


@pytest.mark.parametrize("field", ["account_id", "account", "id", "owner_id", "disabled_at", "is_admin"])
async def test_a_field_that_is_not_there_to_be_set_is_refused(served: Served, field: str) -> None:
    before = await served.rows("users")
    answer = await served.bearer.post("/api/v1/users", json={**BEN, field: "x"})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "unknown_field", field)
    answer = await served.bearer.patch(f"/api/v1/users/{served.ana}", json={field: "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_field")
    assert await served.rows("users") == before


async def test_values_that_cannot_be_are_422_and_named(served: Served) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"role": "owner"}, "role"),
        ({"email": "no address"}, "email"),
        ({"email": 7}, "email"),
        ({"name": ""}, "name"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 1_025}, "password"),
    ]
    for change, field in wrong:
        answer = await served.bearer.post("/api/v1/users", json={**BEN, **change})
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "invalid", field)
        assert PASSWORD not in answer.text
        assert "regex" not in answer.text
    missing = await served.bearer.post("/api/v1/users", json={"email": "b@example.com"})
    assert (missing.status_code, missing.json()["code"]) == (422, "invalid")


async def test_what_is_not_json_is_400_and_another_type_415(served: Served) -> None:
    for body in (b"{", b"\xff\xfe", b'{"name": "\xff"}', b'{"name": NaN}', b'{"name": "\\u0000" NaN}'):
        answer = await served.bearer.post("/api/v1/users", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), body[:20]
    for headers in ({"content-type": "text/plain"}, {}):
        answer = await served.bearer.post("/api/v1/users", content=b"{}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "media_type")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("{{7*7}}", "{{7*7}}"),
        ("\u202e\u2028😀", "\u202e\u2028😀"),
        (r"\ud83d\ude00", "😀"),
        (r"half \ud83d", "half \ufffd"),
        (r"nul\u0000nul", "nulnul"),
    ],
)
async def test_names_may_hold_anything_that_a_person_can_type(served: Served, written: str, kept: str) -> None:
    body = f'{{"email": "x@example.com", "name": "{written}", "role": "agent", "password": "{PASSWORD}"}}'
    answer = await served.bearer.post("/api/v1/users", content=body.encode(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["name"]) == (201, kept)


async def test_an_email_is_one_users_in_all_accounts(served: Served) -> None:
    _, _, token = await directory.create_account(served.desk.db, "Other", "boss@other.example", PASSWORD)
    other = served.client(authorization=f"Bearer {token}")
    for client in (served.bearer, other):
        answer = await client.post("/api/v1/users", json={**BEN, "email": AGENT.upper()})
        assert (answer.status_code, answer.json()["code"]) == (409, "already_exists")
    assert (await served.bearer.patch(f"/api/v1/users/{served.ana}", json={"email": MANAGER})).status_code == 409


async def test_what_is_another_accounts_is_not_there(served: Served) -> None:
    _, boss, token = await directory.create_account(served.desk.db, "Other", "boss@other.example", PASSWORD)
    other = served.client(authorization=f"Bearer {token}")
    theirs = (await other.post("/api/v1/tokens", json={"name": "theirs"})).json()["id"]
    mine = served.bearer
    for path, id, change in (("users", boss, {"name": "x"}), ("tokens", theirs, {"name": "x"})):
        for wanted in (id, FOREIGN, "1 OR 1=1", "*", "x" * 300, "%00" * 26):
            answers = [
                await mine.get(f"/api/v1/{path}/{wanted}"),
                await mine.patch(f"/api/v1/{path}/{wanted}", json=change),
                await mine.delete(f"/api/v1/{path}/{wanted}"),
            ]
            assert {(a.status_code, a.content) for a in answers} == {(404, answers[0].content)}, wanted
    stolen = await mine.post("/api/v1/tokens", json={"name": "x", "user": boss})
    assert (stolen.status_code, stolen.json()["code"]) == (404, "not_found")
    assert {user["id"] for user in (await mine.get("/api/v1/users")).json()["items"]} == {served.mia, served.ana}
    page = await mine.get("/api/v1/users", params={"cursor": boss})
    assert boss not in page.text
    assert (await other.get(f"/api/v1/users/{boss}")).json()["name"] == "boss"


async def test_a_list_comes_in_pages_that_neither_lose_nor_repeat(served: Served) -> None:
    for number in range(5):
        await served.bearer.post("/api/v1/tokens", json={"name": f"t{number}"})
    seen, cursor = [], None
    while True:
        page = (await served.bearer.get("/api/v1/tokens", params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        assert len(page["items"]) <= 2
        seen += [token["id"] for token in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == sorted(set(seen))
    assert len(seen) == 6
    for wrong in ("0", "-1", "x", "1.5", "९"):
        assert (await served.bearer.get("/api/v1/tokens", params={"limit": wrong})).status_code == 422
    assert (await served.bearer.get("/api/v1/tokens", params={"limit": 100_000})).status_code == 200
    assert (await served.bearer.get("/api/v1/tokens", params={"cursor": "../.."})).status_code == 404


async def test_a_token_is_shown_once_and_acts_for_its_user(served: Served) -> None:
    answer = await served.bearer.post("/api/v1/tokens", json={"name": "dialer", "user": served.ana})
    made = answer.json()
    assert answer.status_code == 201
    assert (made["name"], made["user"]) == ("dialer", {"id": served.ana, "name": "Ana", "role": "agent"})
    assert made["token"].startswith("pl_")
    listed = await served.bearer.get("/api/v1/tokens")
    assert made["id"] in listed.text
    assert made["token"] not in listed.text
    program = served.client(authorization=f"Bearer {made['token']}")
    assert (await program.get("/api/v1/me")).json()["user"]["id"] == served.ana
    renamed = await served.bearer.patch(f"/api/v1/tokens/{made['id']}", json={"name": "new"})
    assert renamed.json()["name"] == "new"
    assert (await served.bearer.delete(f"/api/v1/tokens/{made['id']}")).status_code == 204
    assert (await program.get("/api/v1/me")).status_code == 401


async def test_a_repeat_with_its_key_is_the_first_answer_and_another_body_is_refused(served: Served) -> None:
    key = {"idempotency-key": "k1"}
    first = await served.bearer.post("/api/v1/users", json=BEN, headers=key)
    again = await served.bearer.post("/api/v1/users", json=BEN, headers=key)
    assert (again.status_code, again.json(), again.headers["location"]) == (201, first.json(), first.headers["location"])
    other = await served.bearer.post("/api/v1/users", json={**BEN, "name": "Bea"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    assert await served.rows("users") == 3


async def test_a_repeat_of_a_new_token_tells_it_again_and_the_database_does_not_hold_it(served: Served) -> None:
    key = {"idempotency-key": "k2"}
    first = (await served.bearer.post("/api/v1/tokens", json={"name": "x"}, headers=key)).json()
    again = (await served.bearer.post("/api/v1/tokens", json={"name": "x"}, headers=key)).json()
    assert first == again

    async def kept(tx: Any) -> str:
        return str((await tx.one("select body from idempotency"))["body"])

    assert first["token"] not in await served.desk.read(kept)


async def test_the_only_manager_stays_one(served: Served) -> None:
    for change in ({"role": "agent"}, {"disabled": True}):
        answer = await served.bearer.patch(f"/api/v1/users/{served.mia}", json=change)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_manager")
    await served.bearer.patch(f"/api/v1/users/{served.ana}", json={"role": "manager"})
    assert (await served.bearer.patch(f"/api/v1/users/{served.mia}", json={"role": "agent"})).status_code == 200


async def test_a_user_is_listed_with_what_hangs_on_the_person(integrator: Integrator) -> None:
    ben, mia = integrator.ben, integrator.mia
    await integrator.text(to=OWN)
    closed = await integrator.text(phone=WEI, to=OWN)
    await ben.post(f"/conversations/{closed}/close")
    await Stream(integrator.served.desk.db).seen([ben.id])
    listed = {user["name"]: user for user in (await mia.get("/users")).json()["items"]}
    assert listed["Ben"] == (await mia.get(f"/users/{ben.id}")).json()
    assert (listed["Ben"]["open_conversations"], listed["Ben"]["dids"]) == (1, [{"id": integrator.own, "number": OWN, "label": ""}])
    assert (listed["Ana"]["open_conversations"], listed["Ana"]["dids"], listed["Ana"]["last_seen_at"]) == (0, [], None)
    assert listed["Ben"]["last_seen_at"] is not None


async def test_disabling_who_owns_something_needs_a_choice(integrator: Integrator) -> None:
    ben, mia = integrator.ben, integrator.mia
    id = await integrator.text(to=OWN)
    refused = await mia.patch(f"/users/{ben.id}", {"disabled": True})
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "invalid", "conversations")
    for wrong, code in (({"to": "0" * 26}, "not_found"), ("nobody", "invalid"), ({"to": ben.id, "x": 1}, "unknown_field")):
        assert (await mia.patch(f"/users/{ben.id}", {"disabled": True, "conversations": wrong})).json()["code"] == code
    assert (await ben.get("/me")).status_code == 200
    changed = await mia.patch(f"/users/{ben.id}", {"disabled": True, "conversations": {"to": integrator.ana.id}})
    assert (changed.status_code, changed.json()["open_conversations"]) == (200, 0)
    shown = (await mia.get(f"/conversations/{id}")).json()
    assert (shown["owner"]["name"], shown["subscribers"], shown["public_since"]) == ("Ana", [], None)
    assert (await ben.client.get("/api/v1/me")).status_code == 401


async def test_removing_a_user_makes_what_waits_public(integrator: Integrator) -> None:
    id = await integrator.text(to=OWN)
    assert (await integrator.mia.delete(f"/users/{integrator.ben.id}")).status_code == 204
    shown = (await integrator.mia.get(f"/conversations/{id}")).json()
    assert shown["owner"] is None
    assert shown["public_since"] is not None


async def test_a_manager_signs_somebody_out_everywhere(served: Served) -> None:
    browsers = [await served.signed_in() for _ in range(2)]
    await served.bearer.post("/api/v1/tokens", json={"name": "program", "user": served.ana})
    assert (await served.bearer.post(f"/api/v1/users/{served.ana}/sign-out")).status_code == 204
    assert [(await browser.get("/api/v1/me")).status_code for browser in browsers] == [401, 401]
    assert b'"signed_out"' in served.published[-1]
    assert await served.rows("tokens") == 2, "programs go on"
    assert (await sign_in(served.client(), AGENT)).status_code == 303
    assert (await served.bearer.post(f"/api/v1/users/{FOREIGN}/sign-out")).status_code == 404


async def test_a_manager_sets_a_password_and_the_old_one_and_its_sessions_are_over(served: Served) -> None:
    browser = await served.signed_in()
    assert (await served.bearer.post(f"/api/v1/users/{served.ana}/password", json={"password": "short"})).json()["code"] == "invalid"
    assert (await browser.get("/api/v1/me")).status_code == 200
    answer = await served.bearer.post(f"/api/v1/users/{served.ana}/password", json={"password": "a much better one"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await browser.get("/api/v1/me")).status_code == 401
    assert (await sign_in(served.client(), AGENT)).status_code == 401
    assert (await sign_in(served.client(), AGENT, "a much better one")).status_code == 303
