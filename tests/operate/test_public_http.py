"""What strangers name is called only where it is public, and exactly where it was looked at."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx2
import pytest

from server.public_http import Forbidden, Resolve, is_public, open_public_client, public_address
from tests.fixtures.carrier_api import CarrierApi

INSIDE = (
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.168.1.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
    "::a00:1",
    "::ffff:0:a00:1",
    "fec0::1",
    "2002:a00:1::1",
    "fe80::1%eth0",
    "fd00::1",
    "ff0e::1",
)


def answering(*rounds: Sequence[str]) -> Resolve:
    """A name server whose answers change from one question to the next."""
    left = list(rounds)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return left.pop(0)

    return resolve


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "https://example.com:8443/",
        "https://me:secret@example.com/",
        "https://good.example@10.0.0.1/",
        "https://10.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://0x7f.1/",
        "https://localhost/",
        "https:///nothing",
        "https://[::1",
        "//example.com/",
        "",
    ],
)
def test_only_plain_https_addresses_are_called(url: str) -> None:
    with pytest.raises(Forbidden):
        public_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
    ],
)
async def test_a_name_or_number_that_leads_inside_is_forbidden(url: str) -> None:
    async with open_public_client() as http:
        with pytest.raises(Forbidden):
            await http.get(url)


@pytest.mark.parametrize("address", INSIDE)
async def test_one_inside_address_among_public_ones_forbids_the_name(address: str, carrier_api: CarrierApi) -> None:
    async with open_public_client(resolve=answering(["1.1.1.1", address])) as http:
        with pytest.raises(Forbidden):
            await http.get("https://both.example/")
    assert carrier_api.seen == []


async def test_a_name_is_resolved_once_and_called_at_that_address(carrier_api: CarrierApi) -> None:
    port = urlsplit(carrier_api.url).port
    resolve = answering(["127.0.0.1"], ["10.0.0.1"])
    async with open_public_client([f"inside.example:{port}"], resolve) as http:
        answer = await http.get(f"http://inside.example:{port}/a?b=c")
    assert answer.status_code == 200
    [seen] = carrier_api.seen
    assert (seen.target, seen.headers["host"]) == ("/a?b=c", f"inside.example:{port}")


@pytest.mark.parametrize("one_name", [False, True])
async def test_a_connection_is_kept_only_for_one_name_and_only_to_an_address_that_was_looked_at(
    one_name: bool, carrier_api: CarrierApi
) -> None:
    port = urlsplit(carrier_api.url).port
    resolve = answering(["127.0.0.1"], ["127.0.0.1"], ["10.0.0.1"])
    async with open_public_client([f"inside.example:{port}"], resolve, one_name=one_name) as http:
        for _ in range(2):
            assert (await http.get(f"http://inside.example:{port}/")).status_code == 200
        assert carrier_api.connections == (1 if one_name else 2)
        with pytest.raises(Forbidden):
            await http.get("https://inside.example/")


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", ".example"])
async def test_what_no_name_can_be_has_no_address(host: str) -> None:
    async with open_public_client() as http:
        with pytest.raises(httpx2.ConnectError, match="no address"):
            await http.get(f"https://{host}/")


async def test_a_second_answer_of_the_name_server_is_looked_at_again(carrier_api: CarrierApi) -> None:
    async with open_public_client(resolve=answering(["127.0.0.1"])) as http:
        with pytest.raises(Forbidden):
            await http.get("https://rebound.example/")
    assert carrier_api.seen == []


async def test_a_redirect_is_the_callers_to_follow(carrier_api: CarrierApi) -> None:
    async def elsewhere(writer: object) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n")  # type: ignore[attr-defined]

    carrier_api.answer = elsewhere
    place = urlsplit(carrier_api.url).netloc
    async with open_public_client([place]) as http:
        assert (await http.get(carrier_api.url)).status_code == 302
    assert len(carrier_api.seen) == 1


async def test_a_name_without_an_address_cannot_be_reached() -> None:
    async with open_public_client(resolve=answering([])) as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get("https://nowhere.example/")
