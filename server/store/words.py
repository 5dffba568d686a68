"""Where words stand: which contacts, and which texts, hold some letters anywhere, by an index of every three letters.

SQLite: FTS5 with trigrams, without the words themselves. PostgreSQL: `pg_trgm` over copies that are written once. What was written since
the last look of the timer waits in a queue, and is found through that: the index makes searching quick, never wrong. What comes from here
may hold the letters; whoever asks looks again.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from server.store import contacts
from server.store.database import Transaction, batch, stored_text
from server.store.like import containing, containing_digits

FEWEST = 3
"""Letters, or digits of a number, that the index can find."""
MOST_GRAMS = 24
"""Three letters each: more narrow nothing down."""
AT_ONCE = 500
FIRST = "limit 1000000000"
"""Nothing reaches it. A subquery that ends with it is run as it stands: an engine that looks for what is asked of its rows by another
index would do that for each of them."""
RARE = 2_000
"""So many contacts are few: they are taken from the index at once, and not looked for in the order of a list."""
RARE_TALKS = f"(select c.* from json_each(:rare) r cross join conversations c where c.contact = r.value ->> 'id' {FIRST}) c"
"""The conversations with them; `rare` is a batch of their ids."""


class Wording:
    """What somebody searches for. `parameters` are for `contacts`."""

    def __init__(self, tx: Transaction, account: str, query: str) -> None:
        self._letters = stored_text(query.lower())
        self._digits = containing_digits(query).strip("%")
        self._lite = tx.engine == "sqlite"
        self._folds = self._lite and query.isascii()
        self.account = account

    @property
    def few(self) -> bool:
        """Too few letters for the index of texts."""
        return len(self._letters) < FEWEST

    @property
    def short(self) -> bool:
        """Too few letters or digits for the index of contacts."""
        return self.few or 0 < len(self._digits) < FEWEST

    def lower(self, column: str) -> str:
        """The column as these letters are looked for in it: SQLite's `like` folds ASCII by itself, and its `lower` is a call of Python."""
        return column if self._folds else f"lower({column})"

    @property
    def talk(self) -> tuple[str, dict[str, Any]]:
        """A condition that a conversation `c` is with a name or a number that holds it."""
        by_number, given = "", {"name": containing(self._letters)}
        name = self.lower("k.name")
        if self._digits:
            by_number, given["number"] = " or c.phone like :number", containing(self._digits)
        return f"(exists (select 1 from contacts k where k.id = c.contact and {name} like :name escape '!'){by_number})", given

    @property
    def contacts(self) -> str:
        """A query for the ids of contacts of which the name, the e-mail address or a number may hold it, each once."""
        if self._lite:
            held = """select distinct w.contact from contact_index cross join contact_rows w
                where contact_index match :held and w.n = contact_index.rowid"""
        else:
            held = f"select w.contact from contact_words w where w.account = :account and ({' or '.join(self._likes)})"
        known = "not exists (select 1 from contacts_to_index q where q.contact = w.contact)"
        return f"{held} and {known} union all select contact from contacts_to_index"

    @property
    def parameters(self) -> dict[str, Any]:
        """With `account`."""
        if self._lite:
            return {"held": " OR ".join(f"({_grams(letters)})" for letters in self._either)}
        return {f"held_{number}": containing(letters) for number, letters in enumerate(self._either)}

    async def rare(self, tx: Transaction) -> list[str] | None:
        """The `contacts`, where they are few; None where they are many, or too few letters to tell."""
        if self.short:
            return None
        rows = await tx.all(f"select contact from ({self.contacts}) held limit {RARE + 1}", account=self.account, **self.parameters)
        return [row["contact"] for row in rows] if len(rows) <= RARE else None

    async def texts(self, tx: Transaction, after: tuple[int, str] | None, limit: int) -> list[tuple[int, str]]:
        """(instant, id) of texts that may hold it, newest first, behind `after`."""
        given: dict[str, Any] = {"account": self.account, "limit": limit}
        if self._lite:
            held = "n in (select rowid from message_index where message_index match :held)"
            table, given["held"] = "message_rows", _grams(self._letters)
        else:
            held, table, given["held"] = "words like :held escape '!'", "message_words", containing(self._letters)
        behind = ""
        if after is not None:
            behind = " and (at, message) < (cast(:at as bigint), cast(:id as text))"
            given |= {"at": after[0], "id": after[1]}
        rows = await tx.all(
            f"select at, message from {table} where account = :account and {held}{behind} order by at desc, message desc limit :limit",
            **given,
        )
        return [(row["at"], row["message"]) for row in rows]

    @property
    def _either(self) -> list[str]:
        """One of these must be held. What holds a number as it was written holds its digits."""
        if not self._digits:
            return [self._letters]
        return [self._digits] if self._digits in self._letters else [self._letters, self._digits]

    @property
    def _likes(self) -> list[str]:
        return [f"w.words like :held_{number} escape '!'" for number in range(len(self._either))]


async def any_to_index(tx: Transaction) -> bool:
    row = await tx.one("select exists (select 1 from contacts_to_index) or exists (select 1 from messages_to_index) as there")
    return bool(row and row["there"])


async def index_contacts(tx: Transaction, most: int = 0) -> int:
    """Takes `most`, AT_ONCE where it is 0, from the queue; how many there were."""
    ids = await _take(tx, "contacts_to_index", "contact", most or AT_ONCE)
    found = await contacts.get(tx, ids)
    numbers: dict[str, list[str]] = {id: [phone.number for phone in contact.phones] for id, contact in found.items()}
    talks = await tx.all(
        "select c.contact, c.phone from json_each(:ids) k join conversations c on c.contact = k.value ->> 'id'",
        ids=batch({"id": id} for id in found),
    )
    for row in talks:
        numbers[row["contact"]].append(row["phone"])
    rows = [
        {"contact": id, "account": one.account, "words": _joined(one.name, one.fields.get("email", ""), *dict.fromkeys(numbers[id]))}
        for id, one in found.items()
    ]
    if tx.engine == "sqlite":
        await _number(tx, "contact", rows)
    elif rows:
        await tx.run(
            """insert into contact_words (contact, account, words)
               select value ->> 'contact', value ->> 'account', value ->> 'words' from json_each(:batch) where true
               on conflict (contact) do update set words = excluded.words""",
            batch=batch(rows),
        )
    return len(ids)


async def index_texts(tx: Transaction, most: int = 0) -> int:
    """As `index_contacts`."""
    ids = await _take(tx, "messages_to_index", "message", most or AT_ONCE)
    found = await tx.all(
        """select m.id, m.account, m.body, coalesce(m.send_at, m.created_at) as at from json_each(:ids) k
           join messages m on m.id = k.value ->> 'id'""",
        ids=batch({"id": id} for id in ids),
    )
    rows = [{"message": row["id"], "account": row["account"], "at": row["at"], "words": row["body"].lower()} for row in found]
    if tx.engine == "sqlite":
        await _number(tx, "message", rows, account="value ->> 'account'", at="cast(value ->> 'at' as bigint)")
    elif rows:
        await tx.run(
            """insert into message_words (message, account, at, words)
               select value ->> 'message', value ->> 'account', cast(value ->> 'at' as bigint), value ->> 'words'
               from json_each(:batch) where true on conflict (message) do update set at = excluded.at, words = excluded.words""",
            batch=batch(rows),
        )
    return len(ids)


async def _take(tx: Transaction, queue: str, column: str, most: int) -> list[str]:
    rows = await tx.all(
        f"delete from {queue} where {column} in (select {column} from {queue} order by {column} limit :most) returning {column}",
        most=most,
    )
    return sorted(row[column] for row in rows)


async def _number(tx: Transaction, kind: str, rows: Sequence[Mapping[str, object]], **more: str) -> None:
    """SQLite's index knows rows by numbers of its own, which no `vacuum` changes."""
    row = await tx.one(f"select max(n) as n from {kind}_rows")
    first = (row["n"] or 0) + 1 if row else 1
    numbered = batch({**each, "n": first + place} for place, each in enumerate(rows))
    values = {"n": "cast(value ->> 'n' as bigint)", kind: f"value ->> '{kind}'", **more}
    await tx.run(
        f"insert into {kind}_rows ({', '.join(values)}) select {', '.join(values.values())} from json_each(:batch)", batch=numbered
    )
    await tx.run(
        f"insert into {kind}_index (rowid, words) select cast(value ->> 'n' as bigint), value ->> 'words' from json_each(:batch)",
        batch=numbered,
    )


def _joined(*parts: str) -> str:
    return "\n".join(parts).lower()


def _grams(letters: str) -> str:
    grams = dict.fromkeys(letters[at : at + FEWEST] for at in range(len(letters) - FEWEST + 1))
    return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in list(grams)[:MOST_GRAMS])
