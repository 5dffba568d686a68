"""The live feed over HTTP: everything, in order, in both directions, by kind, number and person."""

from typing import Any

from server.carriers.carrier import SendResult
from server.desk import directory, feed
from server.desk.stream import Stream
from tests.fixtures.integrator import OWN, WEI, Integrator
from tests.fixtures.served import PASSWORD


async def busy(integrator: Integrator) -> str:
    """Two conversations with a bit of everything; the id of the first."""
    id = await integrator.text("Hello")
    await integrator.ana.post(f"/conversations/{id}/claim")
    await integrator.ana.post(f"/conversations/{id}/messages", integrator.draft())
    await integrator.leave()
    await integrator.text("For Ben", phone=WEI, to=OWN)
    await integrator.ben.post(f"/conversations/{await integrator.conversation(WEI)}/messages", integrator.draft())
    await integrator.leave(SendResult("rejected", None, "30003", "Unreachable."))
    await integrator.ben.put(f"/conversations/{id}/subscription", {"muted": True})
    await integrator.text("STOP", phone=WEI, to=OWN)
    return id


async def whole(integrator: Integrator, **query: str | int) -> list[dict[str, Any]]:
    answer = (await integrator.mia.get("/feed", limit=200, **query)).json()
    assert answer["next"] is None
    items: list[dict[str, Any]] = answer["items"]
    return items


async def test_the_feed_is_every_event_as_the_websocket_brings_it_but_for_what_concerns_one_person(integrator: Integrator) -> None:
    await busy(integrator)
    page = await Stream(integrator.served.desk.db).everything(integrator.served.account, 0)
    told = [envelope.position for envelope in page.events if envelope.reach != "person"]
    items = await whole(integrator)
    assert [item["position"] for item in items] == told
    assert len(told) < page.position, "that Ben muted is nobody else's"
    assert (await integrator.mia.get("/feed")).json()["position"] == page.position


async def test_the_feed_goes_back_to_a_time(integrator: Integrator) -> None:
    await busy(integrator)
    everything = await whole(integrator)
    for at in sorted({item["at"] for item in everything}):
        page = (await integrator.mia.get("/feed", limit=200, to=at)).json()
        assert [item["position"] for item in page["items"]] == [item["position"] for item in everything if item["at"] < at]
    last = (await integrator.mia.get("/feed", limit=2, to="2999-12-31")).json()
    assert [item["position"] for item in last["items"]] == [item["position"] for item in everything[-2:]]
    assert (await integrator.mia.get("/feed", to="yesterday")).json()["code"] == "invalid"


async def test_pages_forward_and_backward_meet_without_a_gap(integrator: Integrator) -> None:
    await busy(integrator)
    everything = [item["position"] for item in await whole(integrator)]
    forward: list[int] = []
    after: int | None = 0
    while after is not None:
        answer = (await integrator.mia.get("/feed", limit=3, after=after)).json()
        forward += [item["position"] for item in answer["items"]]
        after = answer["next"]
    backward: list[int] = []
    query: dict[str, int] = {}
    while True:
        answer = (await integrator.mia.get("/feed", limit=3, **query)).json()
        backward = [item["position"] for item in answer["items"]] + backward
        if answer["next"] is None:
            break
        query = {"before": answer["next"]}
    assert forward == backward == everything


async def test_kinds_a_number_and_a_person_narrow_it_down(integrator: Integrator) -> None:
    await busy(integrator)
    everything = await whole(integrator)
    kinds = {
        "in": {"message.received"},
        "failed": {"message.failed"},
        "claims": {"conversation.claimed"},
        "public": {"conversation.public"},
        "opt_out": {"contact.opted_out"},
    }
    for kind, types in kinds.items():
        found = await whole(integrator, kinds=kind)
        assert {item["type"] for item in found} == types
        assert found == [item for item in everything if item["type"] in types]
    both = await whole(integrator, kinds="in,opt_out")
    assert both == [item for item in everything if item["type"] in ("message.received", "contact.opted_out")]
    over = await whole(integrator, did=integrator.own, kinds="in")
    assert [item["data"]["message"]["body"] for item in over] == ["For Ben", "STOP"]
    by_ana = await whole(integrator, user=integrator.ana.id)
    assert {item["type"] for item in by_ana} >= {"conversation.claimed", "message.sent"}
    assert {item["data"]["conversation"]["owner"]["name"] for item in by_ana} == {"Ana"}


async def test_a_page_that_looked_far_for_a_person_goes_on_where_it_stopped(integrator: Integrator, monkeypatch: Any) -> None:
    monkeypatch.setattr(feed, "LOOKED_AT", 4)
    monkeypatch.setattr(feed, "AT_ONCE", 2)
    await busy(integrator)
    wanted = [item["position"] for item in await busy_items(integrator)]
    found: list[int] = []
    query: dict[str, int] = {"after": 0}
    pages = 0
    while True:
        answer = (await integrator.mia.get("/feed", user=integrator.ana.id, **query)).json()
        found += [item["position"] for item in answer["items"]]
        pages += 1
        if answer["next"] is None:
            break
        query = {"after": answer["next"]}
    assert found == wanted
    assert pages > 3


async def busy_items(integrator: Integrator) -> list[dict[str, Any]]:
    def ids(item: dict[str, Any]) -> set[str | None]:
        data = item["data"]
        named = (data.get("user"), (data.get("message") or {}).get("user"), (data.get("conversation") or {}).get("owner"))
        return {item["actor"]["id"], *(each["id"] for each in named if each)}

    return [item for item in await whole(integrator) if integrator.ana.id in ids(item)]


async def test_the_feed_is_a_managers_and_takes_nothing_of_another_account(integrator: Integrator) -> None:
    await integrator.text()
    _, boss, token = await directory.create_account(integrator.served.desk.db, "Other", "boss@other.example", PASSWORD)
    other = integrator.served.client(authorization=f"Bearer {token}")
    assert (await other.get("/api/v1/feed")).json()["items"] == []
    for query, code in (
        ({"did": integrator.own[::-1]}, "not_found"),
        ({"user": boss}, "not_found"),
        ({"user": "1 OR 1=1"}, "not_found"),
        ({"kinds": "in,gossip"}, "invalid"),
        ({"after": "-1"}, "invalid"),
        ({"after": "1", "before": "2"}, "invalid"),
    ):
        answer = await integrator.mia.get("/feed", **query)
        assert answer.json()["code"] == code, query
    assert (await integrator.ana.get("/feed")).json()["code"] == "forbidden"
    assert (await integrator.ana.get("/feed/figures")).json()["code"] == "forbidden"


async def test_the_figures_are_those_of_now(integrator: Integrator) -> None:
    empty = (await integrator.mia.get("/feed/figures")).json()
    assert empty == {
        "texts_per_minute": 0,
        "unanswered": 0,
        "public": 0,
        "oldest_waiting_since": None,
        "agents": {"available": 0, "focus": 0, "away": 0},
    }
    id = await integrator.text()
    await integrator.text("For Ben", phone=WEI, to=OWN)
    since = (await integrator.ana.get(f"/conversations/{id}")).json()["waiting_since"]
    figures = (await integrator.mia.get("/feed/figures")).json()
    assert (figures["texts_per_minute"], figures["unanswered"], figures["public"]) == (2, 2, 1)
    assert figures["oldest_waiting_since"] == since
    await Stream(integrator.served.desk.db).seen([integrator.ana.id, integrator.ben.id])
    assert (await integrator.mia.get("/feed/figures")).json()["agents"]["available"] == 2
    integrator.served.desk.db.shift_us += 120_000_000
    figures = (await integrator.mia.get("/feed/figures")).json()
    assert (figures["texts_per_minute"], figures["agents"]["available"]) == (0, 0)
