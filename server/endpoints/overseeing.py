"""The calls by which managers see what goes on, as the API's document describes them."""

from collections.abc import Mapping
from typing import Literal

from server.desk.audit import AuditPage
from server.desk.conversation_report import SORTS
from server.desk.feed import FeedFigures, FeedPage
from server.desk.response_times import ResponseTimes
from server.domain.feed import KINDS
from server.domain.report import Answered, Public
from server.endpoints.operation import LIMIT, PAGED, Asked, Operation
from server.endpoints.reports import ReportedConversations
from server.endpoints.spreadsheet import TYPE
from server.endpoints.status import Examined

FEED = "Feed"
REPORTS = "Reports"
SPAN = (
    Asked("from", str, "A day of the time zone, or an instant of RFC 3339."),
    Asked("to", str, "A day, which counts whole, or an instant, which does not count itself."),
    Asked("time_zone", str, "Whose days are meant, by IANA's name.", "UTC"),
)
DID = Asked("did", str, "Count only what went over this DID.")
CSV = Asked("as", str, "csv: as `Accept: text/csv`, for a link.")
USER = Asked("user", str, "Only conversations that this user takes part in.")

OVERSEEING: Mapping[str, Operation] = {
    "GET /api/v1/feed": Operation(
        FEED,
        "Everything that happened, as the events that the websocket brings, ascending: behind `after`, before `before`, or the last ones.",
        FeedPage,
        asks=(
            Asked("after", int, "Only above this position."),
            Asked("before", int, "Only below this position."),
            Asked("to", str, "Without a position: only what happened before this instant, or up to the end of this day of UTC."),
            LIMIT,
            Asked("kinds", str, f"Some of {', '.join(KINDS)}, between commas; without it everything."),
            Asked("did", str, "Only events whose message went over this DID, or, without a message, whose conversation uses it."),
            Asked("user", str, "Only what this user did, wrote or owns, and what names the user."),
        ),
        refuses=("not_found",),
        who="manager",
    ),
    "GET /api/v1/feed/figures": Operation(FEED, "What waits now, and the texts of the last minute.", FeedFigures, who="manager"),
    "GET /api/v1/reports/sms-conversations": Operation(
        REPORTS,
        "Conversations with their figures. With a time or a DID only that counts, and only conversations in which something does are "
        "there. Agents see those that they take part in. As CSV (`Accept: text/csv`) all lines, made safe for spreadsheets.",
        ReportedConversations,
        asks=(
            *SPAN,
            DID,
            USER,
            Asked("owner", str, "A user's id, or none."),
            Asked("answered", Answered, "unanswered: a text waits.", "any"),
            Asked("public", Public, "now: in the pool; was: it went public within what counts.", "any"),
            Asked("opted_out", bool, "Only contacts who opted out, or who did not."),
            Asked("q", str, "Part of a contact's name or number."),
            Asked("sort", str, f"One of {', '.join(SORTS)}, with - from the largest.", "-last_message"),
            CSV,
            *PAGED,
        ),
        refuses=("not_found", "too_many_requests"),
        serves=(TYPE,),
    ),
    "GET /api/v1/reports/response-times": Operation(
        REPORTS,
        "What came and went and how long people waited, by day, hour, agent and DID; without a time the last 14 days. As CSV "
        "(`Accept: text/csv`) one of its tables.",
        ResponseTimes,
        asks=(*SPAN, DID, USER, Asked("table", Literal["agents", "dids", "days"], "Which table is wanted as CSV.", "agents")),
        refuses=("not_found", "too_many_requests"),
        who="manager",
        serves=(TYPE,),
    ),
    "GET /api/v1/audit": Operation(
        "Account",
        "Who changed what, newest first: settings, users, DIDs, carriers, tokens, live filters. Never a secret. Also as CSV "
        "(`Accept: text/csv`).",
        AuditPage,
        asks=(
            Asked("user", str, "Only what this user changed."),
            Asked("what", str, "Only this: a thing and what was done to it, such as did.changed."),
            *PAGED,
        ),
        refuses=("not_found", "too_many_requests"),
        who="manager",
        serves=(TYPE,),
    ),
    "GET /api/v1/status": Operation(
        "Account",
        "What `partyline doctor` says of this installation: each thing that an operator can put right, whether it is well, and what to do. "
        "Takes some seconds.",
        Examined,
        who="manager",
    ),
}
