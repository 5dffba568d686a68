"""The calls by which managers see what goes on, as the API's document describes them."""

from collections.abc import Mapping

from server.desk.feed import FeedFigures, FeedPage
from server.domain.feed import KINDS
from server.endpoints.operation import LIMIT, Asked, Operation

FEED = "Feed"
DID = Asked("did", str, "Only what concerns this DID.")
USER = Asked("user", str, "Only what concerns this user.")

OVERSEEING: Mapping[str, Operation] = {
    "GET /api/v1/feed": Operation(
        FEED,
        "Everything that happened, as the events that the websocket brings, ascending: behind `after`, before `before`, or the last ones.",
        FeedPage,
        asks=(
            Asked("after", int, "Only above this position."),
            Asked("before", int, "Only below this position."),
            LIMIT,
            Asked("kinds", str, f"Some of {', '.join(KINDS)}, between commas; without it everything."),
            Asked("did", str, "Only events whose message went over this DID, or, without a message, whose conversation uses it."),
            Asked("user", str, "Only what this user did, wrote or owns, and what names the user."),
        ),
        refuses=("not_found",),
        who="manager",
    ),
    "GET /api/v1/feed/figures": Operation(FEED, "What waits now, and the texts of the last minute.", FeedFigures, who="manager"),
}
