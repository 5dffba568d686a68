import httpx2
import pytest

from server.carriers.carrier import BadSignature, Connection, Credentials, HookRequest, OutboundText, SendResult
from server.carriers.sandbox import Sandbox

NOW_US = 1_795_000_000_000_000
CONNECTION = Connection("01jd", "01ja", "sandbox", "Sandbox", Credentials({}))
OTHER = Connection("01je", "01ja", "sandbox", "Sandbox", Credentials({}))


class Screen:
    def __init__(self) -> None:
        self.shown: list[tuple[str, OutboundText]] = []

    async def show(self, connection: Connection, text: OutboundText) -> None:
        self.shown.append((connection.id, text))


async def test_a_text_is_laid_on_the_handset_and_accepted(http: httpx2.AsyncClient) -> None:
    screen = Screen()
    text = OutboundText("01jm", "t", "+12025550142", "+12025550143", "Hi")
    assert await Sandbox(b"key", screen.show).send(CONNECTION, text, http) == SendResult("accepted", "sandbox-01jm")
    assert screen.shown == [("01jd", text)]


async def test_what_the_handset_raises_is_not_hidden(http: httpx2.AsyncClient) -> None:
    async def broken(_connection: Connection, _text: OutboundText) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await Sandbox(b"key", broken).send(CONNECTION, OutboundText("m", "t", "a", "b", "Hi"), http)


@pytest.mark.parametrize(("key", "connection"), [(b"key", OTHER), (b"other", CONNECTION)])
def test_a_phone_of_another_connection_or_house_is_refused(key: bytes, connection: Connection) -> None:
    screen = Screen()
    body = b"{}"
    headers = Sandbox(key, screen.show).sign(connection, "id", NOW_US, body)
    request = HookRequest("POST", "http://127.0.0.1/hooks/sandbox/01jd", {}, headers, body)
    Sandbox(key, screen.show).verify(connection, request, NOW_US)
    with pytest.raises(BadSignature):
        Sandbox(b"key", screen.show).verify(CONNECTION, request, NOW_US)
