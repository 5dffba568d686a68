"""Reading back Bandwidth's list of messages: numbers, times, states and codes of the last fourteen days.

Bandwidth keeps no words, lists no attachments and does not give our tag back: `body` is always None. At most 10,000 messages are listed
for one question, which says how many there are: where there are more, each half of the time is asked for.
Sources: dev.bandwidth.com (list messages), and bandwidth-sdk.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime

import httpx2
import msgspec

from server.carriers.bandwidth_codes import LISTED_STATES, bandwidth_meaning, failed_state
from server.carriers.listing import Question, instant, moment, pages
from server.carriers.logbook import LoggedText
from server.domain.message import BROKEN, Direction, MessageState

PAGE_SIZE = 500
LISTED_MOST = 10_000
SHORTEST_US = 1_000_000
_MILLISECOND_US = 1_000


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
    total_count: int | None = None
    messages: list[_Item] | None = None
    page_info: _PageInfo | None = None


async def read_log(url: str, login: str, since: int, until: int, http: httpx2.AsyncClient) -> AsyncIterator[LoggedText]:
    """As `Logbook.logged`. What has no id, sender, receiver or time is passed over."""
    spans = [(since, until)]
    while spans:
        begin, end = spans.pop()
        asked = [("fromDateTime", _written(begin)), ("toDateTime", _written(end + 999)), ("limit", str(PAGE_SIZE))]
        async with aclosing(_pages(url, login, asked, http)) as listed:
            async for page in listed:
                if (page.total_count or 0) > LISTED_MOST and end - begin > SHORTEST_US:
                    middle = (begin + end) // 2 // _MILLISECOND_US * _MILLISECOND_US
                    spans += (begin, middle - 1), (middle, end)
                    break
                for item in page.messages or []:
                    text = _text(item)
                    if text is not None and (begin <= text.at or (begin == since and since - 999 <= text.at)) and text.at <= end:
                        yield text


def _pages(url: str, login: str, asked: list[tuple[str, str]], http: httpx2.AsyncClient) -> AsyncGenerator[_Page, None]:
    def following(page: _Page) -> Question | None:
        token = page.page_info.next_page_token if page.page_info else None
        return (url, [*asked, ("pageToken", token)]) if token else None

    return pages(http, (url, asked), {"authorization": login}, _Page, following)


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
