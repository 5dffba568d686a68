"""Everything that can happen to a conversation. Each verb takes a `Thread` and returns a `Step`, or raises `Refused`."""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from server.domain.audience import Part, Participant
from server.domain.clocks import public_at
from server.domain.errors import AlreadyClaimed, Forbidden, NothingWaits, NotPublic
from server.domain.events import EventType
from server.domain.message import Message
from server.domain.thread import Conversation, Happening, Step, Thread
from server.domain.user import User


class Arrival(msgspec.Struct, frozen=True):
    """An inbound text as the clock sees it. `owner` is the user whose caller ID it came to."""

    at: int
    public_minutes: int | None
    keyword: bool
    owner: str | None = None


def receive(thread: Thread, arrival: Arrival) -> Step:
    """Rules 4, 8, 10, 11, 16: reopen and wake, start a wait unless one runs, and go public at once where nobody would answer."""
    c, people = thread.conversation, thread.participants
    happened = [Happening(EventType.MESSAGE_RECEIVED)]
    if c.seq == 0:
        happened.insert(0, Happening(EventType.CONVERSATION_OPENED, "inbound"))
        if arrival.owner is not None:
            c = replace(c, owner=arrival.owner)
            people = {arrival.owner: Participant(arrival.owner, Part.OWNER)}
    if c.closed_at is not None:
        c = replace(c, closed_at=None)
        happened.append(Happening(EventType.CONVERSATION_REOPENED, "inbound"))
    if c.snoozed_until is not None:
        c = _awake(c, arrival.at)
        happened.append(Happening(EventType.CONVERSATION_WOKEN, "inbound"))
    starts = not arrival.keyword and c.waiting_since is None
    if starts:
        c = replace(c, waiting_since=arrival.at, clock_start=arrival.at)
    nobodys = c.owner is None and c.waiting_since is not None
    if not c.public and (nobodys or (starts and arrival.public_minutes == 0)):
        c = _public(c, arrival.at)
        happened.append(Happening(EventType.CONVERSATION_PUBLIC, "no_owner" if nobodys else "at_once"))
    return Step(Thread(c, people), tuple(happened))


def texted(c: Conversation, did: str, at: int) -> Conversation:
    """The contact texted our number `did` at `at`. One that reached us late changes nothing where the contact has texted since: a reply
    leaves from the number that was texted last, and is one for so long after that."""
    return c if c.texted_at is not None and at < c.texted_at else replace(c, did=did, texted_at=at)


def answer(thread: Thread, user: User, at: int) -> Step:
    """A human's outbound message was accepted for sending, or a scheduled one leaves."""
    c, happened = thread.conversation, list[Happening]()
    if c.seq == 0:
        happened.append(Happening(EventType.CONVERSATION_OPENED, "outbound"))
        c = replace(c, owner=user.id)
        thread = Thread(c, {user.id: Participant(user.id, Part.OWNER)})
    elif c.public and c.owner != user.id:
        step = claim(thread, user, at, reason="message")
        thread, happened = step.thread, list(step.happened)
    elif c.owner is None:
        thread = _owned_by(thread, user.id)
        happened.append(Happening(EventType.CONVERSATION_TRANSFERRED, "first_answer", user.id))
    elif user.id not in thread.participants:
        step = subscribe(thread, user.id, reason="message")
        thread, happened = step.thread, list(step.happened)
    happened.append(Happening(EventType.MESSAGE_QUEUED))
    c = thread.conversation
    if c.closed_at is not None:
        c = replace(c, closed_at=None)
        happened.append(Happening(EventType.CONVERSATION_REOPENED, "outbound"))
    if c.waiting_since is not None:
        c = _answered(c)
        happened.append(Happening(EventType.CONVERSATION_ANSWERED, "message"))
    return Step(Thread(c, thread.participants), tuple(happened))


def schedule(thread: Thread, user: User) -> Step:
    """A human's text was accepted for later: its author takes part. All else waits until it leaves, when it is an `answer`."""
    if thread.conversation.seq == 0:
        owned = Thread(replace(thread.conversation, owner=user.id), {user.id: Participant(user.id, Part.OWNER)})
        return Step(owned, (Happening(EventType.CONVERSATION_OPENED, "outbound"), Happening(EventType.MESSAGE_SCHEDULED)))
    step = subscribe(thread, user.id, reason="message")
    return Step(step.thread, (*step.happened, Happening(EventType.MESSAGE_SCHEDULED)))


def restore_wait(thread: Thread, since: int, at: int, public_minutes: int | None) -> Step:
    """An answer failed for good and none stands after the text that came at `since`: its wait comes back, public if overdue."""
    c = thread.conversation
    if c.waiting_since is not None and c.waiting_since <= since:
        return Step(thread)
    clock = None if c.snoozed_until is not None else max(since, c.anew_at or 0)
    c = replace(c, waiting_since=since, clock_start=clock)
    happened = [Happening(EventType.CONVERSATION_WAITING, "answer_failed")]
    late = _overdue(c, public_minutes, at)
    if not c.public and (late or c.owner is None):
        c = _public(c, at)
        happened.append(Happening(EventType.CONVERSATION_PUBLIC, "overdue" if late else "no_owner"))
    return Step(Thread(c, thread.participants), tuple(happened))


def answered_after_all(thread: Thread, author: str | None) -> Step:
    """A text of `author` that was taken for failed arrived, and nothing else waits."""
    c = thread.conversation
    if c.waiting_since is None:
        return Step(thread)
    return Step(Thread(_answered(c), thread.participants), (Happening(EventType.CONVERSATION_ANSWERED, "delivered_after_all", author),))


def unintroduced(thread: Thread, message: Message) -> Thread:
    """The thread after a text did not arrive: if that one carried the opt-out line, the next will."""
    if message.body_asked is None or message.body == message.body_asked:
        return thread
    return Thread(replace(thread.conversation, introduced_at=None), thread.participants)


def go_public(thread: Thread, at: int, public_minutes: int | None) -> Step:
    """The timer's verb. Nothing happens unless it waits, is not public yet, and its deadline has come."""
    c = thread.conversation
    if c.public or not _overdue(c, public_minutes, at):
        return Step(thread)
    return Step(Thread(_public(c, at), thread.participants), (Happening(EventType.CONVERSATION_PUBLIC, "timer"),))


def claim(thread: Thread, user: User, at: int, *, reason: str = "claim") -> Step:
    """Rule 15: of all who try, the first wins; `AlreadyClaimed` or `NotPublic` for the others. The clock starts anew."""
    c = thread.conversation
    if not c.public:
        if c.claimed_at is not None:
            raise AlreadyClaimed("Somebody claimed this conversation first.", owner=c.claimed_by, at=c.claimed_at)
        raise NotPublic("This conversation is not public.")
    owned = _owned_by(thread, user.id)
    c = replace(owned.conversation, public_since=None, clock_start=at, anew_at=at, claimed_at=at, claimed_by=user.id)
    c = replace(c, claimed_seq=c.seq + 1)
    return Step(Thread(c, owned.participants), (Happening(EventType.CONVERSATION_CLAIMED, reason, user.id),))


def release(thread: Thread, user: User, at: int) -> Step:
    """The owner or a manager puts a waiting conversation into the pool by hand."""
    c = thread.conversation
    _must_own(c, user, "release it")
    if c.waiting_since is None:
        raise NothingWaits("No text waits for an answer, so there is nothing to release.")
    if c.public:
        return Step(thread)
    return Step(Thread(_public(c, at), thread.participants), (Happening(EventType.CONVERSATION_RELEASED, "release"),))


def transfer(thread: Thread, user: User, to: str, at: int) -> Step:
    """A new owner; the old one becomes a subscriber; a running wait's clock starts anew."""
    c = thread.conversation
    if c.owner is not None:
        _must_own(c, user, "transfer it")
    if c.owner == to and not c.public:
        return Step(thread)
    thread = _owned_by(thread, to)
    clock = at if c.waiting_since is not None else None
    c = replace(thread.conversation, public_since=None, clock_start=clock, anew_at=at, snoozed_until=None)
    return Step(Thread(c, thread.participants), (Happening(EventType.CONVERSATION_TRANSFERRED, "transfer", to),))


def no_reply_needed(thread: Thread) -> Step:
    """Clears the wait by hand; it does not come back."""
    c = thread.conversation
    if c.waiting_since is None:
        raise NothingWaits("No text waits for an answer.")
    c = replace(_answered(c), settled_seq=c.seq)
    return Step(Thread(c, thread.participants), (Happening(EventType.CONVERSATION_ANSWERED, "no_reply_needed"),))


def was_keyword(thread: Thread) -> Step:
    """The only text that waited turned out to be a handled keyword."""
    c = thread.conversation
    if c.waiting_since is None:
        return Step(thread)
    return Step(Thread(_answered(c), thread.participants), (Happening(EventType.CONVERSATION_ANSWERED, "keyword"),))


def close(thread: Thread, at: int) -> Step:
    c = thread.conversation
    if c.closed_at is not None:
        return Step(thread)
    c = replace(_answered(c), settled_seq=c.seq, snoozed_until=None, closed_at=at)
    return Step(Thread(c, thread.participants), (Happening(EventType.CONVERSATION_CLOSED),))


def reopen(thread: Thread) -> Step:
    c = thread.conversation
    if c.closed_at is None:
        return Step(thread)
    return Step(Thread(replace(c, closed_at=None), thread.participants), (Happening(EventType.CONVERSATION_REOPENED, "by_hand"),))


def snooze(thread: Thread, until: int) -> Step:
    """Stops the clock until `until` or the next inbound. A public conversation leaves the pool."""
    c = replace(thread.conversation, snoozed_until=until, clock_start=None, public_since=None)
    return Step(Thread(c, thread.participants), (Happening(EventType.CONVERSATION_SNOOZED),))


def wake(thread: Thread, at: int) -> Step:
    """The timer's verb for a snooze that ended. A wait goes on with a new clock, or is public where nobody owns it."""
    c = thread.conversation
    if c.snoozed_until is None or c.snoozed_until > at:
        return Step(thread)
    c, happened = _awake(c, at), [Happening(EventType.CONVERSATION_WOKEN, "timer")]
    if c.waiting_since is not None and c.owner is None and not c.public:
        c = _public(c, at)
        happened.append(Happening(EventType.CONVERSATION_PUBLIC, "no_owner"))
    return Step(Thread(c, thread.participants), tuple(happened))


def subscribe(thread: Thread, user: str, *, reason: str = "follow") -> Step:
    if user in thread.participants:
        return Step(thread)
    joined = Participant(user, Part.SUBSCRIBER, read_seq=thread.conversation.seq)
    return Step(
        Thread(thread.conversation, {**thread.participants, user: joined}),
        (Happening(EventType.SUBSCRIBER_ADDED, reason, user),),
    )


def unsubscribe(thread: Thread, user: str) -> Step:
    part = thread.participants.get(user)
    if part is None:
        return Step(thread)
    if part.part is Part.OWNER:
        raise Forbidden("The owner takes part until somebody else owns the conversation.")
    rest = {u: p for u, p in thread.participants.items() if u != user}
    return Step(Thread(thread.conversation, rest), (Happening(EventType.SUBSCRIBER_REMOVED, None, user),))


def leave_ownerless(thread: Thread, owner: str, at: int, *, reason: str = "user_disabled") -> Step:
    """`owner` was disabled, or a manager took it away: nobody owns it any more, and what waits is public.

    Nothing happens to what is another's by now.
    """
    if thread.conversation.owner != owner:
        return Step(thread)
    c = replace(thread.conversation, owner=None)
    rest = {u: p for u, p in thread.participants.items() if p.part is not Part.OWNER}
    if c.waiting_since is None or c.public:
        return Step(Thread(c, rest), (Happening(EventType.CONVERSATION_TRANSFERRED, reason),))
    return Step(Thread(_public(c, at), rest), (Happening(EventType.CONVERSATION_PUBLIC, reason),))


def inherit(thread: Thread, owner: str, heir: str, at: int) -> Step:
    """`owner` was disabled and `heir` takes over: as `transfer`, but the old owner takes no part any more, and a snooze goes on."""
    if thread.conversation.owner != owner:
        return Step(thread)
    owned = _owned_by(thread, heir)
    c = owned.conversation
    clock = at if c.waiting_since is not None and c.snoozed_until is None else None
    rest = {u: p for u, p in owned.participants.items() if u != owner}
    c = replace(c, public_since=None, clock_start=clock, anew_at=at)
    return Step(Thread(c, rest), (Happening(EventType.CONVERSATION_TRANSFERRED, "user_disabled", heir),))


def _must_own(c: Conversation, user: User, what: str) -> None:
    if c.owner != user.id and not user.manages:
        raise Forbidden(f"Only the owner or a manager may {what}.")


def _public(c: Conversation, at: int) -> Conversation:
    return replace(c, public_since=at, claimed_at=None, claimed_by=None, snoozed_until=None)


def _overdue(c: Conversation, public_minutes: int | None, at: int) -> bool:
    due = public_at(c.clock_start, public_minutes, c.waiting_since)
    return c.waiting_since is not None and due is not None and due <= at


def _answered(c: Conversation) -> Conversation:
    return replace(c, waiting_since=None, clock_start=None, public_since=None)


def _awake(c: Conversation, at: int) -> Conversation:
    return replace(c, snoozed_until=None, anew_at=at, clock_start=at if c.waiting_since is not None else None)


def _owned_by(thread: Thread, user: str) -> Thread:
    """`user` becomes owner; the old owner becomes a subscriber."""
    people: Mapping[str, Participant] = {
        u: replace(p, part=Part.SUBSCRIBER) if p.part is Part.OWNER else p for u, p in thread.participants.items()
    }
    mine = people.get(user)
    owner = replace(mine, part=Part.OWNER) if mine else Participant(user, Part.OWNER, read_seq=thread.conversation.seq)
    return Thread(replace(thread.conversation, owner=user), {**people, user: owner})
