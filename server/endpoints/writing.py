"""The calls by which people write together, as the API's document describes them."""

from collections.abc import Mapping
from typing import Literal

from server.desk.drafts import DraftShape
from server.desk.history import HistoryPage
from server.desk.preferences import PreferenceChanges
from server.desk.saved_replies import NewSavedReply, SavedReplyChanges, SavedReplyShape
from server.desk.shapes import MessageShape, PreferencesShape
from server.endpoints.conversations import Nothing
from server.endpoints.drafts import Begun
from server.endpoints.messages import NewNote
from server.endpoints.operation import LIMIT, PAGED, Asked, Operation
from server.endpoints.preferences import NewPassword
from server.endpoints.saved_replies import SavedReplyList
from server.endpoints.scheduled import ScheduledList, SendNow

C = "/api/v1/conversations"
REPLIES = "Saved replies"

WRITING: Mapping[str, Operation] = {
    f"POST {C}/{{id}}/notes": Operation(
        "Messages",
        "Write an internal note: never sent, and no answer. Whom it mentions is alerted and takes part.",
        MessageShape,
        201,
        NewNote,
        refuses=("client_id_conflict",),
    ),
    f"GET {C}/{{id}}/events": Operation(
        "Conversations",
        "What happened to it between its messages, in order: the last ones, or those below `before`; with every change of its contact's "
        "readiness and consent from the first of them on, which `limit` does not count.",
        HistoryPage,
        asks=(Asked("before", int, "Only below this number."), LIMIT),
    ),
    f"GET {C}/{{id}}/draft": Operation("Messages", "What I have begun to write there.", DraftShape),
    f"PUT {C}/{{id}}/draft": Operation(
        "Messages", "Keep it for my other tabs and devices; a text of mine that is accepted there ends it.", DraftShape, takes=Begun
    ),
    "GET /api/v1/scheduled": Operation(
        "Messages",
        "My texts that wait for their time, the earliest first; with `all=1` everybody's, for managers.",
        ScheduledList,
        asks=(Asked("all", Literal["0", "1"], "1: everybody's.", "0"), *PAGED),
        refuses=("forbidden",),
    ),
    "POST /api/v1/messages/{id}/cancel": Operation(
        "Messages",
        "Take a scheduled text back: its author, the conversation's owner or a manager.",
        MessageShape,
        takes=Nothing,
        refuses=("not_scheduled", "forbidden"),
    ),
    "POST /api/v1/messages/{id}/arrived": Operation(
        "Messages",
        "Say of an `unconfirmed` text that it arrived: it is `sent` from then on.",
        MessageShape,
        takes=Nothing,
        refuses=("not_unconfirmed",),
    ),
    "POST /api/v1/messages/{id}/send-now": Operation(
        "Messages",
        "Let a scheduled text leave at once: its author, the conversation's owner or a manager.",
        MessageShape,
        takes=SendNow,
        refuses=("not_scheduled", "forbidden", "opted_out", "quiet_hours"),
    ),
    "GET /api/v1/saved-replies": Operation(
        REPLIES, "Mine and the shared ones, by shortcut.", SavedReplyList, asks=(Asked("q", str, "Part of a shortcut or a body."), *PAGED)
    ),
    "POST /api/v1/saved-replies": Operation(
        REPLIES, "Save a reply; only managers share it.", SavedReplyShape, 201, NewSavedReply, refuses=("already_exists", "forbidden")
    ),
    "GET /api/v1/saved-replies/{id}": Operation(REPLIES, "One of mine or of the shared ones.", SavedReplyShape),
    "PATCH /api/v1/saved-replies/{id}": Operation(
        REPLIES, "What is absent stays.", SavedReplyShape, takes=SavedReplyChanges, refuses=("already_exists", "forbidden")
    ),
    "DELETE /api/v1/saved-replies/{id}": Operation(REPLIES, "Remove it.", None, 204, refuses=("forbidden",)),
    "GET /api/v1/me/preferences": Operation("Account", "What the signed-in person chose.", PreferencesShape),
    "PATCH /api/v1/me/preferences": Operation(
        "Account", "What is absent stays; all of the person's tabs are told.", PreferencesShape, takes=PreferenceChanges
    ),
    "PUT /api/v1/me/password": Operation(
        "Account",
        "A new password; all other sessions of the person end.",
        status=204,
        takes=NewPassword,
        refuses=("too_many_requests",),
    ),
}
