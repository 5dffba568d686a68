"""Words are found: in texts of the whole account, in names and in numbers, in the index and before it has them."""

from collections.abc import Awaitable, Callable

import pytest

from server.desk.message_search import index_words
from server.store import contact_search, lists, message_search, words
from server.store.database import Transaction
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


async def paged(person: Person, q: str, between: Callable[[], Awaitable[object]] | None = None) -> list[list[str]]:
    """What the pages of two hold, to the last. Each is full, or says how far it looked."""
    pages: list[list[str]] = []
    asked: dict[str, str | int] = {"limit": 2}
    while True:
        page = (await person.get("/messages", q=q, **asked)).json()
        pages.append([item["message"]["body"] for item in page["items"]])
        assert (page["looked_back_to"] is not None) == (len(page["items"]) < 2 and page["next"] is not None)
        if page["next"] is None:
            return pages
        assert len(pages) < 30, pages
        asked["cursor"] = page["next"]
        if between:
            await between()


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page looks at few texts."""
    monkeypatch.setattr(message_search, "WALKED", 1)
    monkeypatch.setattr(message_search, "WALKED_ON", 3)
    monkeypatch.setattr(message_search, "AT_ONCE", 2)
    monkeypatch.setattr(words, "MOST_TEXTS", 4)


@pytest.mark.usefixtures("little")
async def test_a_word_of_which_the_index_has_too_much_is_found_page_by_page_whatever_is_written_meanwhile(integrator: Integrator) -> None:
    """The same letters in another order are in every text, so that the index gives them all."""
    written = ["mimi 1", *(f"mim imi {n}" for n in range(9)), "mimi 2", *(f"imi mim {n}" for n in range(5)), "mimi 3", "MIMI 4", "mim imi"]
    for number, body in enumerate(written):
        await integrator.text(body, phone=(MARIA, WEI)[number % 2])
    await indexed(integrator)
    late = iter(range(100))

    async def more() -> None:
        await integrator.text(f"mimi, late {next(late)}")
        await indexed(integrator)

    pages = await paged(integrator.ana, "mimi", more)
    assert [body for page in pages for body in page] == ["MIMI 4", "mimi 3", "mimi 2", "mimi 1"]
    assert [] in pages, "a page ends when it has looked at enough"
    # Nobody's page is longer because of what another one of the index has.
    assert await paged(integrator.ana, "late 1") == [["mimi, late 1"]]


@pytest.mark.usefixtures("little")
async def test_few_letters_and_what_waits_for_the_index_are_found_further_back_too(integrator: Integrator) -> None:
    for body in ("zq", "qqzz 1", "so, !?!", *(f"Hello {n}" for n in range(6))):
        await integrator.text(body)
    assert [body for page in await paged(integrator.ana, "zq") for body in page] == ["zq"]
    assert [body for page in await paged(integrator.ana, "qqzz") for body in page] == ["qqzz 1"], "nothing is indexed yet"
    await indexed(integrator)
    assert await paged(integrator.ana, "qqzz") == [["qqzz 1"]]
    for q, found in {"zq": "zq", "!?!": "so, !?!", "o, ": "so, !?!"}.items():
        assert [body for page in await paged(integrator.ana, q) for body in page] == [found], q
    assert await paged(integrator.ana, "xqz") == [[]]


async def test_texts_of_one_instant_are_all_found(integrator: Integrator, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [f"mimi {n}" for n in range(5)]
    for body in said:
        await integrator.text(body)
    await integrator.served.desk.db.write(lambda tx: tx.run("update messages set created_at = 1790000000000000"))
    for letters in ("little", "more"):
        monkeypatch.setattr(message_search, "WALKED", 1 if letters == "little" else 2)
        monkeypatch.setattr(message_search, "WALKED_ON", 1)
        assert sorted(body for page in await paged(integrator.ana, "mimi") for body in page) == said
        assert sorted(body for page in await paged(integrator.ana, "mi") for body in page) == said


@pytest.mark.parametrize("most", [3, 4])
async def test_the_index_gives_what_it_has_or_nothing_of_more_than_are_looked_at(
    integrator: Integrator, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many of them hold the word: here none does, and each is counted."""
    monkeypatch.setattr(words, "MOST_TEXTS", most)
    for n in range(4):
        await integrator.text(f"kok oko {n}")
    await indexed(integrator)

    async def candidates(tx: Transaction) -> list[tuple[int, str]] | None:
        return await words.Wording(tx, integrator.served.account, "kokoko").texts(tx)

    found = await integrator.served.desk.db.read(candidates)
    assert (found is None) == (most < 4)
