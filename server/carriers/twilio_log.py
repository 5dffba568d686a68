"""Reading back Twilio's Messages resource: words, states, and the attachments of what came in.

`DateSent` is when Twilio sent a text or called our webhook about one, in whole seconds. A text that it still holds in its queue has none
yet and is not listed. Sources: twilio.com/docs/messaging/api/message-resource and /media-resource, and twilio-python's own list calls.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import httpx2
import msgspec

from server.carriers.carrier import MediaRef, legible
from server.carriers.listing import Question, instant, moment, pages, read
from server.carriers.logbook import LoggedText, Unanswered
from server.carriers.refusals import meaning_of
from server.carriers.twilio_codes import CODES, STATES
from server.domain.message import BROKEN, Direction

PAGE_SIZE = 200
_SECOND_US = 1_000_000


class _Message(msgspec.Struct):
    sid: str | None = None
    direction: str | None = None
    sender: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    body: str | None = None
    num_media: str | int | None = None
    status: str | None = None
    date_sent: str | None = None
    error_code: int | str | None = None
    error_message: str | None = None


class _Messages(msgspec.Struct):
    messages: list[_Message]
    next_page_uri: str | None = None


class _Medium(msgspec.Struct):
    uri: str
    content_type: str | None = None


class _Media(msgspec.Struct):
    media_list: list[_Medium]
    next_page_uri: str | None = None


async def read_log(base: str, account: str, login: str, since: int, until: int, http: httpx2.AsyncClient) -> AsyncIterator[LoggedText]:
    """As `Logbook.logged`. What has no sender, receiver or time is passed over, and so is a text that Twilio is still receiving."""
    url = f"{base}/2010-04-01/Accounts/{quote(account, safe='')}/Messages.json"
    query = [("DateSent<", _second(until, up=True)), ("DateSent>", _second(since)), ("PageSize", str(PAGE_SIZE))]

    def following(page: _Messages) -> Question | None:
        return (_next(base, page.next_page_uri), []) if page.next_page_uri else None

    async for page in pages(http, (url, query), {"authorization": login}, _Messages, following):
        for message in page.messages:
            text = _text(message, since, until)
            if text is not None:
                yield text


def _text(message: _Message, since: int, until: int) -> LoggedText | None:
    at = _at(message.date_sent)
    if not (message.sid and message.sender and message.to) or at is None or message.status == "receiving":
        return None
    # the list goes by whole seconds
    if not since - _SECOND_US < at <= until:
        return None
    inbound = message.direction == "inbound"
    state = None if inbound else STATES.get(message.status or "")
    broken = state in BROKEN
    code = None if message.error_code is None or not broken else str(message.error_code)
    meaning = meaning_of(CODES, code, message.error_message) if broken else None
    return LoggedText(
        direction=Direction.INBOUND if inbound else Direction.OUTBOUND,
        carrier_ref=message.sid,
        sender=message.sender,
        to=message.to,
        at=at,
        body=None if message.body is None else legible(message.body),
        more=inbound and str(message.num_media or "0") != "0",
        state=state,
        code=code,
        says=meaning.says if meaning else None,
        permanent=meaning.permanent if meaning else False,
        opted_out=meaning.opted_out if meaning else False,
    )


async def with_media(base: str, account: str, login: str, text: LoggedText, http: httpx2.AsyncClient) -> LoggedText:
    """At the same addresses as the webhook names: those of the resources without `.json`."""
    if not text.more:
        return text
    url = f"{base}/2010-04-01/Accounts/{quote(account, safe='')}/Messages/{quote(text.carrier_ref, safe='')}/Media.json"
    found = await read(http, url, [("PageSize", "50")], {"authorization": login}, _Media)
    media = tuple(MediaRef(_next(base, each.uri.removesuffix(".json")), each.content_type) for each in found.media_list)
    return replace(text, media=media, more=False)


def _next(base: str, path: str) -> str:
    """An address below `base`, which gets our login: never one that the list names itself."""
    if not path.startswith("/") or path.startswith("//"):
        raise Unanswered("the carrier's list goes on elsewhere")
    return base.rstrip("/") + path


def _second(at_us: int, *, up: bool = False) -> str:
    return moment(at_us + (_SECOND_US - 1 if up else 0)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _at(written: str | None) -> int | None:
    try:
        return instant(parsedate_to_datetime(written or ""))
    except ValueError:
        return None
