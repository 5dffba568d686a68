"""What the report of response times is made of: texts by quarter of an hour, answered waits one by one, and what else happened when."""

from dataclasses import dataclass
from typing import Any

from server.domain.report import Asked
from server.domain.response_times import QUARTER_US, Answered, Facts, Texts
from server.store.conversation_figures import AT, TEXT, answered_within, bounds, public_within, within
from server.store.database import Transaction


@dataclass(frozen=True, slots=True)
class _Query:
    """Conditions with their parameters: the account, the time, the DID, and whose conversations."""

    asked: Asked

    @property
    def parameters(self) -> dict[str, Any]:
        return {"account": self.asked.account, **bounds(self.asked), **dict(self._people())}

    def among(self, conversation: str) -> str:
        return "".join(
            f" and {conversation} in (select conversation from participants where user_id = :{name})" for name, _ in self._people()
        )

    def _people(self) -> list[tuple[str, str]]:
        named = (("participant", self.asked.participant), ("scope", self.asked.scope))
        return [(name, user) for name, user in named if user is not None]


async def facts(tx: Transaction, asked: Asked) -> Facts:
    """Everything that counts within what is asked for, from one snapshot."""
    query = _Query(asked)
    return Facts(
        texts=await _texts(tx, query),
        failed=await _failed(tx, query),
        by_user=await _by_user(tx, query),
        by_did=await _by_did(tx, query),
        answered=await _answered(tx, query),
        public=await _public(tx, query),
        opt_outs=await _opt_outs(tx, query),
        claims=await _claims(tx, query),
    )


async def _texts(tx: Transaction, query: _Query) -> list[Texts]:
    rows = await tx.all(
        f"""select {AT} / {QUARTER_US} as quarter, m.direction, count(*) as n from messages m where {_counted(query)}
            group by {AT} / {QUARTER_US}, m.direction""",
        **query.parameters,
    )
    return [Texts(row["quarter"] * QUARTER_US, row["direction"] == "inbound", row["n"]) for row in rows]


async def _failed(tx: Transaction, query: _Query) -> dict[int, int]:
    rows = await tx.all(
        f"""select {AT} / {QUARTER_US} as quarter, count(*) as n from messages m
            where m.account = :account and m.kind = 'message' and m.state in ('failed', 'undelivered')
            {within(query.asked, AT, "m.did")}{query.among("m.conversation")} group by {AT} / {QUARTER_US}""",
        **query.parameters,
    )
    return {row["quarter"] * QUARTER_US: row["n"] for row in rows}


async def _by_user(tx: Transaction, query: _Query) -> dict[str | None, int]:
    rows = await tx.all(
        f"select m.user_id, count(*) as n from messages m where {_counted(query)} and m.direction = 'outbound' group by m.user_id",
        **query.parameters,
    )
    return {row["user_id"]: row["n"] for row in rows}


async def _by_did(tx: Transaction, query: _Query) -> dict[str | None, tuple[int, int]]:
    rows = await tx.all(
        f"""select m.did, count(case when m.direction = 'inbound' then 1 end) as texts_in,
                   count(case when m.direction = 'outbound' then 1 end) as texts_out
            from messages m where {_counted(query)} group by m.did""",
        **query.parameters,
    )
    return {row["did"]: (row["texts_in"], row["texts_out"]) for row in rows}


def _counted(query: _Query) -> str:
    return f"m.account = :account and {TEXT}{within(query.asked, AT, 'm.did')}{query.among('m.conversation')}"


async def _answered(tx: Transaction, query: _Query) -> list[Answered]:
    rows = await tx.all(
        f"""select w.ended_at, w.ended_at - w.since as length, w.ended_by, w.did, w.public_at from waits w
            where w.account = :account and {answered_within(query.asked)}{query.among("w.conversation")}""",
        **query.parameters,
    )
    return [Answered(row["ended_at"], row["length"], row["ended_by"], row["did"], row["public_at"] is None) for row in rows]


async def _public(tx: Transaction, query: _Query) -> list[int]:
    rows = await tx.all(
        f"select w.public_at from waits w where w.account = :account and {public_within(query.asked)}{query.among('w.conversation')}",
        **query.parameters,
    )
    return [row["public_at"] for row in rows]


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
