"""What only the demo has: a checklist that ticks itself, the network's dials, a storm."""

import asyncio
from typing import Any

from server.desk import directory
from tests.fixtures.integrator import MARIA, SUPPORT, Integrator


async def ticked(integrator: Integrator) -> set[str]:
    items = (await integrator.ana.client.get("/demo/tour")).json()["items"]
    assert [item["key"] for item in items] == ["send", "public", "claim", "stop", "ready"]
    return {item["key"] for item in items if item["done"]}


async def test_the_checklist_ticks_what_was_done_and_nothing_else(integrator: Integrator) -> None:
    assert await ticked(integrator) == set()
    await integrator.text("Hello")
    assert await ticked(integrator) == set()
    made = await integrator.mia.post("/contacts", {"name": "Wei", "phones": [{"number": "+12025550177"}], "ready": True})
    await integrator.ana.post("/messages", {"contact": made.json()["id"], "body": "Hi", "client_id": "one"})
    assert await ticked(integrator) == {"send", "ready"}
    await integrator.text("STOP")
    assert await ticked(integrator) == {"send", "ready", "stop"}


async def test_dials_turn_one_by_one_and_stay(integrator: Integrator) -> None:
    shown = (await integrator.ana.client.get("/demo/network")).json()
    assert (shown["replies"], shown["delivery"], shown["away"]) == (False, "ok", [])
    turned = await integrator.ana.client.patch("/demo/network", json={"delivery": "fail", "away": [MARIA]})
    assert turned.json() == {**shown, "delivery": "fail", "away": [MARIA]}
    assert (await integrator.ana.client.patch("/demo/network", json={"delay": [8, 2]})).json()["delay"] == [2, 8]
    refused = await integrator.ana.client.patch("/demo/network", json={"delivery": "sideways"})
    assert (refused.status_code, refused.json()["field"]) == (422, "delivery")


async def test_a_storm_needs_a_number_of_ours_and_has_bounds(integrator: Integrator) -> None:
    async def storm(**body: Any) -> int:
        return int((await integrator.ana.client.post("/demo/storm", json={"did": SUPPORT, "per_second": 20, **body})).status_code)

    assert await storm() == 202
    assert await storm(per_second=201) == 422
    assert await storm(seconds=61) == 422
    assert await storm(did="+12025550999") == 404


async def test_nobody_turns_dials_without_a_session(integrator: Integrator) -> None:
    stranger = integrator.served.client()
    answers = await asyncio.gather(stranger.get("/demo/network"), stranger.get("/demo/tour"), stranger.post("/demo/storm", json={}))
    assert {answer.status_code for answer in answers} == {401}
    _, _, token = await directory.create_account(integrator.served.desk.db, "Umbrella", "eve@example.com", "a long password")
    eve = integrator.served.client(authorization=f"Bearer {token}")
    assert (await eve.post("/demo/storm", json={"did": SUPPORT, "per_second": 1})).status_code == 404
