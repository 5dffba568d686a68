"""Lists of contacts over the API: found, sorted, counted, each with its latest text; tags and conversations."""

from typing import Any

from tests.fixtures.integrator import MARIA, OWN, WEI, Integrator, Person

NAMES = ("Ana", "Bea", "Cleo", "Dora", "Edda")


async def add(person: Person, name: str, number: str, **more: object) -> str:
    answer = await person.post("/contacts", {"name": name, "phones": [{"number": number, "kind": "mobile"}], **more})
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


async def five(integrator: Integrator) -> list[str]:
    return [
        await add(integrator.ana, name, f"+1202555016{n}", ready=n % 2 == 0, tags=["even", "all"] if n % 2 == 0 else ["all"])
        for n, name in enumerate(NAMES)
    ]


async def names(person: Person, **query: str | int) -> list[str]:
    return [item["name"] for item in (await person.get("/contacts", **query)).json()["items"]]


async def all_pages(person: Person, **query: str | int) -> list[str]:
    found: list[str] = []
    cursor: dict[str, str | int] = {}
    while True:
        page = (await person.get("/contacts", limit=2, **query, **cursor)).json()
        found += [item["name"] for item in page["items"]]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


async def test_a_list_says_how_many_there_are_in_all(integrator: Integrator) -> None:
    await five(integrator)
    page = (await integrator.ana.get("/contacts", limit=2)).json()
    assert (len(page["items"]), page["total"]) == (2, 5)
    assert (await integrator.ana.get("/contacts", limit=2, cursor=page["next"])).json()["total"] == 5
    assert (await integrator.ana.get("/contacts", tag="even", limit=1)).json()["total"] == 3
    assert (await integrator.ana.get("/contacts", q="nobody")).json() == {"items": [], "next": None, "total": 0}


async def test_the_orders_are_the_same_page_by_page_and_at_once(integrator: Integrator) -> None:
    await five(integrator)
    for phone in ("+12025550161", "+12025550164", "+12025550162"):
        await integrator.text(phone=phone)
    await integrator.text("again", phone="+12025550161")
    orders = {"name": list(NAMES), "-name": list(reversed(NAMES)), "recent": ["Bea", "Cleo", "Edda", "Dora", "Ana"]}
    for sort, order in orders.items():
        assert await names(integrator.ana, sort=sort) == await all_pages(integrator.ana, sort=sort) == order
    assert await all_pages(integrator.ana, sort="recent", tag="even") == ["Cleo", "Edda", "Ana"]
    answer = await integrator.ana.get("/contacts", sort="phone")
    assert (answer.status_code, answer.json()["field"]) == (422, "sort")
    cursor = (await integrator.ana.get("/contacts", limit=1)).json()["next"]
    assert (await integrator.ana.get("/contacts", limit=1, sort="recent", cursor=cursor)).status_code == 404


async def test_a_contact_with_two_conversations_is_listed_once_by_the_newer_one(integrator: Integrator) -> None:
    id = await add(integrator.ana, "Maria", MARIA)
    await integrator.ana.patch(f"/contacts/{id}", {"phones": [{"number": MARIA}, {"number": WEI}]})
    await integrator.text("first", phone=MARIA)
    newer = await integrator.text("second", phone=WEI)
    [listed] = (await integrator.ana.get("/contacts", sort="recent")).json()["items"]
    assert (listed["latest"]["conversation"], listed["latest"]["body"]) == (newer, "second")
    held = (await integrator.ana.get(f"/contacts/{id}/conversations")).json()
    assert [c["contact"]["phone"] for c in held["items"]] == [WEI, MARIA]
    assert held["items"][0] == (await integrator.ana.get(f"/conversations/{newer}")).json()


async def test_a_search_finds_letters_of_every_alphabet_in_either_case(integrator: Integrator) -> None:
    await add(integrator.ana, "Søren Østergaard", MARIA, fields={"email": "Søren@ØSTER.example"})
    await integrator.text()
    await add(integrator.ana, "Жанна", WEI)
    for words in ("Østergaard", "østergaard", "ØSTERG", "søren@øst", "SØREN@ØST"):
        assert await names(integrator.ana, q=words) == ["Søren Østergaard"], words
    for words in ("Жанна", "жан", "ЖАННА"):
        assert await names(integrator.ana, q=words) == ["Жанна"], words
    for words in ("Østergaard", "ØSTER", "øster"):
        assert len((await integrator.ana.get("/conversations", q=words)).json()["items"]) == 1, words


async def test_a_search_finds_a_name_a_number_in_any_format_and_an_address(integrator: Integrator) -> None:
    fields = {"email": "Maria.Silva_1@example.com", "plan": "gold@home"}
    await add(integrator.ana, "Maria Silva", "+442079460143", fields=fields)
    await add(integrator.ana, "Wei", WEI)
    for words in (
        "maria si",
        "SILVA",
        "+44 20 7946 0143",
        "020 7946 0143",
        "0044 (0)20 7946-0143",
        "460143",
        "silva_1@EXAMPLE",
        "maria.silva",
    ):
        assert await names(integrator.ana, q=words) == ["Maria Silva"], words
    for words in ("gold@home", "silvaX1@", '"', "maria 0144", "020 7946 0144"):
        assert await names(integrator.ana, q=words) == [], words


async def test_the_latest_text_is_shown_in_every_reading_and_cut(integrator: Integrator) -> None:
    id = await add(integrator.ana, "Maria", MARIA)
    shown: dict[str, Any] = (await integrator.ana.get(f"/contacts/{id}")).json()
    assert (shown["latest"], shown["opted_out"]) == (None, False)
    conversation = await integrator.text("x" * 150, to=OWN)
    latest = (await integrator.ana.get(f"/contacts/{id}")).json()["latest"]
    assert (latest["conversation"], latest["direction"], latest["user"], latest["body"]) == (conversation, "inbound", None, "x" * 100)
    assert latest["owner"]["name"] == "Ben"
    assert latest["waiting_since"] == latest["at"] == latest["active_at"] is not None
    await integrator.ben.post(f"/conversations/{conversation}/messages", integrator.draft("Good day"))
    [listed] = (await integrator.ana.get("/contacts")).json()["items"]
    assert (listed["latest"]["direction"], listed["latest"]["user"]["name"]) == ("outbound", "Ben")
    assert listed["latest"]["waiting_since"] is None
    changed = (await integrator.ana.patch(f"/contacts/{id}", {"ready": True})).json()
    assert changed["latest"] == listed["latest"]


async def test_an_opted_out_number_makes_its_contact_opted_out(integrator: Integrator) -> None:
    id = await add(integrator.ana, "Maria", MARIA)
    await integrator.text("STOP")
    assert (await integrator.ana.get(f"/contacts/{id}")).json()["opted_out"] is True
    await integrator.text("START")
    assert (await integrator.ana.get(f"/contacts/{id}")).json()["opted_out"] is False


async def test_tags_are_counted_and_stand_in_the_order_of_the_alphabet(integrator: Integrator) -> None:
    assert (await integrator.ana.get("/tags")).json() == {"items": [], "next": None}
    await five(integrator)
    await add(integrator.ana, "Zoe", WEI, tags=["Board"])
    assert (await integrator.ana.get("/tags")).json()["items"] == [
        {"tag": "all", "count": 5},
        {"tag": "Board", "count": 1},
        {"tag": "even", "count": 3},
    ]


async def test_nothing_of_another_account_or_of_no_account_is_found(integrator: Integrator) -> None:
    for path in (f"/contacts/{'0' * 26}/conversations", "/contacts/x/conversations"):
        assert (await integrator.ana.get(path)).status_code == 404
    for filter in ("0" * 26, "x", "1 or 1=1"):
        assert (await integrator.ana.get("/contacts", live_filter=filter)).json()["code"] == "not_found"
