from datetime import UTC, datetime, timedelta, timezone

import httpx2
import msgspec
import pytest

from server.carriers import listing
from server.carriers.listing import ATTEMPTS, PAGE_BYTES, Missing, Question, instant, moment, pages, read
from server.carriers.logbook import Unanswered
from tests.fixtures.carrier_api import Answering, CarrierApi, answers, hangs_up, in_turn, resets


class Shape(msgspec.Struct):
    a: int


async def test_a_page_is_read_with_its_question_and_its_login(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(200, b'{"a": 1, "b": 2}')
    found = await read(http, f"{carrier_api.url}/list", [("from>", "2026"), ("to", "+1 2")], {"authorization": "Bearer x"}, Shape)
    assert found == Shape(1)
    [seen] = carrier_api.seen
    assert (seen.method, seen.target, seen.headers["authorization"]) == ("GET", "/list?from%3E=2026&to=%2B1+2", "Bearer x")


async def test_pages_are_read_as_each_names_the_next_and_a_list_without_an_end_is_said_to_be_unanswered(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGES_MOST", 3)
    first: Question = (carrier_api.url, [("page", "0")])
    carrier_api.answer = answers(200, b'{"a": 1}')

    async def read_to(last: int, *, step: int = 1) -> list[str]:
        carrier_api.seen.clear()
        numbers = iter(range(step, 99 * step + 1, step) if step else [0] * 9)

        def following(_page: Shape) -> Question | None:
            number = next(numbers)
            return None if number > last else (carrier_api.url, [("page", str(number))])

        assert [page.a async for page in pages(http, first, {}, Shape, following)] == [1] * (last + 1)
        return [seen.target.partition("=")[2] for seen in carrier_api.seen]

    assert await read_to(2) == ["0", "1", "2"]
    for endless in ({"last": 9}, {"last": 0, "step": 0}):
        with pytest.raises(Unanswered, match="does not end"):
            await read_to(**endless)
    assert len(carrier_api.seen) == 1, "it named itself"


async def test_who_is_asked_to_wait_waits_and_asks_again(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    wait = answers(429, b"", retry_after="0")
    carrier_api.answer = in_turn(wait, wait, answers(200, b'{"a": 3}'))
    assert await read(http, carrier_api.url, (), {}, Shape) == Shape(3)
    assert len(carrier_api.seen) == 3


async def test_nobody_waits_for_ever(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(429, b"", retry_after="0")
    with pytest.raises(Unanswered, match="429"):
        await read(http, carrier_api.url, (), {}, Shape)
    assert len(carrier_api.seen) == ATTEMPTS


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (answers(500, b""), "500"),
        (answers(401, b""), "401"),
        (answers(302, b"", location="https://elsewhere.example/"), "302"),
        (answers(200, b"<html>"), "form"),
        (answers(200, b'{"a": "\xff"}'), "form"),
        (answers(200, b'{"a": ' + b"[" * 5000), "form"),
        (answers(200, b" " * (PAGE_BYTES + 1)), "longer"),
        (hangs_up, "cannot be reached"),
        (resets, "cannot be reached"),
    ],
)
async def test_a_list_that_cannot_be_read_is_said_to_be_unanswered(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, answer: Answering, says: str
) -> None:
    carrier_api.answer = answer
    with pytest.raises(Unanswered, match=says):
        await read(http, carrier_api.url, (), {}, Shape)


async def test_what_is_not_there_is_told_apart(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(404, b"")
    with pytest.raises(Missing):
        await read(http, carrier_api.url, (), {}, Shape)


async def test_a_carrier_that_is_not_there_is_unanswered(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    url = carrier_api.url
    await carrier_api.stop()
    with pytest.raises(Unanswered, match="ConnectError"):
        await read(http, url, (), {}, Shape)


def test_an_instant_is_the_same_in_every_zone_and_utc_where_none_is_said() -> None:
    at = datetime(2026, 11, 22, 20, 16, 7, 503_001, tzinfo=UTC)
    assert instant(at) == instant(at.astimezone(timezone(timedelta(hours=-5)))) == instant(at.replace(tzinfo=None)) == 1_795_378_567_503_001
    assert moment(1_795_378_567_503_001) == at
