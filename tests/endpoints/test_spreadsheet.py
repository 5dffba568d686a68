"""SECURITY rows 49 and 50: no cell runs, an export is streamed, and each user has one at a time."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from starlette.responses import Response

from server.domain.user import Role, User
from server.endpoints.spreadsheet import Exports, OneAtATime, cell, line

ANA, BEN = (User(id, "a", id, Role.AGENT) for id in ("ana", "ben"))
RUNS = ["=1+1", "+1555", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "＋1", "－1", "＠1", '"=1', " =1", "' =1", "\u00a0=1"]


@pytest.mark.parametrize("text", RUNS)
def test_what_a_spreadsheet_would_run_is_preceded_by_a_quote(text: str) -> None:
    assert cell(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Maria", "1-2", "a=b", "5 pm", "'quoted'", "é", "https://x.example"])
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_every_cell_is_quoted_and_a_reader_gets_back_what_was_written() -> None:
    cells = ['He said "hi"', "a,b;c", "two\r\nlines", "", None, 7, True]
    written = line(cells)
    assert list(csv.reader(io.StringIO(written, newline=""))) == [['He said "hi"', "a,b;c", "two\r\nlines", "", "", "7", "yes"]]
    assert written.count('"') == 2 * len(cells) + 4


async def rows(count: int, begun: list[int]) -> AsyncIterator[Sequence[int]]:
    for number in range(count):
        begun.append(number)
        yield (number,)
        await asyncio.sleep(0)


class Reader:
    """The server's side of one answer; takes `most` parts and then goes away."""

    def __init__(self, most: int = 10**9) -> None:
        self.most = most
        self.body = b""
        self.parts = 0
        self.gone = asyncio.Event()

    async def take(self, response: Response) -> None:
        await response({"type": "http", "asgi": {"spec_version": "2.3"}, "method": "GET"}, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            self.parts += 1
            if self.parts >= self.most:
                self.gone.set()
            await asyncio.sleep(0)


async def test_a_second_export_of_a_user_waits_its_turn_and_anothers_does_not() -> None:
    exports, begun = Exports(), list[int]()
    first = exports.spreadsheet(ANA, "contacts", ["n"], rows(3, begun))
    with pytest.raises(OneAtATime) as refused:
        exports.spreadsheet(ANA, "contacts", ["n"], rows(3, begun))
    assert refused.value.extra["retry_after"] == 5
    exports.spreadsheet(BEN, "contacts", ["n"], rows(3, begun))
    reader = Reader()
    await reader.take(first)
    assert reader.body.decode("utf-8-sig") == '"n"\r\n"0"\r\n"1"\r\n"2"\r\n'
    assert first.headers["content-disposition"] == 'attachment; filename="contacts.csv"'
    assert first.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    exports.spreadsheet(ANA, "contacts", ["n"], rows(3, begun))


async def test_who_goes_away_stops_the_reading_and_may_begin_again() -> None:
    exports, begun = Exports(), list[int]()
    await Reader(most=2).take(exports.spreadsheet(ANA, "contacts", ["n"], rows(10_000, begun)))
    assert len(begun) < 2_000
    exports.spreadsheet(ANA, "contacts", ["n"], rows(1, begun))
