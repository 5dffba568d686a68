"""Saved replies: one's own, the shared ones, and who keeps which."""

import asyncio

from tests.fixtures.integrator import Integrator, Person


async def saved(person: Person, shortcut: str, body: str = "Hello {{contact.first_name}}", **more: object) -> str:
    answer = await person.post("/saved-replies", {"shortcut": shortcut, "body": body, **more})
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


async def shortcuts(person: Person, **query: str | int) -> list[str]:
    return [item["shortcut"] for item in (await person.get("/saved-replies", **query)).json()["items"]]


async def test_one_sees_ones_own_and_the_shared_ones_by_shortcut(integrator: Integrator) -> None:
    ana, ben, mia = integrator.ana, integrator.ben, integrator.mia
    await saved(ana, "where", "We are on Oak Street.")
    await saved(ben, "bye", "Bye, {{user.first_name}}")
    await saved(mia, "hours", "We are open 9 to 5.", shared=True)
    await saved(mia, "draft-of-mine")
    assert await shortcuts(ana) == ["hours", "where"]
    assert await shortcuts(ben) == ["bye", "hours"]
    assert await shortcuts(mia) == ["draft-of-mine", "hours"]
    assert await shortcuts(ana, q="OAK") == ["where"]
    assert await shortcuts(ana, q="hou") == ["hours"]
    assert await shortcuts(ana, q="%") == []
    [shared] = (await ana.get("/saved-replies", q="hours")).json()["items"]
    assert (shared["shared"], shared["user"]["id"], shared["body"]) == (True, integrator.served.mia, "We are open 9 to 5.")


async def test_the_list_is_paged_without_loss_or_repeat(integrator: Integrator) -> None:
    for n in range(5):
        await saved(integrator.ana, f"own-{n}")
        await saved(integrator.mia, f"own-{n}", shared=True)
    seen: list[str] = []
    page = (await integrator.ana.get("/saved-replies", limit=3)).json()
    while True:
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        page = (await integrator.ana.get("/saved-replies", limit=3, cursor=page["next"])).json()
    assert len(seen) == len(set(seen)) == 10


async def test_a_saved_reply_is_changed_and_removed_by_its_owner_alone(integrator: Integrator) -> None:
    ana, ben = integrator.ana, integrator.ben
    id = await saved(ana, "where", "Oak Street.")
    changed = (await ana.patch(f"/saved-replies/{id}", {"body": " Elm Street. "})).json()
    assert (changed["shortcut"], changed["body"]) == ("where", "Elm Street.")
    assert (await ana.get(f"/saved-replies/{id}")).json() == changed
    for answer in (
        await ben.get(f"/saved-replies/{id}"),
        await ben.patch(f"/saved-replies/{id}", {"body": "Mine"}),
        await integrator.mia.delete(f"/saved-replies/{id}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await ana.delete(f"/saved-replies/{id}")).status_code == 204
    assert (await ana.delete(f"/saved-replies/{id}")).status_code == 404
    assert await shortcuts(ana) == []


async def test_only_managers_share_and_keep_what_is_shared(integrator: Integrator) -> None:
    ana, mia = integrator.ana, integrator.mia
    refused = await ana.post("/saved-replies", {"shortcut": "all", "body": "Hi", "shared": True})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    own = await saved(ana, "mine")
    assert (await ana.patch(f"/saved-replies/{own}", {"shared": True})).status_code == 403
    shared = await saved(mia, "hours", shared=True)
    assert (await ana.patch(f"/saved-replies/{shared}", {"body": "Closed"})).status_code == 403
    assert (await ana.delete(f"/saved-replies/{shared}")).status_code == 403
    assert (await mia.patch(f"/saved-replies/{shared}", {"shared": False})).json()["shared"] is False
    assert await shortcuts(ana) == ["mine"]


async def test_a_shortcut_is_its_owners_once_even_at_the_same_instant(integrator: Integrator) -> None:
    new = {"shortcut": "hi", "body": "Hello"}
    answers = await asyncio.gather(*(integrator.ana.post("/saved-replies", new) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "already_exists"}
    await saved(integrator.ben, "hi")
    other = await saved(integrator.ana, "ho")
    taken = await integrator.ana.patch(f"/saved-replies/{other}", {"shortcut": "hi"})
    assert (taken.status_code, taken.json()["code"], taken.json()["field"]) == (409, "already_exists", "shortcut")
    assert (await integrator.ana.patch(f"/saved-replies/{other}", {"shortcut": "ho"})).status_code == 200, "its own is free"


async def test_what_is_wrong_is_named_and_nothing_is_kept(integrator: Integrator) -> None:
    right = {"shortcut": "hi", "body": "Hello"}
    for change, code, field in (
        ({"shortcut": ""}, "invalid", "shortcut"),
        ({"shortcut": "Hi"}, "invalid", "shortcut"),
        ({"shortcut": "hi\n"}, "invalid", "shortcut"),
        ({"shortcut": "h" * 33}, "invalid", "shortcut"),
        ({"body": " "}, "invalid", "body"),
        ({"body": "x" * 2_001}, "invalid", "body"),
        ({"body": "{{7*7}}"}, "invalid", "body"),
        ({"body": "{{contact.phone}}"}, "invalid", "body"),
        ({"account": "x"}, "unknown_field", "account"),
    ):
        answer = await integrator.mia.post("/saved-replies", right | change)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field), change
    assert await integrator.served.rows("saved_replies") == 0
    id = await saved(integrator.mia, "hi")
    assert (await integrator.mia.patch(f"/saved-replies/{id}", {"body": "{{x}}"})).status_code == 422
