"""Drafts: one's own, on every device, and gone once the text is accepted."""

from tests.fixtures.integrator import MARIA, OWN, Integrator


async def test_a_draft_is_kept_for_its_author_alone_and_its_beginning_stands_in_the_row(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text(to=OWN)}"
    assert (await integrator.ben.get(f"{at}/draft")).json() == {"body": "", "updated_at": None}
    assert (await integrator.ben.get(at)).json()["draft"] is None
    words = "Dear Maria 🙂\n" + "x" * 200
    saved = (await integrator.ben.put(f"{at}/draft", {"body": words})).json()
    assert (saved["body"], saved["updated_at"][-1]) == (words, "Z")
    assert (await integrator.ben.get(f"{at}/draft")).json() == saved
    assert (await integrator.ben.get(at)).json()["draft"] == words[:100]
    [listed] = (await integrator.ben.get("/conversations")).json()["items"]
    assert listed["draft"] == words[:100]
    assert (await integrator.ana.get(f"{at}/draft")).json()["body"] == ""
    assert (await integrator.ana.get(at)).json()["draft"] is None


async def test_the_last_words_count_and_none_forget_the_draft(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text(to=OWN)}"
    for body in ("one", "one two", "one two three"):
        await integrator.ben.put(f"{at}/draft", {"body": body})
    assert (await integrator.ben.get(f"{at}/draft")).json()["body"] == "one two three"
    for nothing in ("", " \n"):
        await integrator.ben.put(f"{at}/draft", {"body": "again"})
        assert (await integrator.ben.put(f"{at}/draft", {"body": nothing})).json() == {"body": "", "updated_at": None}
        assert (await integrator.ben.get(at)).json()["draft"] is None
    assert await integrator.served.rows("drafts") == 0


async def test_an_accepted_text_ends_its_authors_draft_there_and_a_refused_one_keeps_it(integrator: Integrator) -> None:
    id = await integrator.text(to=OWN)
    at = f"/conversations/{id}"
    for person in (integrator.ana, integrator.ben):
        await person.put(f"{at}/draft", {"body": f"{person.name} writes"})
    refused = await integrator.ben.post(f"{at}/messages", integrator.draft("x" * 2_000))
    assert refused.status_code == 422
    assert (await integrator.ben.get(f"{at}/draft")).json()["body"] == "Ben writes"
    await integrator.ben.post(f"{at}/notes", {"body": "A note is another thing."})
    assert (await integrator.ben.get(f"{at}/draft")).json()["body"] == "Ben writes"
    sent = await integrator.ben.post("/messages", integrator.draft("Ben writes", to=MARIA))
    assert sent.status_code == 202
    assert sent.json()["conversation"]["draft"] is None
    assert (await integrator.ben.get(f"{at}/draft")).json()["body"] == ""
    assert (await integrator.ana.get(f"{at}/draft")).json()["body"] == "Ana writes"


async def test_what_is_no_draft_is_refused(integrator: Integrator) -> None:
    at = f"/conversations/{await integrator.text(to=OWN)}/draft"
    for body, code in (
        ({}, "invalid"),
        ({"body": 1}, "invalid"),
        ({"body": "x" * 10_001}, "invalid"),
        ({"body": "x", "user": "y"}, "unknown_field"),
    ):
        answer = await integrator.ben.put(at, body)
        assert (answer.status_code, answer.json()["code"]) == (422, code), body
    assert await integrator.served.rows("drafts") == 0
