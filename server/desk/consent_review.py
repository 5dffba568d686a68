"""A person decides whether a text was an opt-out: what merely sounds like one is for a person to judge."""

import msgspec

from server.desk import views
from server.desk.consent import keep, opt_out
from server.desk.desk import Desk, Once
from server.desk.shapes import OwnConversationShape
from server.desk.work import Work
from server.domain.conversation import no_reply_needed
from server.domain.errors import NothingToDecide
from server.domain.user import User
from server.store import messages


async def decide(desk: Desk, user: User, id: str, opted_out: bool, once: Once | None = None) -> OwnConversationShape | msgspec.Raw:
    """Opts the conversation's number out, and then nobody waits for an answer, which nobody could give; or lets go what waited.
    Raises `NotFound`, `NothingToDecide`."""

    async def change(work: Work) -> str:
        actor = work.know(user)
        thread = await work.thread(user.account, id)
        c = thread.conversation
        text = work.standing(c).review_message
        if text is None:
            raise NothingToDecide("Nothing is to be decided here any more.")
        said = await messages.by_id(work.tx, text) or work.staged.new_messages.get(text)
        says = said.body or None if said is not None else None
        if opted_out:
            await opt_out(work, (c.account, c.phone), c.contact, actor, source="review", message=text, says=says)
            thread = await work.thread(user.account, id)
            if thread.conversation.waiting_since is not None:
                work.happen(thread, no_reply_needed(thread), actor)
        else:
            await keep(work, thread, actor, source="review", message=text, says=says)
        return id

    return await desk.write(change, lambda tx, _: views.conversation(tx, user, id), once, locks=[id])
