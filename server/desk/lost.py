"""The answer to whoever was not first."""

from server.desk.shapes import instant
from server.desk.work import Work
from server.domain.errors import AlreadyClaimed
from server.domain.thread import Conversation
from server.store import accounts


async def lost_claim(work: Work, conversation: Conversation) -> AlreadyClaimed:
    """Says who claimed it and when. Only for a conversation that was claimed since it was last public."""
    id, at = conversation.claimed_by, conversation.claimed_at
    assert id is not None
    assert at is not None
    winner = work.people.get(id) or (await accounts.users(work.tx, [id]))[id]
    return AlreadyClaimed(f"{winner.name} claimed this conversation first.", owner={"id": winner.id, "name": winner.name}, at=instant(at))
