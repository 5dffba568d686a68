"""Reading back Bandwidth's list of messages: numbers, times, states and codes of the last fourteen days.

Bandwidth keeps no words, lists no attachments and does not give our tag back: `body` is always None. At most 10,000 messages are listed
for one question; where more are due, `Unanswered` says so. Sources: dev.bandwidth.com (list messages), and bandwidth-sdk.
"""

from collections.abc import AsyncIterator
from datetime import datetime

import httpx2
import msgspec

from server.carriers.bandwidth_codes import LISTED_STATES, bandwidth_meaning, failed_state
from server.carriers.listing import Question, instant, moment, pages
from server.carriers.logbook import LoggedText
from server.domain.message import BROKEN, Direction, MessageState

PAGE_SIZE = 500


class _Item(msgspec.Struct, rename="camel"):
    message_id: str | None = None
    source_tn: str | None = None
    destination_tn: str | None = None
    message_status: str | None = None
    message_direction: str | None = None
    error_code: int | str | None = None
    receive_time: datetime | None = None


class _PageInfo(msgspec.Struct, rename="camel"):
    next_page_token: str | None = None


class _Page(msgspec.Struct, rename="camel"):
    messages: list[_Item] | None = None
    page_info: _PageInfo | None = None


async def read_log(url: str, login: str, since: int, until: int, http: httpx2.AsyncClient) -> AsyncIterator[LoggedText]:
    """As `Logbook.logged`. What has no id, sender, receiver or time is passed over."""
    asked = [("fromDateTime", _written(since)), ("toDateTime", _written(until + 999)), ("limit", str(PAGE_SIZE))]

    def following(page: _Page) -> Question | None:
        token = page.page_info.next_page_token if page.page_info else None
        return (url, [*asked, ("pageToken", token)]) if token else None

    async for page in pages(http, (url, asked), {"authorization": login}, _Page, following):
        for item in page.messages or []:
            text = _text(item)
            if text is not None and since - 999 <= text.at <= until:
                yield text


def _text(item: _Item) -> LoggedText | None:
    if not (item.message_id and item.source_tn and item.destination_tn and item.receive_time):
        return None
    inbound = item.message_direction == "INBOUND"
    state = None if inbound else LISTED_STATES.get(item.message_status or "")
    code = str(item.error_code) if item.error_code else None
    if state is MessageState.FAILED and code is not None:
        state = failed_state(code)
    broken = state in BROKEN
    meaning = bandwidth_meaning(code) if broken else None
    return LoggedText(
        direction=Direction.INBOUND if inbound else Direction.OUTBOUND,
        carrier_ref=item.message_id,
        sender=item.source_tn,
        to=item.destination_tn,
        at=instant(item.receive_time),
        state=state,
        code=code if broken else None,
        says=meaning.says if meaning else None,
        permanent=meaning.permanent if meaning else False,
        opted_out=meaning.opted_out if meaning else False,
    )


def _written(at_us: int) -> str:
    return moment(at_us).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_us // 1000 % 1000:03d}Z"
