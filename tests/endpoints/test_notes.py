"""The notes of the API: their shape, their place, and what is refused."""

from tests.fixtures.integrator import OWN, Integrator


async def test_a_note_is_made_where_its_location_says_and_names_whom_it_mentions(integrator: Integrator) -> None:
    id = await integrator.text(to=OWN)
    answer = await integrator.ben.post(
        f"/conversations/{id}/notes", {"body": "Ask @Ana.", "mentions": [integrator.ana.id], "client_id": "n1"}
    )
    assert answer.status_code == 201
    note = answer.json()
    assert (note["kind"], note["body"], note["client_id"]) == ("note", "Ask @Ana.", "n1")
    assert [user["id"] for user in note["mentions"]] == [integrator.ana.id]
    found = await integrator.ana.client.get(answer.headers["location"])
    assert found.json()["items"] == [note]
    assert (await integrator.ana.get(f"/conversations/{id}")).json()["role"] == "subscriber"


async def test_a_repeated_note_with_its_key_gets_the_first_answer(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text(to=OWN)}/notes"
    first = await integrator.ben.post(at, {"body": "Once"}, idempotency_key="k")
    again = await integrator.ben.post(at, {"body": "Once"}, idempotency_key="k")
    assert (again.status_code, again.content, again.headers["location"]) == (201, first.content, first.headers["location"])
    assert await integrator.served.rows("messages where kind = 'note'") == 1


async def test_what_is_wrong_with_a_note_is_named_and_nothing_is_written(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text(to=OWN)}/notes"
    before = await integrator.served.rows("events")
    for body, status, code in (
        ({"body": " "}, 422, "invalid"),
        ({"body": "x" * 5_001}, 422, "invalid"),
        ({}, 422, "invalid"),
        ({"body": "x", "mentions": ["1 OR 1=1"]}, 404, "not_found"),
        ({"body": "x", "mentions": ["0" * 26]}, 404, "not_found"),
        ({"body": "x", "user": integrator.mia.id}, 422, "unknown_field"),
        ({"body": "x", "client_id": ""}, 422, "invalid"),
    ):
        answer = await integrator.ben.post(at, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
    assert (await integrator.ben.post(f"/conversations/{'0' * 26}/notes", {"body": "x"})).status_code == 404
    assert await integrator.served.rows("events") == before
