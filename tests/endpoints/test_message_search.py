"""Words are found: in texts of the whole account, in names and in numbers, in the index and before it has them."""

import pytest

from server.desk.message_search import index_words
from server.store import contact_search, lists, message_search, words
from tests.fixtures.integrator import MARIA, WEI, Integrator, Person


async def bodies(person: Person, q: str, **query: str | int) -> list[str]:
    return [item["message"]["body"] for item in (await person.get("/messages", q=q, **query)).json()["items"]]


async def indexed(integrator: Integrator) -> None:
    while await index_words(integrator.served.desk):
        pass


@pytest.fixture(params=["walked", "indexed", "index behind"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How words are found: among the first ones there are; by the index; by what waits for the index."""
    if request.param != "walked":
        for module in (contact_search, lists, message_search):
            monkeypatch.setattr(module, "WALKED", 0 if request.param == "indexed" else 2)
        monkeypatch.setattr(words, "AT_ONCE", 3)
        monkeypatch.setattr(message_search, "AT_ONCE", 2)
    return str(request.param)


async def test_texts_are_found_by_their_words_newest_first_in_either_case_and_page_by_page(integrator: Integrator, way: str) -> None:
    said = ["Émile is late", "émile again", "no such name", "where is ÉMILE?", '100% "sure"', "it is 17:05"]
    for number, body in enumerate(said[:4]):
        await integrator.text(body, phone=(MARIA, WEI)[number % 2])
    if way != "walked":
        await indexed(integrator)
    first = (await integrator.ana.get("/messages", q="émIle", limit=2)).json()
    assert [(item["message"]["body"], item["contact"]["phone"]) for item in first["items"]] == [(said[3], WEI), (said[1], WEI)]
    assert await bodies(integrator.ben, "émile", limit=2, cursor=first["next"]) == [said[0]]
    for body in said[4:]:
        await integrator.text(body)
    if way == "indexed":
        await indexed(integrator)
    wanted = {'0% "su': [said[4]], "00%": [said[4]], "7:0": [said[5]], "1__": [], "émile is": [said[0]], "lat is": [], "": []}
    for q, found in wanted.items():
        assert await bodies(integrator.ana, q) == found, q


async def test_names_and_numbers_are_found_as_they_are_now(integrator: Integrator, way: str) -> None:
    at = await integrator.text("Hello", phone=MARIA)
    contact = (await integrator.ana.get(f"/conversations/{at}")).json()["contact"]["id"]
    await indexed(integrator)
    fields = {"email": "zoe@example.com"}
    assert (await integrator.ana.patch(f"/contacts/{contact}", {"name": "Zoë Åström", "fields": fields})).status_code == 200
    if way != "index behind":
        await indexed(integrator)
    for q in ("zoë å", "ÅSTR", "0143"):
        assert [item["id"] for item in (await integrator.ana.get("/contacts", q=q)).json()["items"]] == [contact], q
        assert [item["id"] for item in (await integrator.ana.get("/contacts", q=q, sort="recent")).json()["items"]] == [contact], q
        assert [item["id"] for item in (await integrator.ana.get("/conversations", q=q)).json()["items"]] == [at], q
        report = await integrator.mia.get("/reports/sms-conversations", q=q)
        assert [item["conversation"] for item in report.json()["items"]] == [at], q
    assert (await integrator.ana.get("/contacts", q="zoe@ex")).json()["total"] == 1
    assert (await integrator.ana.get("/conversations", q="zoe@ex")).json()["items"] == []
    assert (await integrator.mia.delete(f"/contacts/{await spare(integrator)}")).status_code == 204
    assert (await integrator.ana.get("/contacts", q="spare")).json()["items"] == []


async def spare(integrator: Integrator) -> str:
    made = await integrator.ana.post("/contacts", {"name": "A spare one", "phones": [{"number": WEI, "kind": "mobile"}]})
    await indexed(integrator)
    return str(made.json()["id"])


async def test_notes_and_what_has_not_left_are_no_texts_that_are_found(integrator: Integrator) -> None:
    at = await integrator.text("the parcel")
    assert (await integrator.ana.post(f"/conversations/{at}/notes", {"body": "a parcel note"})).status_code == 201
    draft = {**integrator.draft("parcel tomorrow"), "send_at": "2027-01-01T00:00:00Z"}
    sent = await integrator.ana.post(f"/conversations/{at}/messages", draft)
    assert sent.status_code == 202, sent.text
    for _ in range(2):
        assert await bodies(integrator.ana, "parcel") == ["the parcel"]
        await indexed(integrator)
