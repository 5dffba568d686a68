"""Check 90: whatever happened, the totals of the response times are the sums of their tables and of the report of SMS conversations."""

import random
import time
from dataclasses import replace
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from server.desk.conversation_report import Sort, whole_report
from server.desk.response_times import response_times_report
from server.desk.scheduled import cancel, leave_due, send_now
from server.desk.send import Draft, send
from server.domain.report import Asked
from tests.fixtures.history import History
from tests.fixtures.office import Office

HOUR_US = 3_600_000_000
ZONES = {"UTC": UTC, "Asia/Kathmandu": ZoneInfo("Asia/Kathmandu")}


async def report(office: Office, asked: Asked, zone: str = "UTC") -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(await response_times_report(office.desk, office.mia, asked, zone, ZONES[zone]))
    return found


async def lines(office: Office, asked: Asked) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(item) async for item in whole_report(office.desk, office.mia, asked, Sort())]


def total(rows: list[dict[str, Any]], name: str) -> int:
    return sum(row[name] for row in rows)


async def truth(office: Office, asked: Asked) -> dict[str, int]:
    """The same figures counted one by one, from the rows."""

    def counts(at: int | None, did: object, conversation: object) -> bool:
        return (
            at is not None
            and (asked.since is None or at >= asked.since)
            and (asked.until is None or at < asked.until)
            and (asked.did is None or did == asked.did)
            and (asked.participant is None or (conversation, asked.participant) in parts)
        )

    parts = {(row["conversation"], row["user_id"]) for row in await office.all("select conversation, user_id from participants")}
    texts = await office.all("select * from messages where kind = 'message' and state not in ('scheduled', 'cancelled')")
    waits = await office.all("select * from waits")
    texts = [m for m in texts if counts(m["send_at"] or m["created_at"], m["did"], m["conversation"])]
    return {
        "in": len([m for m in texts if m["direction"] == "inbound"]),
        "out": len([m for m in texts if m["direction"] == "outbound"]),
        "failed": len([m for m in texts if m["state"] in ("failed", "undelivered")]),
        "answered": len([w for w in waits if w["how"] == "answered" and counts(w["ended_at"], w["did"], w["conversation"])]),
        "went_public": len([w for w in waits if counts(w["public_at"], w["did"], w["conversation"])]),
    }


@pytest.mark.parametrize("seed", range(2))
async def test_after_any_history_the_totals_are_the_sums(office: Office, seed: int) -> None:
    office.later(minutes=-3 * 24 * 60)
    history = History(office, random.Random(seed))
    for _ in range(200):
        await history.step()
        office.later(minutes=history.random.choice([0, 1, 15, 40]))
    office.desk.db.shift_us = 0
    [first, last] = [row["at"] for row in await office.all("select min(at) as at from events union all select max(at) from events")]
    everything = Asked(office.account, first, last + 1)
    asked = [
        everything,
        replace(everything, since=first + (last - first) // 3),
        replace(everything, until=first + (last - first) // 2),
        replace(everything, did=office.sales),
        replace(everything, participant=office.ana.id),
        replace(everything, did=office.support, participant=office.ben.id, since=first + (last - first) // 4),
    ]
    seen = []
    for each in asked:
        for zone in ZONES:
            found = await report(office, each, zone)
            figures = found["figures"]
            reported = await lines(office, each)
            assert {name: figures[name] for name in ("in", "out", "failed", "answered", "went_public")} == await truth(office, each)
            for name in ("in", "out", "answered", "went_public", "failed", "opt_outs"):
                assert total(found["days"], name) == figures[name]
            for name in ("in", "out", "answered"):
                assert total(found["hours"], name) == total(found["dids"], name) == figures[name]
                assert total(reported, "waits" if name == "answered" else name) == figures[name]
            for name in ("out", "answered"):
                assert total(found["agents"], name) == figures[name]
            assert sum(map(sum, found["heat"])) == figures["in"]
        seen.append(figures)
    assert min(seen[0]["in"], seen[0]["out"], seen[0]["answered"], seen[0]["went_public"]) > 2, "the history was to be a lively one"
    assert len({(figures["in"], figures["out"], figures["answered"]) for figures in seen}) > 3, "each filter was to leave something else"


async def test_a_scheduled_text_counts_when_it_leaves_and_a_cancelled_one_never(office: Office) -> None:
    await office.text("Hi")
    id = await office.conversation()
    now = office.desk.db.shift_us + time.time_ns() // 1_000
    texts = []
    for number in range(3):
        later = Draft("Later", f"c{number}", 1_000, send_at=now + (number + 1) * HOUR_US)
        texts.append(str((await send(office.desk, office.ana, id, later)).id))  # type: ignore[union-attr]
    assert await figures(office) == (1, 0, 0)
    await send_now(office.desk, office.ana, texts[2])
    assert await figures(office) == (1, 1, 1), "by itself it would have left in three hours"
    await cancel(office.desk, office.ana, texts[1])
    office.later(minutes=61)
    await leave_due(office.desk)
    assert await figures(office) == (1, 2, 1)


async def figures(office: Office) -> tuple[int, int, int]:
    """Texts in and out and answered waits of the last days, up to now."""
    now = office.desk.db.shift_us + time.time_ns() // 1_000
    found = (await report(office, Asked(office.account, now - 48 * HOUR_US, now + 1_000_000)))["figures"]
    return found["in"], found["out"], found["answered"]


async def test_a_number_that_opts_out_twice_did_so_once_until_it_comes_back(office: Office) -> None:
    for body in ("STOP", "STOP", "START", "STOP"):
        await office.text(body)
        office.later(seconds=1)
    assert (await report(office, Asked(office.account)))["figures"]["opt_outs"] == 2
    assert (await report(office, Asked(office.account, did=office.support)))["figures"]["opt_outs"] == 2
    assert (await report(office, Asked(office.account, did=office.sales)))["figures"]["opt_outs"] == 0
    assert (await report(office, Asked(office.account, participant=office.ana.id)))["figures"]["opt_outs"] == 0
