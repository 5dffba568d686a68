"""Rights that end while much is written: a user is disabled, a manager becomes an agent, subscribers are taken out of conversations.

Whether a right had ended is told by the instant of the call that ended it and by who came back later, never by the audience that the
product stored with an event.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.ledger import ACCOUNT, PERSON, Book, Fact, judge
from tests.faults.load_run import LoadRun, under_load
from tests.faults.row import Result, Row
from tests.faults.stage import Stage

GRACE_SECONDS = 1.0
"""What was committed later than this after the end of a right may not come any more."""
GOES, FALLS = "goes", "falls"
TAKEN_OUT = 20


@dataclass(frozen=True)
class TakenOut:
    """Who takes no part in which conversation any more, and from which instant (µs) on nothing of it may come."""

    conversation: str
    user: str
    latest: int


async def end_midstream(stage: Stage) -> Result:
    """Two people are there for this row alone: one is disabled, one stops being a manager. Others are taken out of conversations."""
    subscribed = await _hire(stage)
    try:
        async with under_load(stage) as run:
            run.refusals = frozenset({401, 404, 422})  # whoever is gone calls, and is handed conversations
            await run.fault_time()
            latest = {
                GOES: await _change(stage, GOES, disabled=True, conversations="public"),
                FALLS: await _change(stage, FALLS, role="agent"),
            }
            removed = await _take_out(stage)
            await asyncio.sleep(GRACE_SECONDS)
            await _write_to(stage, [one.conversation for one in removed])
            result = await run.end()
    finally:
        people = {name: stage.crew.people.pop(name) for name in (GOES, FALLS)}
    ids = {person.id: name for name, person in people.items()}
    result.verdict = judge([book for book in run.books if book.user not in ids], run.facts, run.ends)
    result.clean()
    _judge_taken_out(result, run, removed, await _bodies(stage, removed))
    facts = run.facts[stage.crew.account]
    for name in (GOES, FALLS):
        books = [book for book in run.books if ids.get(book.user) == name]
        _judge_ended(result, name, books, {fact.position: fact for fact in facts if fact.at > latest[name]}, subscribed)
        if not any(book.given for book in books):
            result.broken.append(f"whoever {name} was given nothing, so nothing was shown")
    codes = {name: {code for book in run.books if ids.get(book.user) == name for code in book.codes} for name in (GOES, FALLS)}
    result.exactly("closed_with", f"{sorted(codes[GOES])} {sorted(codes[FALLS])}", "[4401] [4403]")
    return result


async def _hire(stage: Stage) -> set[str]:
    """One takes part in many conversations, the other watches the feed; these conversations."""
    for name, role in ((GOES, "agent"), (FALLS, "manager")):
        stage.crew.people[name] = await stage.centre.add_agent(f"{name}-{next(stage.runs)}", role)
        stage.centre.people[name] = stage.crew.people[name]
    rows = await stage.centre.rows("select id from conversations where account = :account order by id", account=stage.crew.account)
    for row in rows:
        answer = await stage.centre.call(GOES, "PUT", f"conversations/{row['id']}/subscription")
        assert answer.status_code == 200, answer.text
    return {row["id"] for row in rows}


async def _change(stage: Stage, name: str, **change: object) -> int:
    """The instant (µs since 1970) after which nothing may come."""
    await stage.centre.manage("PATCH", f"users/{stage.crew.people[name].id}", **change)
    return _latest()


def _latest() -> int:
    return round((time.time() + GRACE_SECONDS) * 1_000_000)


async def _take_out(stage: Stage) -> list[TakenOut]:
    """A subscriber from each of some conversations."""
    rows = await stage.centre.rows(
        "select p.conversation, min(p.user_id) as user_id from participants p join conversations c on c.id = p.conversation"
        " join users u on u.id = p.user_id where c.account = :account and p.part = 'subscriber' and p.user_id not in (:goes, :falls)"
        " and u.role = 'agent' group by p.conversation order by p.conversation limit :most",
        account=stage.crew.account,
        goes=stage.crew.people[GOES].id,
        falls=stage.crew.people[FALLS].id,
        most=TAKEN_OUT,
    )
    found = []
    for row in rows:
        await stage.centre.manage("DELETE", f"conversations/{row['conversation']}/subscribers/{row['user_id']}")
        found.append(TakenOut(row["conversation"], row["user_id"], _latest()))
    return found


async def _write_to(stage: Stage, conversations: Sequence[str]) -> None:
    """Each of these phones texts once more, so that there is something which must not come."""
    lines, number = list(stage.crew.lines), next(stage.runs)
    rows = {row["id"]: row["phone"] for row in await stage.centre.rows("select id, phone from conversations")}
    for id in conversations:
        phone = rows[id]
        said = {
            "type": "message.received",
            "id": f"after {number} {id}",
            "from": phone,
            "to": lines[(int(phone[5:]) - 5_000_000) % len(lines)],
        }
        answer = await stage.centre.gateway({**said, "body": "And now?"})
        assert answer.status_code == 200, answer.text


async def _bodies(stage: Stage, removed: Sequence[TakenOut]) -> dict[str, list[dict[str, Any]]]:
    """What is told of each of these conversations, in order, with its position and instant (µs)."""
    found: dict[str, list[dict[str, Any]]] = {one.conversation: [] for one in removed}
    rows = await stage.centre.rows(
        "select conversation, position, at, reach, body from events where conversation is not null order by position"
    )
    for row in rows:
        if row["conversation"] in found:
            found[row["conversation"]].append({**row, "event": json.loads(row["body"])})
    return found


def _judge_taken_out(result: Result, run: LoadRun, removed: Sequence[TakenOut], told: Mapping[str, Sequence[dict[str, Any]]]) -> None:
    """Whoever was taken out gets nothing more of it, unless somebody names or makes him one of those whom it concerns again. What comes to
    the whole account, and what a tab watches, is another right."""
    due, late = 0, 0
    for one in removed:
        forbidden = forbidden_to(one, told[one.conversation])
        books = [book for book in run.books if book.user == one.user and "feed" not in book.topics and one.conversation not in book.watched]
        due += len(forbidden) * len(books)
        pool = {fact.position for fact in run.facts[run.stage.crew.account] if fact.pool}
        for book in books:
            may = pool if "pool" in book.topics else set()
            late += sum(given.position in forbidden - may for given in book.given)
    result.show("taken_out", len(removed))
    result.show("due_to_taken_out", due)
    result.exactly("late_taken_out", late, 0)
    if not due:
        result.broken.append("nothing happened in what somebody was taken out of, so nothing was shown")


def forbidden_to(one: TakenOut, told: Sequence[dict[str, Any]]) -> set[int]:
    """Positions after the grace and before he takes part again: by being added, or as the owner."""
    found: set[int] = set()
    for row in told:
        if row["at"] <= one.latest - GRACE_SECONDS * 1_000_000:
            continue
        event = row["event"]
        data = event["data"]
        added = event["type"] == "subscriber.added" and (data.get("user") or {}).get("id") == one.user
        shown = data["conversation"]
        owner = shown["owner"] if isinstance(shown, dict) else None  # what concerns one person alone tells the id only
        if added or (owner is not None and owner["id"] == one.user):
            break
        if row["at"] > one.latest and row["reach"] not in (ACCOUNT, PERSON):
            found.add(row["position"])
    return found


def _judge_ended(result: Result, name: str, books: Sequence[Book], after: Mapping[int, Fact], subscribed: set[str]) -> None:
    """`after` is what was committed after the grace. Who was disabled gets none of it, who fell what an agent without conversations gets;
    before, one would have had those of his conversations, the other all."""
    late = [given for book in books for given in book.given if given.position in after]
    if name == FALLS:
        late = [given for given in late if after[given.position].reach != ACCOUNT]
        due = sum(fact.reach not in (ACCOUNT, PERSON) for fact in after.values())
    else:
        due = sum(fact.reach == ACCOUNT or fact.conversation in subscribed for fact in after.values())
    result.show(f"tabs_{name}", len(books))
    result.show(f"due_to_{name}", due * len(books))
    result.exactly(f"late_{name}", len(late), 0)
    if not due * len(books):
        result.broken.append(f"nothing happened after the end that {name} would have been told, so nothing was shown")


ROWS = [Row("50", "rights end while much is written", end_midstream, seconds=40.0)]
