"""Consent: the append-only ledger, who is opted out now, and whose text a person should look at."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from server.domain.message import NO_WORDS
from server.store.database import Row, Transaction, batch

Key = tuple[str, str]
"""(account, number)."""

Kind = Literal["opted_out", "opted_in", "review", "kept"]


@dataclass(frozen=True, slots=True)
class ConsentEntry:
    """One line of the ledger. Instants are µs.

    kind      opted_out; opted_in; review: a text sounds like an opt-out; kept: it was none.
    source    keyword, carrier, user, import, review: a person decided about a text; words: those of a text in doubt came and were no
              opt-out; or late: a text that changed nothing, since the person had said otherwise before it reached us.
    message   the text that is the evidence: what the person wrote, or the one of ours that the carrier refused.
    says      the evidence word by word, or the reason that a person gave.
    asked_at  when the person asked for it, where that is known to be earlier.
    rules     the edition of the rules by which texts were read then.
    """

    id: str
    account: str
    number: str
    kind: Kind
    source: str
    at: int
    message: str | None = None
    user: str | None = None
    says: str | None = None
    asked_at: int | None = None
    rules: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a number stands. `did` is our number that the carrier refused to text from; `review_at` since when a person should look at
    `review_message`, which came without its words where `review_wordless`."""

    opted_out_at: int | None = None
    source: str | None = None
    did: str | None = None
    review_at: int | None = None
    review_message: str | None = None
    review_wordless: bool = False

    @property
    def review_why(self) -> str | None:
        if self.review_at is None:
            return None
        return NO_WORDS if self.review_wordless else "sounds_like"

    @property
    def opted_out(self) -> bool:
        return self.opted_out_at is not None


async def standings(tx: Transaction, numbers: Iterable[Key]) -> dict[Key, Standing]:
    """Those of the numbers that are opted out or under review."""
    rows = await tx.all(
        """select k.value ->> 'account' as account, k.value ->> 'number' as number, o.at as opted_out_at, o.source, o.did,
                  r.at as review_at, r.message as review_message, coalesce(m.error_code, '') = 'no_words' as wordless
           from json_each(:keys) k
           left join opt_outs o on o.account = k.value ->> 'account' and o.number = k.value ->> 'number'
           left join consent_reviews r on r.account = k.value ->> 'account' and r.number = k.value ->> 'number'
           left join messages m on m.id = r.message
           where o.at is not null or r.at is not null""",
        keys=_keys(numbers),
    )
    return {
        (row["account"], row["number"]): Standing(
            opted_out_at=row["opted_out_at"],
            source=row["source"],
            did=row["did"],
            review_at=row["review_at"],
            review_message=row["review_message"],
            review_wordless=bool(row["wordless"]),
        )
        for row in rows
    }


async def append(tx: Transaction, entry: ConsentEntry) -> None:
    """The ledger alone."""
    await tx.run(
        """insert into consent (id, account, number, kind, source, message, user_id, says, at, asked_at, rules)
           values (:id, :account, :number, :kind, :source, :message, :user, :says, :at, :asked_at, :rules)""",
        id=entry.id,
        account=entry.account,
        number=entry.number,
        kind=entry.kind,
        source=entry.source,
        message=entry.message,
        user=entry.user,
        says=entry.says,
        at=entry.at,
        asked_at=entry.asked_at,
        rules=entry.rules,
    )


async def record(tx: Transaction, entry: ConsentEntry) -> None:
    """Appends to the ledger and makes the number's standing agree with it: any but `review` ends a review. `opt_out` opts out."""
    await append(tx, entry)
    key = {"account": entry.account, "number": entry.number}
    if entry.kind == "review":
        await tx.run(
            """insert into consent_reviews (account, number, at, message) values (:account, :number, :at, :message)
               on conflict (account, number) do nothing""",
            **key,
            at=entry.at,
            message=entry.message,
        )
        return
    await _end_review(tx, entry)
    if entry.kind == "opted_in":
        await tx.run("delete from opt_outs where account = :account and number = :number", **key)


async def opt_out(tx: Transaction, entry: ConsentEntry, *, did: str | None = None, unless_out: bool = False) -> bool:
    """Opts the number out and appends to the ledger, `unless_out` only if it was not opted out.

    False where it was, after waiting for whoever is at it meanwhile: a number that nobody texts with has no conversation to lock.
    `did`: see `Standing`.
    """
    key = {"account": entry.account, "number": entry.number}
    sql = """insert into opt_outs (account, number, at, source, did) values (:account, :number, :at, :source, :did)
             on conflict (account, number) do nothing"""
    new = await tx.run(sql, **key, at=entry.at, source=entry.source, did=did) == 1
    if new or not unless_out:
        await append(tx, entry)
        await _end_review(tx, entry)
    if not new and did is not None:
        await tx.run("update opt_outs set did = coalesce(did, :did) where account = :account and number = :number", **key, did=did)
    return new


async def _end_review(tx: Transaction, entry: ConsentEntry) -> None:
    sql = "delete from consent_reviews where account = :account and number = :number"
    await tx.run(sql, account=entry.account, number=entry.number)


async def turn_review(tx: Transaction, number: Key, message: str, at: int) -> None:
    """The review that is open goes on for another text, in doubt since `at` (µs)."""
    account, phone = number
    await tx.run(
        "update consent_reviews set message = :message, at = :at where account = :account and number = :number",
        account=account,
        number=phone,
        message=message,
        at=at,
    )


async def ledger(tx: Transaction, account: str, numbers: Iterable[str]) -> list[ConsentEntry]:
    """Of these numbers, oldest first."""
    rows = await tx.all(
        """select c.* from json_each(:keys) k join consent c on c.account = :account and c.number = k.value ->> 'number'
           order by c.at, c.id""",
        account=account,
        keys=batch({"number": number} for number in set(numbers)),
    )
    return [_entry(row) for row in rows]


async def last_opt_ins(tx: Transaction, account: str, numbers: Iterable[str]) -> dict[str, int]:
    """When those of the numbers that ever opted in asked for it last, µs."""
    rows = await tx.all(
        """select c.number, max(coalesce(c.asked_at, c.at)) as at from json_each(:keys) k cross join consent c
           where c.account = :account and c.number = k.value ->> 'number' and c.kind = 'opted_in' group by c.number""",
        account=account,
        keys=batch({"number": number} for number in set(numbers)),
    )
    return {row["number"]: row["at"] for row in rows}


async def last_asked(tx: Transaction, number: Key) -> dict[str, int]:
    """When each kind of line that the number has was asked for last, µs; lines about one text alone are left out."""
    account, phone = number
    rows = await tx.all(
        """select kind, max(coalesce(asked_at, at)) as at from consent where account = :account and number = :number
           and source <> 'words' group by kind""",
        account=account,
        number=phone,
    )
    return {row["kind"]: row["at"] for row in rows}


async def opted_out_after(tx: Transaction, account: str, number: str, limit: int) -> list[ConsentEntry]:
    """At most `limit` of the numbers behind `number` that are opted out, in their order, each with the line that opted it out."""
    rows = await tx.all(
        """select c.* from (select number, at from opt_outs where account = :account and number > :number order by number limit :limit) o
           join consent c on c.id = (select e.id from consent e where e.account = :account and e.number = o.number and e.at = o.at
                                     and e.kind = 'opted_out' order by e.id limit 1)
           order by o.number""",
        account=account,
        number=number,
        limit=limit,
    )
    return [_entry(row) for row in rows]


def _keys(numbers: Iterable[Key]) -> str:
    return batch({"account": account, "number": number} for account, number in set(numbers))


def _entry(row: Row) -> ConsentEntry:
    return ConsentEntry(
        id=row["id"],
        account=row["account"],
        number=row["number"],
        kind=row["kind"],
        source=row["source"],
        at=row["at"],
        message=row["message"],
        user=row["user_id"],
        says=row["says"],
        asked_at=row["asked_at"],
        rules=row["rules"],
    )
