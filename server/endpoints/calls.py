"""The calls by which people converse, as the API's document describes them."""

from collections.abc import Mapping

from server.desk.inbox import MessagePage
from server.desk.quiet_hours import QuietNow
from server.desk.sandbox import NewSandboxText, SandboxPhones
from server.desk.send import Started
from server.desk.shapes import MessageShape, OwnConversationShape
from server.desk.tallies import Tallies
from server.domain.segments import Segments
from server.endpoints.conversations import ConsentReview, ConversationList, Nothing, Reading, Snooze, Subscription, Transfer, View
from server.endpoints.messages import FirstMessage, FoundList, NewMessage
from server.endpoints.operation import LIMIT, PAGED, Asked, Operation, Who
from server.endpoints.sandbox import Accepted, SandboxTextList

C = "/api/v1/conversations"
WORDS = Asked("q", str, "Part of a contact's name or number.")
CONVERSATION = "Conversations"
SENDING = (
    *("opted_out", "quiet_hours", "unseen_message", "already_claimed", "too_long", "no_mms", "no_number", "not_repliable"),
    *("client_id_conflict", "forbidden"),
)


def _act(says: str, *refuses: str, takes: type = Nothing, who: Who = "agent") -> Operation:
    """A call that changes a conversation and answers with it."""
    return Operation(CONVERSATION, says, OwnConversationShape, takes=takes, refuses=refuses, who=who)


CALLS: Mapping[str, Operation] = {
    f"GET {C}": Operation(
        CONVERSATION,
        "Newest activity first; the pool longest waiting first; unanswered by when it goes public, never last.",
        ConversationList,
        asks=(Asked("view", View, "mine: owned; subscribed: taken part in; the others are the whole account's.", "all"), WORDS, *PAGED),
    ),
    f"GET {C}/counts": Operation(CONVERSATION, "How many conversations each view holds.", Tallies),
    f"GET {C}/{{id}}": Operation(CONVERSATION, "One conversation.", OwnConversationShape),
    f"POST {C}/{{id}}/claim": _act(
        "Take a public conversation: of all who try, the first wins and the others are told who.",
        "already_claimed",
        "not_public",
        "claim_limit",
    ),
    f"POST {C}/take-next": Operation(
        CONVERSATION,
        "Claim the one that waits longest in the pool.",
        OwnConversationShape,
        takes=Nothing,
        refuses=("claim_limit",),
        also=(204, "The pool is empty."),
    ),
    f"POST {C}/{{id}}/release": _act("Put a waiting conversation into the pool: its owner or a manager.", "forbidden", "nothing_waits"),
    f"POST {C}/{{id}}/transfer": _act("Name a new owner; the old one becomes a subscriber.", "forbidden", takes=Transfer),
    f"POST {C}/{{id}}/close": _act("Close it until somebody texts again."),
    f"POST {C}/{{id}}/reopen": _act("Open a closed one."),
    f"POST {C}/{{id}}/no-reply-needed": _act("Clear the wait without an answer.", "nothing_waits"),
    f"POST {C}/{{id}}/snooze": _act("Stop the clock until a time or the next text.", takes=Snooze),
    f"POST {C}/{{id}}/consent-review": _act(
        "Decide whether the text that sounds like an opt-out is one.", "nothing_to_decide", takes=ConsentReview
    ),
    f"PUT {C}/{{id}}/subscription": _act("Follow, or mute and unmute.", "forbidden", takes=Subscription),
    f"DELETE {C}/{{id}}/subscription": Operation(CONVERSATION, "Unfollow; not the owner.", OwnConversationShape, refuses=("forbidden",)),
    f"PUT {C}/{{id}}/subscribers/{{user}}": _act("Add somebody.", who="manager"),
    f"DELETE {C}/{{id}}/subscribers/{{user}}": Operation(
        CONVERSATION, "Remove somebody; not the owner.", OwnConversationShape, who="manager"
    ),
    f"PUT {C}/{{id}}/read": _act("I have read up to here; all my tabs know.", takes=Reading),
    f"DELETE {C}/{{id}}/read": Operation(CONVERSATION, "Mark the newest message that alerted me unread again.", OwnConversationShape),
    f"GET {C}/{{id}}/messages": Operation(
        "Messages",
        "Ascending by seq: behind `after`, before `before`, or the last ones; with the numbers of the same snapshot.",
        MessagePage,
        asks=(Asked("before", int, "Only below this number."), Asked("after", int, "Only above this number."), LIMIT),
    ),
    f"GET {C}/{{id}}/quiet-hours": Operation(
        "Messages", "Whether a text may leave to this contact now, or when, by the account's quiet hours.", QuietNow
    ),
    f"POST {C}/{{id}}/messages": Operation(
        "Messages", "Send a text.", MessageShape, 202, NewMessage, refuses=(*SENDING, "not_unconfirmed")
    ),
    "GET /api/v1/messages": Operation(
        "Messages",
        "Texts of the whole account that hold some words, newest first. A page may have fewer than were asked for, or none, and a `next`.",
        FoundList,
        asks=(Asked("q", str, "Part of a text."), *PAGED),
    ),
    "POST /api/v1/messages": Operation(
        "Messages",
        "Send a text to a number or a contact; starts or joins the conversation.",
        Started,
        202,
        FirstMessage,
        refuses=(*SENDING, "not_found"),
    ),
    "GET /api/v1/segments": Operation(
        "Messages", "How many segments a text is billed as.", Segments, asks=(Asked("body", str, "The text.", ""),)
    ),
    "GET /sandbox/phones": Operation(
        "Sandbox", "The contacts' simulated phones, and our numbers that they can text.", SandboxPhones, refuses=("not_found",)
    ),
    "GET /sandbox/texts": Operation(
        "Sandbox",
        "What a phone shows.",
        SandboxTextList,
        asks=(Asked("phone", str, "The phone's number.", required=True), Asked("after", str, "The `next` of an earlier answer.")),
        refuses=("not_found",),
    ),
    "POST /sandbox/texts": Operation("Sandbox", "Text in from a phone.", Accepted, 202, NewSandboxText, refuses=("not_found",)),
}
