"""What a stranger names is fetched only from where it may be, and only as much as it may have; the login goes to the carrier alone."""

import asyncio
import gzip
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest

from server.carriers.attachment import NotNow, TooLong, fetch
from server.carriers.carrier import MediaAccess
from server.domain.media import MOST_BYTES
from server.public_http import Forbidden, Resolve, open_public_client
from tests.fixtures.carrier_api import Answering, CarrierApi, answers, hangs_up, resets
from tests.fixtures.carrier_media import Guarded, another_host, endless, one_byte_at_a_time, redirects, says

ANYWHERE = MediaAccess()
TWILIO = MediaAccess(frozenset({"api.twilio.com"}), "Basic c2VjcmV0", frozenset({"api.twilio.com"}))
PICTURE = b"\x89PNG\r\n\x1a\n and more"


def at(**places: str) -> Resolve:
    """A name server that knows these names; `_` stands for a dot."""

    async def resolve(host: str, _port: int) -> Sequence[str]:
        return [places[host.replace(".", "_")]]

    return resolve


async def to_this_machine(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def place(api: CarrierApi) -> str:
    return urlsplit(api.url).netloc


async def fetched(url: str, access: MediaAccess = ANYWHERE, *inside: str, resolve: Resolve | None = None, **more: Any) -> bytes:
    async with open_public_client(inside, resolve) as http:
        return await fetch(url, access, http, inside, **more)


async def from_carrier(api: CarrierApi, answer: Answering, **more: Any) -> bytes:
    api.answer = answer
    return await fetched(f"{api.url}/a", ANYWHERE, place(api), **more)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f.1:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::1]:{port}/",
        "http://0.0.0.0:{port}/",
        "https://127.0.0.1:{port}/",
        "https://good.example@127.0.0.1:{port}/",
        "https://api.twilio.com@127.0.0.1:{port}/",
        "https://api.twilio.com:{port}/",
        "http://api.twilio.com/",
        "http://api.twilio.com\\@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}#@api.twilio.com/",
        "gopher://127.0.0.1:{port}/_SET%20a%20b",
        "file:///etc/passwd",
        "ftp://127.0.0.1:{port}/",
        "data:image/png;base64,AAAA",
        "//127.0.0.1:{port}/",
        "upload:01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "https://",
        "",
    ],
)
@pytest.mark.parametrize("access", [ANYWHERE, TWILIO], ids=["any host", "Twilio's"])
async def test_an_address_that_leads_inside_is_not_called(url: str, access: MediaAccess, guarded: Guarded) -> None:
    """Row 42: not one packet."""
    with pytest.raises(Forbidden):
        await fetched(url.format(port=guarded.port), access, resolve=at(api_twilio_com="127.0.0.1"))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "fd00::1"])
async def test_a_host_of_the_carrier_that_resolves_inside_is_not_called(address: str) -> None:
    """Row 43."""
    with pytest.raises(Forbidden):
        await fetched("https://api.twilio.com/a", TWILIO, resolve=at(api_twilio_com=address))


async def test_another_host_than_the_carriers_is_not_called_though_it_is_public() -> None:
    with pytest.raises(Forbidden):
        await fetched("https://evil.example/a", TWILIO, resolve=at(evil_example="1.1.1.1"))


async def test_a_name_that_turns_inside_between_a_redirect_and_the_next_is_not_called(carrier_api: CarrierApi) -> None:
    """Row 43: the name server says something else each time, and each time it is looked at."""
    said = iter((["127.0.0.1"], ["127.0.0.1"]))

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return next(said)

    carrier_api.answer = redirects("https://carrier.example/b")
    inside = f"carrier.example:{urlsplit(carrier_api.url).port}"
    with pytest.raises(Forbidden):
        await fetched(f"http://{inside}/a", ANYWHERE, inside, resolve=resolve)
    assert len(carrier_api.seen) == 1


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "https://2130706433:{port}/",
        "gopher://127.0.0.1:{port}/",
        "file:///etc/passwd",
        "http://[::1",
        "javascript:alert(1)",
    ],
)
async def test_a_redirect_that_leads_inside_is_not_followed(location: str, carrier_api: CarrierApi, guarded: Guarded) -> None:
    """Row 43."""
    for status in (301, 302, 303, 307, 308):
        with pytest.raises(Forbidden):
            await from_carrier(carrier_api, redirects(location.format(port=guarded.port), status))


async def test_three_redirects_are_followed_and_eleven_are_not(carrier_api: CarrierApi) -> None:
    """Row 43. Relative ones too."""
    hops = iter([redirects("/b"), redirects("c"), redirects(f"{carrier_api.url}/d"), answers(200, PICTURE)])

    async def answer(writer: asyncio.StreamWriter) -> None:
        await next(hops)(writer)

    assert await from_carrier(carrier_api, answer) == PICTURE
    assert [seen.target for seen in carrier_api.seen] == ["/a", "/b", "/c", "/d"]
    carrier_api.seen.clear()
    with pytest.raises(Forbidden):
        await from_carrier(carrier_api, redirects("/a"))
    assert len(carrier_api.seen) == 4


async def test_the_login_reaches_the_carrier_and_no_other_host_nor_the_carrier_by_anothers_redirect(carrier_api: CarrierApi) -> None:
    """Row 44."""
    async with another_host() as cdn:
        at_twilio = f"api.twilio.com:{urlsplit(carrier_api.url).port}"
        hops = iter([redirects(f"{cdn.url}/b"), answers(200, PICTURE)])

        async def answer(writer: asyncio.StreamWriter) -> None:
            await next(hops)(writer)

        carrier_api.answer = answer
        cdn.answer = redirects(f"http://{at_twilio}/c")
        inside = (at_twilio, place(cdn))
        assert await fetched(f"http://{at_twilio}/a", TWILIO, *inside, resolve=to_this_machine) == PICTURE
        first, again = carrier_api.seen
        [elsewhere] = cdn.seen
    assert first.headers["authorization"] == "Basic c2VjcmV0"
    assert "authorization" not in elsewhere.headers
    assert "authorization" not in again.headers
    assert {"cookie", "referer"} & (first.headers.keys() | elsewhere.headers.keys() | again.headers.keys()) == set()


async def test_the_login_follows_a_redirect_inside_the_carriers_own_hosts(carrier_api: CarrierApi) -> None:
    hops = iter([redirects("/b"), answers(200, PICTURE)])

    async def answer(writer: asyncio.StreamWriter) -> None:
        await next(hops)(writer)

    carrier_api.answer = answer
    own = place(carrier_api)
    assert await fetched(f"{carrier_api.url}/a", TWILIO, own, own=own) == PICTURE
    assert [seen.headers.get("authorization") for seen in carrier_api.seen] == ["Basic c2VjcmV0"] * 2


async def test_an_exception_of_the_operator_is_no_place_for_the_login(carrier_api: CarrierApi) -> None:
    carrier_api.answer = answers(200, PICTURE)
    access = MediaAccess(None, TWILIO.authorization, TWILIO.authorized)
    assert await fetched(f"{carrier_api.url}/a", access, place(carrier_api)) == PICTURE
    assert "authorization" not in carrier_api.seen[0].headers


@pytest.mark.parametrize(
    "answer",
    [
        endless(),
        endless("content-length: 5000000000"),
        says("content-length: 5000000000", body=b"x"),
        says(f"content-length: {MOST_BYTES + 1}", body=b"x" * (MOST_BYTES + 1)),
        says(body=b"x" * (MOST_BYTES + 1)),
    ],
    ids=["endless", "5 GB", "5 GB said", "a byte too many", "a byte too many, unsaid"],
)
async def test_more_than_five_megabytes_are_not_taken(answer: Answering, carrier_api: CarrierApi) -> None:
    """Row 45."""
    with pytest.raises(TooLong):
        await from_carrier(carrier_api, answer)


async def test_five_megabytes_are_taken(carrier_api: CarrierApi) -> None:
    content = b"\xff" * MOST_BYTES
    assert await from_carrier(carrier_api, says(body=content)) == content
    assert await from_carrier(carrier_api, answers(200, content)) == content


async def test_of_a_body_that_is_longer_than_it_says_only_what_it_says_is_taken(carrier_api: CarrierApi) -> None:
    """Row 45."""
    assert await from_carrier(carrier_api, endless("content-length: 10")) == b"\xff" * 10


async def test_a_body_that_comes_a_byte_at_a_time_is_given_up(carrier_api: CarrierApi) -> None:
    """Row 45, with less patience."""
    with pytest.raises(TooLong):
        await from_carrier(carrier_api, one_byte_at_a_time, seconds=0.3)


async def test_nothing_is_unpacked(carrier_api: CarrierApi) -> None:
    packed = gzip.compress(b"\0" * 50_000_000)
    assert await from_carrier(carrier_api, answers(200, packed, content_encoding="gzip")) == packed
    assert carrier_api.seen[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "answer",
    [
        answers(404, b"not yet"),
        answers(401, b""),
        answers(429, b""),
        answers(503, b""),
        answers(204, b""),
        answers(206, PICTURE),
        answers(302, b""),
        says("content-length: 1000", body=b"cut off"),
        hangs_up,
        resets,
    ],
    ids=["404", "401", "429", "503", "204", "206", "302 to nowhere", "cut off", "hangs up", "resets"],
)
async def test_what_is_not_handed_over_may_be_tried_again(answer: Answering, carrier_api: CarrierApi) -> None:
    with pytest.raises(NotNow) as why:
        await from_carrier(carrier_api, answer)
    assert "127.0.0.1" not in str(why.value)


async def test_a_host_that_says_nothing_is_given_up(carrier_api: CarrierApi) -> None:
    with pytest.raises(NotNow):
        await from_carrier(carrier_api, carrier_api.never, seconds=0.3)


async def test_a_host_that_is_not_there_may_be_tried_again() -> None:
    async with another_host() as gone:
        url, where = gone.url, place(gone)
    with pytest.raises(NotNow):
        await fetched(url, ANYWHERE, where)


async def test_redirects_together_have_no_more_time_than_one(carrier_api: CarrierApi) -> None:
    async def slowly(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        await redirects("/again")(writer)

    with pytest.raises(NotNow):
        await from_carrier(carrier_api, slowly, seconds=0.5)
    assert len(carrier_api.seen) == 3
