"""What the report of response times is made of: texts by quarter of an hour, answered waits one by one, and what else happened when. Of
days that are over, and of no one's conversations alone, that is kept as it was counted (`response_days`)."""

from dataclasses import dataclass, replace
from typing import Any

from server.domain.report import Asked
from server.domain.response_times import QUARTER_US, Answered, Facts, Happened, Public, Texts, seconds_or_none
from server.store import response_days
from server.store.conversation_figures import AT, TEXT, answered_within, bounds, public_within, within
from server.store.database import Transaction


@dataclass(frozen=True, slots=True)
class _Query:
    """Conditions with their parameters: the account, the time, the DID, and whose conversations."""

    asked: Asked

    @property
    def parameters(self) -> dict[str, Any]:
        return {"account": self.asked.account, **bounds(self.asked), **dict(self.people)}

    @property
    def people(self) -> list[tuple[str, str]]:
        named = (("participant", self.asked.participant), ("scope", self.asked.scope))
        return [(name, user) for name, user in named if user is not None]

    def among(self, conversation: str) -> str:
        return "".join(f" and {conversation} in (select conversation from participants where user_id = :{name})" for name, _ in self.people)


async def facts(tx: Transaction, asked: Asked, since: int, until: int) -> Facts:
    """Everything that counts in [`since`, `until`) within what else is asked for, from one snapshot."""
    asked = replace(asked, since=since, until=until)
    query = _Query(asked)
    kept, rests = list[str](), [(since, until)]
    if not query.people:
        kept, rests = await response_days.kept(tx, asked.account, asked.did, since, until)
    return Facts(
        happened=[await happened(tx, replace(asked, since=begin, until=end)) for begin, end in rests],
        kept=kept,
        opt_outs=await _opt_outs(tx, query),
        claims=await _claims(tx, query),
    )


async def happened(tx: Transaction, asked: Asked) -> Happened:
    query = _Query(asked)
    return Happened(texts=await _texts(tx, query), answered=await _answered(tx, query), public=await _public(tx, query))


async def _texts(tx: Transaction, query: _Query) -> list[Texts]:
    quarter, mine = f"{AT} / {QUARTER_US}", f"{within(query.asked, AT, 'm.did')}{query.among('m.conversation')}"
    rows = await tx.all(
        f"""select {quarter} as quarter, m.did, m.direction, m.user_id, count(*) as n from messages m
            where m.account = :account and {TEXT}{mine} group by {quarter}, m.did, m.direction, m.user_id""",
        **query.parameters,
    )
    failed = await tx.all(
        f"""select {quarter} as quarter, m.did, count(*) as n from messages m
            where m.account = :account and m.kind = 'message' and m.state in ('failed', 'undelivered'){mine} group by {quarter}, m.did""",
        **query.parameters,
    )
    found = [Texts(row["quarter"], row["did"], row["direction"] == "inbound", row["user_id"], row["n"]) for row in rows]
    return found + [Texts(row["quarter"], row["did"], inbound=True, user=None, texts=0, failed=row["n"]) for row in failed]


async def _answered(tx: Transaction, query: _Query) -> list[Answered]:
    rows = await tx.all(
        f"""select w.ended_at / {QUARTER_US} as quarter, w.did, w.ended_by, w.ended_at - w.since as length, w.public_at from waits w
            where w.account = :account and {answered_within(query.asked)}{query.among("w.conversation")}""",
        **query.parameters,
    )
    return [
        Answered(row["quarter"], row["did"], row["ended_by"], seconds_or_none(row["length"]) or 0, row["public_at"] is None) for row in rows
    ]


async def _public(tx: Transaction, query: _Query) -> list[Public]:
    rows = await tx.all(
        f"""select w.public_at / {QUARTER_US} as quarter, w.did, count(*) as n from waits w
            where w.account = :account and {public_within(query.asked)}{query.among("w.conversation")}
            group by w.public_at / {QUARTER_US}, w.did""",
        **query.parameters,
    )
    return [Public(row["quarter"], row["did"], row["n"]) for row in rows]


async def _opt_outs(tx: Transaction, query: _Query) -> list[int]:
    """When numbers were opted out that were not before; over a DID, by a text that went over it."""
    over = ""
    if query.asked.did is not None:
        over = " and exists (select 1 from messages m where m.id = o.message and m.did = :did)"
    rows = await tx.all(
        f"""select o.at from consent o where o.account = :account and o.kind = 'opted_out'
            and o.source <> 'late'{within(query.asked, "o.at", None)}
            and coalesce((select p.kind from consent p where p.account = o.account and p.number = o.number
                          and p.kind in ('opted_out', 'opted_in') and p.source <> 'late' and (p.at, p.id) < (o.at, o.id)
                          order by p.at desc, p.id desc limit 1), 'opted_in') <> 'opted_out'{over}
            {_of(query)}""",
        **query.parameters,
    )
    return [row["at"] for row in rows]


def _of(query: _Query) -> str:
    among = query.among("c.id")
    return f"and exists (select 1 from conversations c where c.account = o.account and c.phone = o.number{among})" if among else ""


async def _claims(tx: Transaction, query: _Query) -> dict[str, int]:
    rows = await tx.all(
        f"""select k.user_id, count(*) as n from claims k
            where k.account = :account{within(query.asked, "k.at", "k.did")}{query.among("k.conversation")} group by k.user_id""",
        **query.parameters,
    )
    return {row["user_id"]: row["n"] for row in rows}
