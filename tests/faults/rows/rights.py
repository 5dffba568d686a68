"""Rights that end while much is written: a user is disabled, a manager becomes an agent, subscribers are taken out of conversations."""

import time

from tests.faults.ledger import Book, judge
from tests.faults.load_run import LoadRun, under_load
from tests.faults.row import Result, Row
from tests.faults.stage import Stage

GRACE_SECONDS = 1.0
"""What was committed later than this after the end of a right may not come any more."""
GOES, FALLS = "goes", "falls"


async def end_midstream(stage: Stage) -> Result:
    """Two people are there for this row alone: one is disabled, one stops being a manager. Others are taken out of conversations, which
    the ledger judges by each event's own audience."""
    await _hire(stage)
    try:
        async with under_load(stage) as run:
            await run.fault_time()
            instants = {
                GOES: await _change(stage, GOES, disabled=True),
                FALLS: await _change(stage, FALLS, role="agent"),
            }
            removed = await _take_out(stage)
            result = await run.end()
    finally:
        people = {name: stage.crew.people.pop(name) for name in (GOES, FALLS)}
    ids = {person.id: name for name, person in people.items()}
    result.verdict = judge([book for book in run.books if book.user not in ids], run.facts)
    result.clean()
    result.show("taken_out", removed)
    for name in (GOES, FALLS):
        books = [book for book in run.books if ids.get(book.user) == name]
        result.show(f"tabs_{name}", len(books))
        result.exactly(f"late_{name}", sum(_late(run, book, instants[name]) for book in books), 0)
        if not any(book.given for book in books):
            result.broken.append(f"whoever {name} was given nothing, so nothing was shown")
    codes = {name: {code for book in run.books if ids.get(book.user) == name for code in book.codes} for name in (GOES, FALLS)}
    result.exactly("closed_with", f"{sorted(codes[GOES])} {sorted(codes[FALLS])}", "[4401] [4403]")
    return result


async def _hire(stage: Stage) -> None:
    """One takes part in many conversations, the other watches the feed."""
    for name, role in ((GOES, "agent"), (FALLS, "manager")):
        stage.crew.people[name] = await stage.centre.add_agent(f"{name}-{next(stage.runs)}", role)
        stage.centre.people[name] = stage.crew.people[name]
    rows = await stage.centre.rows("select id from conversations where account = :account order by id", account=stage.crew.account)
    for row in rows:
        answer = await stage.centre.call(GOES, "PUT", f"conversations/{row['id']}/subscription")
        assert answer.status_code == 200, answer.text


async def _change(stage: Stage, name: str, **change: object) -> float:
    """The instant (s since 1970) by which it was committed."""
    await stage.centre.manage("PATCH", f"users/{stage.crew.people[name].id}", **change)
    return time.time()


async def _take_out(stage: Stage) -> int:
    """A subscriber from each of some conversations."""
    rows = await stage.centre.rows(
        "select p.conversation, p.user_id from participants p join conversations c on c.id = p.conversation"
        " where c.account = :account and p.part = 'subscriber' order by p.conversation, p.user_id limit 40",
        account=stage.crew.account,
    )
    for row in rows[::2]:
        await stage.centre.manage("DELETE", f"conversations/{row['conversation']}/subscribers/{row['user_id']}")
    return len(rows[::2])


def _late(run: LoadRun, book: Book, instant: float) -> int:
    """Events given that were committed after the grace, and that an agent of the account would not get either."""
    latest = round((instant + GRACE_SECONDS) * 1_000_000)
    facts = {fact.position: fact for fact in run.facts[book.account]}
    after = [given for given in book.given if facts[given.position].at > latest]
    if 4401 in book.codes:
        return len(after)
    as_agent = Book(book.tab, book.user, manager=False, began=2**62, n=book.n, given=after, account=book.account)
    return judge([as_agent], run.facts).leaked


ROWS = [Row("50", "rights end while much is written", end_midstream)]
