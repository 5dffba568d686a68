"""What each user has begun to write in each conversation and not sent."""

from collections.abc import Iterable
from dataclasses import dataclass

from server.store.database import Transaction, batch


@dataclass(frozen=True, slots=True)
class Draft:
    """`updated_at` in µs UTC, None where nothing is begun."""

    body: str = ""
    updated_at: int | None = None


async def find(tx: Transaction, account: str, user: str, conversation: str) -> Draft | None:
    """None where the conversation is not the account's."""
    row = await tx.one(
        """select d.body, d.updated_at from conversations c left join drafts d on d.conversation = c.id and d.user_id = :user
           where c.id = :conversation and c.account = :account""",
        account=account,
        user=user,
        conversation=conversation,
    )
    if row is None:
        return None
    return Draft(row["body"], row["updated_at"]) if row["body"] is not None else Draft()


async def save(tx: Transaction, user: str, conversation: str, body: str) -> None:
    await tx.run(
        """insert into drafts (user_id, conversation, body, updated_at) values (:user, :conversation, :body, :now)
           on conflict (user_id, conversation) do update set body = excluded.body, updated_at = excluded.updated_at""",
        user=user,
        conversation=conversation,
        body=body,
        now=tx.now,
    )


async def delete(tx: Transaction, user: str, conversation: str) -> None:
    await tx.run("delete from drafts where user_id = :user and conversation = :conversation", user=user, conversation=conversation)


async def beginnings(tx: Transaction, user: str, conversations: Iterable[str], length: int) -> dict[str, str]:
    """The first `length` characters of the user's drafts in these conversations, by conversation."""
    rows = await tx.all(
        """select d.conversation, substr(d.body, 1, :length) as begun from json_each(:ids) k
           join drafts d on d.conversation = k.value ->> 'id' and d.user_id = :user""",
        ids=batch({"id": id} for id in conversations),
        user=user,
        length=length,
    )
    return {row["conversation"]: row["begun"] for row in rows}
