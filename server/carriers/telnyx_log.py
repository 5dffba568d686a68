"""Reading back what Telnyx remembers: its message detail records, and the words of what came in.

A detail record has numbers, time, state and codes, and no words. The words and attachments of an inbound text are asked for one by one
from `GET /v2/messages/{id}`, which knows them for ten days, and not where the messaging profile redacts; then `body` is None. Those of
our own texts are not asked for: the address for their receipts is in the record, and with it our token. Records are listed newest first,
so that what arrives meanwhile repeats some instead of hiding others, and by whole days, which is all that the filter is documented to
take. Sources: developers.telnyx.com (search detail records, retrieve a message), and telnyx-python.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from urllib.parse import parse_qsl, quote

import httpx2
import msgspec

from server.carriers.carrier import MediaRef, legible, references
from server.carriers.listing import Missing, Question, instant, moment, pages, read
from server.carriers.logbook import LoggedText
from server.carriers.telnyx_codes import RECORD_STATES, telnyx_meaning
from server.domain.message import BROKEN, Direction

PAGE_SIZE = 50


class Number(msgspec.Struct):
    phone_number: str | None = None
    status: str | None = None


class Medium(msgspec.Struct):
    url: object = None
    content_type: object = None


def mentioned(media: Iterable[Medium | None] | None) -> tuple[MediaRef, ...]:
    return references((medium.url, medium.content_type) for medium in media or () if medium)


class _Record(msgspec.Struct):
    uuid: str | None = None
    cli: str | None = None
    cld: str | None = None
    created_at: datetime | None = None
    direction: str | None = None
    status: str | None = None
    errors: list[str | int] | None = None
    delivery_status_webhook_url: str | None = None


class _Meta(msgspec.Struct):
    total_pages: int


class _Records(msgspec.Struct):
    data: list[_Record]
    meta: _Meta


class _Message(msgspec.Struct):
    text: str | None = None
    media: list[Medium | None] | None = None


class _Retrieved(msgspec.Struct):
    data: _Message


async def read_log(base: str, login: str, since: int, until: int, http: httpx2.AsyncClient) -> AsyncIterator[LoggedText]:
    """As `Logbook.logged`. What has no id, sender, receiver or time is passed over."""
    headers = {"authorization": login}
    asked = [
        ("filter[record_type]", "messaging"),
        ("filter[created_at][gte]", moment(since).date().isoformat()),
        ("filter[created_at][lt]", (moment(until).date() + timedelta(days=1)).isoformat()),
        ("page[size]", str(PAGE_SIZE)),
        ("sort", "-created_at"),
    ]
    url = f"{base}/v2/detail_records"
    numbers = count(2)

    def following(page: _Records) -> Question | None:
        number = next(numbers)
        ages = [instant(record.created_at) for record in page.data if record.created_at]
        over = number > page.meta.total_pages or (ages and max(ages) < since)
        return None if over else (url, [*asked, ("page[number]", str(number))])

    async for page in pages(http, (url, asked), headers, _Records, following):
        for record in page.data:
            text = _text(record)
            if text is not None and since <= text.at <= until:
                yield text


def _text(record: _Record) -> LoggedText | None:
    if not (record.uuid and record.cli and record.cld and record.created_at):
        return None
    inbound = record.direction == "inbound"
    state = None if inbound else RECORD_STATES.get((record.status or "").lower())
    broken = state in BROKEN
    code = str(record.errors[0]) if broken and record.errors else None
    meaning = telnyx_meaning(code) if broken else None
    return LoggedText(
        direction=Direction.INBOUND if inbound else Direction.OUTBOUND,
        carrier_ref=record.uuid,
        sender=record.cli,
        to=record.cld,
        at=instant(record.created_at),
        more=inbound,
        token=None if inbound else _token(record.delivery_status_webhook_url or ""),
        state=state,
        code=code,
        says=meaning.says if meaning else None,
        permanent=meaning.permanent if meaning else False,
        opted_out=meaning.opted_out if meaning else False,
    )


def _token(url: str) -> str | None:
    """Out of the address at which the receipts of a text were asked for."""
    return dict(parse_qsl(url.partition("#")[0].partition("?")[2])).get("token")


async def with_words(base: str, login: str, text: LoggedText, http: httpx2.AsyncClient) -> LoggedText:
    if not text.more:
        return text
    url = f"{base}/v2/messages/{quote(text.carrier_ref, safe='')}"
    try:
        message = (await read(http, url, (), {"authorization": login}, _Retrieved)).data
    except Missing:
        return replace(text, more=False)
    if not (message.text or message.media):
        return replace(text, more=False)
    return replace(
        text,
        more=False,
        body=legible(message.text or ""),
        media=mentioned(message.media),
    )
