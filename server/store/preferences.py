"""What each user chose. Status and its end are columns of their own, so that they can be counted."""

import msgspec
from msgspec.structs import replace

from server.domain.preferences import Preferences
from server.store.database import Transaction

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Preferences).decode


async def find(tx: Transaction, user: str) -> Preferences:
    """What was kept; the usual choices of somebody who never chose."""
    row = await tx.one("select chosen, status, focus_until from preferences where user_id = :user", user=user)
    if row is None:
        return Preferences()
    return replace(_decode(row["chosen"]), status=row["status"], focus_until=row["focus_until"])


async def save(tx: Transaction, user: str, chosen: Preferences) -> None:
    kept = replace(chosen, status="available", focus_until=None)
    await tx.run(
        """insert into preferences (user_id, chosen, status, focus_until) values (:user, :chosen, :status, :focus_until)
           on conflict (user_id) do update
           set chosen = excluded.chosen, status = excluded.status, focus_until = excluded.focus_until""",
        user=user,
        chosen=_encode(kept).decode(),
        status=chosen.status,
        focus_until=chosen.focus_until,
    )
