"""The API's reports, as JSON and, where `Accept: text/csv` asks for it, as a spreadsheet."""

from collections.abc import AsyncIterator, Sequence

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from server.desk.conversation_report import (
    SORTS,
    Edge,
    ReportedConversation,
    Sort,
    check_report,
    conversation_report,
    whole_report,
)
from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.response_times import ResponseTimes, response_times_report
from server.domain.report import ANSWERED, NOBODY, PUBLIC, Asked
from server.domain.user import User
from server.endpoints.asked import choice_in, id_in, truth_in, words_in
from server.endpoints.bodies import json, limit_of
from server.endpoints.cursors import Cursors
from server.endpoints.span import span_in
from server.endpoints.spreadsheet import Cell, Exports, wants_csv

TABLES = ("agents", "dids", "days")
COLUMNS = (
    "Conversation",
    "Contact",
    "Phone",
    "Opted out",
    "Number",
    "Number's label",
    "Owner",
    "Subscribers",
    "Last text",
    "Last text at",
    "Last text by",
    "Last text says",
    "Waiting since",
    "Waiting seconds",
    "First reply seconds",
    "Answered waits",
    "Texts in",
    "Texts out",
    "State",
    "Was public",
)


class ReportedConversations(Struct, frozen=True):
    """`previous` is the `cursor` of the page before this one, null on the first. `total` conversations are in the whole report."""

    items: list[ReportedConversation]
    next: str | None
    previous: str | None
    total: int


class Reports:
    def __init__(self, desk: Desk, cursors: Cursors, exports: Exports) -> None:
        self._desk = desk
        self._cursors = cursors
        self._exports = exports

    async def conversations(self, request: Request, session: Session) -> Response:
        user, asked, sort = session.user, _asked(request, session.user), _sort(request)
        if wants_csv(request):
            await check_report(self._desk, user, asked)
            lines = _lines(whole_report(self._desk, user, asked, sort))
            return self._exports.spreadsheet(user, "sms-conversations", COLUMNS, lines)
        list = f"report {sort.column} {sort.falling}"
        edge = self._cursors.read(request, user, list, Edge)
        page = await conversation_report(self._desk, user, asked, sort, edge, limit_of(request))
        following, before = self._cursors.write(user, list, page.next), self._cursors.write(user, list, page.previous)
        return json(ReportedConversations(page.items, following, before, page.total))

    async def times(self, request: Request, session: Session) -> Response:
        user, span = session.user, span_in(request)
        table = choice_in(request, "table", TABLES, "agents")
        asked = Asked(user.account, span.since, span.until, did=id_in(request, "did"), participant=id_in(request, "user"))
        found = await response_times_report(self._desk, user, asked, span.zone_name, span.zone)
        if not wants_csv(request):
            return json(found)
        columns, rows = _table(found, table)
        return self._exports.spreadsheet(user, f"response-times-{table}", columns, rows)


def _asked(request: Request, user: User) -> Asked:
    span = span_in(request)
    owner = request.query_params.get("owner")
    return Asked(
        account=user.account,
        since=span.since,
        until=span.until,
        did=id_in(request, "did"),
        participant=id_in(request, "user"),
        owner=NOBODY if owner == NOBODY else id_in(request, "owner"),
        answered=choice_in(request, "answered", ANSWERED, "any"),
        public=choice_in(request, "public", PUBLIC, "any"),
        opted_out=truth_in(request, "opted_out"),
        query=words_in(request, "q"),
    )


def _sort(request: Request) -> Sort:
    words = tuple(f"{sign}{column}" for column in SORTS for sign in ("", "-"))
    word = choice_in(request, "sort", words, "-last_message")
    return Sort(word.removeprefix("-"), word.startswith("-"))


async def _lines(items: AsyncIterator[ReportedConversation]) -> AsyncIterator[Sequence[Cell]]:
    async for item in items:
        last, did = item.last_message, item.did
        yield (
            item.conversation,
            item.contact.name,
            item.contact.phone,
            item.contact.opted_out,
            did.number if did else None,
            did.label if did else None,
            item.owner.name if item.owner else None,
            ", ".join(user.name for user in item.subscribers),
            last.direction if last else None,
            last.at if last else None,
            last.user.name if last and last.user else None,
            last.body if last else None,
            item.waiting_since,
            item.waiting_seconds,
            item.first_reply_seconds,
            item.waits,
            item.texts_in,
            item.texts_out,
            item.state,
            item.was_public,
        )


def _table(found: ResponseTimes, table: str) -> tuple[Sequence[str], AsyncIterator[Sequence[Cell]]]:
    lengths = ("Median seconds", "90th percentile seconds")
    match table:
        case "agents":
            columns: Sequence[str] = ("Agent", "Texts out", "Answered waits", "Claims", *lengths)
            rows: list[Sequence[Cell]] = [
                (row.user.name if row.user else None, row.texts_out, row.answered, row.claims, row.median_seconds, row.p90_seconds)
                for row in found.agents
            ]
        case "dids":
            columns = ("Number", "Label", "Texts in", "Texts out", "Answered waits", *lengths)
            rows = [
                (
                    row.did.number if row.did else None,
                    row.did.label if row.did else None,
                    row.texts_in,
                    row.texts_out,
                    row.answered,
                    row.median_seconds,
                    row.p90_seconds,
                )
                for row in found.dids
            ]
        case _:
            shares = ("Share answered before public", "Went public", "Failed", "Opt-outs")
            columns = ("Day", "Texts in", "Texts out", "Answered waits", *lengths, *shares)
            rows = [
                (
                    row.day,
                    row.texts_in,
                    row.texts_out,
                    row.answered,
                    row.first_reply_median_seconds,
                    row.first_reply_p90_seconds,
                    row.before_public_share,
                    row.went_public,
                    row.failed,
                    row.opt_outs,
                )
                for row in found.days
            ]
    return columns, _each(rows)


async def _each(rows: Sequence[Sequence[Cell]]) -> AsyncIterator[Sequence[Cell]]:
    for row in rows:
        yield row
