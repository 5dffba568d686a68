"""Where words stand: which contacts, and which texts, hold some letters anywhere, by an index of every three letters; of contacts, which
are looked for while somebody types, of every one and two letters too.

SQLite: FTS5 without the words themselves. PostgreSQL: GIN over copies that are written once. What was written since the last look of the
timer waits in a queue, and is found through that: the index makes searching quick, never wrong.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from server.store import contacts
from server.store.database import Row, Transaction, batch, stored_text
from server.store.like import containing, containing_digits

FEWEST = 3
"""Letters that the index of texts can find."""
MOST_GRAMS = 24
"""Three letters each: more narrow nothing down."""
MOST_TEXTS = 5_000
"""More that the index gives for some letters are not looked at: a page has to end, and of so many the newest one by one find as much."""
AT_ONCE = 500
_TOLD = re.compile(r"[^\W_]{3}|[^\W_]{2} | [^\W_]{2}| [^\W_] ")
"""Three letters of which PostgreSQL's index tells whether a text has them: it knows words, two letters of where one begins and one of where
it ends, and not what stands between two of them."""
FIRST = "limit 1000000000"
"""Nothing reaches it. A subquery that ends with it is run as it stands: an engine that looks for what is asked of its rows by another
index would do that for each of them."""
RARE = 2_000
"""So many contacts are few: they are taken from the index at once, and not looked for in the order of a list."""
RARE_TALKS = f"(select c.* from json_each(:rare) r cross join conversations c where c.contact = r.value ->> 'id' {FIRST}) c"
"""The conversations with them; `rare` is a batch of their ids."""


class Wording:
    """What somebody searches for. `parameters` are for `contacts` and `found`."""

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
        """So few letters or digits that very many contacts may hold them."""
        return self.few or 0 < len(self._digits) < FEWEST

    @property
    def indexed(self) -> bool:
        """Whether the index of contacts can tell: a name and an e-mail address stand in it on lines of their own."""
        return self._letters != "" and "\n" not in self._letters

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
        return f"select w.contact from {self._in_index} union all select contact from contacts_to_index"

    def found(self, holds: str) -> str:
        """A query for `id`, `account` and `name` of the contacts that hold it, each once, where `indexed`. `holds`: that a contact `c`
        does as it is now. Those that wait are looked up one by one: PostgreSQL would read all contacts to join them."""
        now = f"select 1 from contacts c where c.id = q.contact and c.account = :account and {holds}"
        return f"""select w.contact as id, w.account, w.name from {self._in_index}
            union all select q.contact, cast(:account as text), (select c.name from contacts c where c.id = q.contact)
            from contacts_to_index q where ({now}) = 1"""

    @property
    def parameters(self) -> dict[str, Any]:
        """With `account`."""
        given = {column: containing(letters) if self._by_pattern(letters) else letters for column, letters in self._sought.items()}
        if self._lite:
            grams = {column: _grams(letters, min(len(letters), FEWEST)) for column, letters in self._sought.items()}
            given["held"] = " OR ".join(f"({_match(_tokens(self.account, column, held))})" for column, held in grams.items())
        return given

    async def rare(self, tx: Transaction) -> list[str] | None:
        """The `contacts`, where they are few; None where they are many, or the index cannot tell."""
        if not self.indexed:
            return None
        rows = await tx.all(f"select contact from ({self.contacts}) held limit {RARE + 1}", account=self.account, **self.parameters)
        return [row["contact"] for row in rows] if len(rows) <= RARE else None

    async def texts(self, tx: Transaction) -> list[tuple[int, str]] | None:
        """(instant, id) of texts that may hold it, newest first; None where the index has more than MOST_TEXTS for these letters, or cannot
        tell. PostgreSQL is asked for every three of them, and not for all as they stand: it would look for these in any number of texts."""
        grams = _grams(self._letters, FEWEST)
        given: dict[str, Any] = {"account": self.account, "most": MOST_TEXTS + 1}
        if self._lite:
            held = "select rowid as n from message_index where message_index match :held limit :most"
            rows = await tx.all(
                f"select r.at, r.message, r.account = :account as may from ({held}) i cross join message_rows r where r.n = i.n",
                held=_match(grams),
                **given,
            )
        else:
            grams = [gram for gram in grams if _TOLD.fullmatch(gram)][:MOST_GRAMS]
            if not grams:
                return None
            given |= {f"gram{place}": containing(gram) for place, gram in enumerate(grams)}
            every = " and ".join(f"words like :gram{place} escape '!'" for place in range(len(grams)))
            rows = await tx.all(
                f"""select at, message, words like :held escape '!' as may
                    from (select at, message, words from message_words where account = :account and {every} limit :most) w""",
                held=containing(self._letters),
                **given,
            )
        if len(rows) > MOST_TEXTS:
            return None
        return sorted({(row["at"], row["message"]) for row in rows if row["may"]}, reverse=True)

    @property
    def _sought(self) -> dict[str, str]:
        """What one of the columns must hold."""
        sought = {"said": self._letters, "numbers": self._digits}
        return {column: letters for column, letters in sought.items() if letters}

    @property
    def _in_index(self) -> str:
        """The rows `w` of the contacts that hold it as they were indexed, without those that wait to be indexed anew."""
        rows = "contact_words w where"
        holds = f"({' or '.join(self._holding(column, letters) for column, letters in self._sought.items())}) and"
        if self._lite:
            rows = "contact_index cross join contact_words w where contact_index match :held and w.n = contact_index.rowid and"
            if all(len(letters) <= FEWEST for letters in self._sought.values()):
                holds = ""
        known = "not exists (select 1 from contacts_to_index q where q.contact = w.contact)"
        return f"{rows} w.account = :account and {holds} {known}"

    def _holding(self, column: str, letters: str) -> str:
        by_pattern = f"w.{column} like :{column} escape '!'"
        return by_pattern if self._by_pattern(letters) else f"letters_in(w.{column}) @> array[cast(:{column} as text)]"

    def _by_pattern(self, letters: str) -> bool:
        """Fewer letters PostgreSQL finds only as they are."""
        return self._lite or len(letters) >= FEWEST


async def any_to_index(tx: Transaction) -> bool:
    row = await tx.one("select exists (select 1 from contacts_to_index) or exists (select 1 from messages_to_index) as there")
    return bool(row and row["there"])


async def more_wait(tx: Transaction, than: int) -> bool:
    """Whether more texts wait to be indexed."""
    row = await tx.one(f"select 1 as there from messages_to_index limit 1 offset {than}")
    return row is not None


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
        {
            "contact": id,
            "account": one.account,
            "name": one.name,
            "said": f"{one.name}\n{one.fields.get('email', '')}".lower(),
            "numbers": "\n".join(dict.fromkeys(numbers[id])).lower(),
        }
        for id, one in found.items()
    ]
    if not rows:
        return len(ids)
    columns = list(rows[0])
    values = ", ".join(f"value ->> '{column}'" for column in columns)
    into = f"insert into contact_words ({', '.join(columns)}) select {values} from json_each(:batch) where true"
    if tx.engine == "sqlite":
        await tx.run("delete from contact_words where contact in (select value ->> 'contact' from json_each(:batch))", batch=batch(rows))
        written = await tx.all(f"{into} returning n, account, said, numbers", batch=batch(rows))
        lines = [{"n": row["n"], "words": " ".join([*_held(row, "said"), *_held(row, "numbers")])} for row in written]
        await _fill_index(tx, "contact", lines)
    else:
        anew = ", ".join(f"{column} = excluded.{column}" for column in columns)
        await tx.run(f"{into} on conflict (contact) do update set {anew}", batch=batch(rows))
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
        await _number(tx, rows)
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


async def _number(tx: Transaction, rows: Sequence[Mapping[str, object]]) -> None:
    """SQLite's index knows rows by numbers of its own, which no `vacuum` changes."""
    row = await tx.one("select max(n) as n from message_rows")
    first = (row["n"] or 0) + 1 if row else 1
    numbered = [{**each, "n": first + place} for place, each in enumerate(rows)]
    await tx.run(
        """insert into message_rows (n, message, account, at)
           select cast(value ->> 'n' as bigint), value ->> 'message', value ->> 'account', cast(value ->> 'at' as bigint)
           from json_each(:batch)""",
        batch=batch(numbered),
    )
    await _fill_index(tx, "message", numbered)


async def _fill_index(tx: Transaction, kind: str, rows: Sequence[Mapping[str, object]]) -> None:
    await tx.run(
        f"insert into {kind}_index (rowid, words) select cast(value ->> 'n' as bigint), value ->> 'words' from json_each(:batch)",
        batch=batch(rows),
    )


def _held(row: Row, column: str) -> list[str]:
    """Every one, two and three letters of it, once, as the index of contacts has them."""
    return _tokens(row["account"], column, (gram for size in range(1, FEWEST + 1) for gram in _grams(row[column], size)))


def _tokens(account: str, column: str, grams: Iterable[str]) -> list[str]:
    """What FTS5 takes for one word each; other accounts and columns have others."""
    first = f"{account}{column[0]}"
    return [first + gram.encode().hex() for gram in grams]


def _grams(letters: str, size: int) -> list[str]:
    return list(dict.fromkeys(letters[at : at + size] for at in range(len(letters) - size + 1)))


def _match(grams: list[str]) -> str:
    return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in grams[:MOST_GRAMS])
