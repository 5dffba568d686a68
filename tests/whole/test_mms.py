"""An MMS through the whole product: told by Twilio's signed webhook, answered before anything is fetched, fetched with the login, shown."""

import asyncio
import json
from base64 import b64encode
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.fixtures.carrier_api import Answering, CarrierApi, Seen, answers
from tests.fixtures.carrier_media import another_host, redirects
from tests.fixtures.centre import ACCOUNT_SID, ANAS_OWN, AUTH_TOKEN, GATEWAY, MARIA, Centre, new_sid
from tests.fixtures.pictures import HTML, picture
from tests.fixtures.tab import Ledger, open_tab
from tests.fixtures.waiting import until

SECRET = "MEplantedintheaddress"
LOGIN = f"{ACCOUNT_SID}:{AUTH_TOKEN}"


async def mms(centre: Centre, *media: tuple[str, str], to: str = ANAS_OWN) -> str:
    """Twilio's webhook; the message's conversation."""
    sid = new_sid().replace("SM", "MM")
    fields = {
        "MessageSid": sid,
        "SmsSid": sid,
        "AccountSid": ACCOUNT_SID,
        "From": MARIA,
        "To": to,
        "Body": "Look",
        "NumMedia": str(len(media)),
    }
    for number, (url, type) in enumerate(media):
        fields |= {f"MediaUrl{number}": url, f"MediaContentType{number}": type}
    answer = await centre.twilio(centre.carriers["twilio"]["hook_url"], fields)
    assert answer.status_code == 200, answer.text
    return await centre.conversation(MARIA)


async def media_of(centre: Centre, conversation: str) -> list[dict[str, Any]]:
    page = (await centre.call("ana", "GET", f"conversations/{conversation}/messages")).json()
    media: list[dict[str, Any]] = page["items"][-1]["media"]
    return media


async def settled(centre: Centre, conversation: str) -> list[dict[str, Any]]:
    async def none_pending() -> bool:
        return all(media["state"] != "pending" for media in await media_of(centre, conversation))

    await until(none_pending, within=10)
    return await media_of(centre, conversation)


def fetched(centre: Centre) -> list[Seen]:
    """What was asked of Twilio for attachments."""
    return [seen for seen in centre.carrier_api.seen if SECRET in seen.target]


def logs(centre: Centre) -> list[dict[str, Any]]:
    return [line for running in (*centre.webs, *centre.senders) for line in running.log()]


async def with_twilio(centre: Centre, webs: int = 1, senders: int = 1) -> None:
    await centre.open(webs=webs, senders=senders)
    await centre.did(ANAS_OWN, "twilio", user=centre.people["ana"].id)


class Shelf:
    """A host of attachments: what it answers by the end of the address."""

    def __init__(self, api: CarrierApi, **said: Answering) -> None:
        self.api, self.said = api, said
        api.answer = self.answer

    async def answer(self, writer: asyncio.StreamWriter) -> None:
        name = urlsplit(self.api.seen[-1].target).path.rpartition("/")[2]
        await self.said.get(name, answers(200, b"{}"))(writer)

    def url(self, name: str) -> str:
        return f"{self.api.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM1/Media/{SECRET}/{name}"


@pytest.mark.parametrize("kept", ["folder", "bucket"])
async def test_what_twilio_tells_of_is_fetched_with_its_login_and_shown_live(
    centre: Centre, kept: str, request: pytest.FixtureRequest
) -> None:
    """Issue 4.3. The redirect's host gets no login; the file is had by those who may see the conversation, from any web process."""
    if kept == "bucket":
        centre.settings["MEDIA_URL"] = request.getfixturevalue("bucket_url")
    photo = picture("JPEG", 800, 600)
    async with another_host() as cdn:
        cdn.answer = answers(200, photo, content_type="image/jpeg")
        shelf = Shelf(centre.carrier_api, photo=redirects(f"{cdn.url}/{SECRET}"), page=answers(200, HTML, content_type="image/png"))
        centre.settings["INSIDE_ADDRESSES"] = urlsplit(cdn.url).netloc
        await with_twilio(centre, webs=2)
        async with open_tab(centre, "ana") as ana:
            id = await mms(centre, (shelf.url("photo"), "image/jpeg"), (shelf.url("page"), "image/png"))
            first, second = await settled(centre, id)
            await ana.until_current()
            assert await ana.ledger() == Ledger()
    assert [(media["state"], media["content_type"]) for media in (first, second)] == [("ready", "image/jpeg"), ("blocked", "image/png")]
    assert {seen.headers["authorization"] for seen in fetched(centre)} == {f"Basic {_base64(LOGIN)}"}
    assert ["authorization" in seen.headers for seen in cdn.seen] == [False]
    for web in (0, 1):
        whole = await centre.api("ana", web).get(first["url"])
        assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, photo, "image/jpeg")
        assert (await centre.api("ana", web).get(first["thumbnail_url"])).content[8:12] == b"WEBP"
    assert (await centre.api("").get(first["url"])).status_code == 401
    lines = logs(centre)
    assert [line for line in lines if line["level"] in ("error", "critical")] == []
    said = json.dumps(lines)
    assert [secret for secret in (SECRET, AUTH_TOKEN, _base64(LOGIN), "planted-secret") if secret in said] == []


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_the_webhook_is_answered_before_anything_is_fetched(centre: Centre) -> None:
    """Nothing slow before the 2xx: the host of the picture says nothing at all."""
    centre.carrier_api.answer = centre.carrier_api.never
    await with_twilio(centre)
    id = await mms(centre, (f"{centre.carrier_api.url}/{SECRET}/slow", "image/png"))
    await until(lambda: len(fetched(centre)) == 1, within=10)
    assert [media["state"] for media in await media_of(centre, id)] == ["pending"]
    await centre.text(MARIA, "And words", to=ANAS_OWN)
    assert len((await centre.call("ana", "GET", f"conversations/{id}/messages")).json()["items"]) == 2
    assert centre.stop_all() == [0, 0], "a process that is told to end does not wait for it"
    assert [line for line in logs(centre) if line["level"] in ("error", "critical")] == []


async def test_a_sender_killed_while_it_fetched_leaves_the_picture_to_another(centre: Centre) -> None:
    """The lease is ended by hand, as time would."""
    centre.carrier_api.answer = centre.carrier_api.never
    await with_twilio(centre)
    id = await mms(centre, (f"{centre.carrier_api.url}/{SECRET}/photo", "image/png"))
    await until(lambda: len(fetched(centre)) == 1, within=10)
    centre.senders[0].kill()
    assert [media["state"] for media in await media_of(centre, id)] == ["pending"]
    centre.carrier_api.answer = answers(200, picture())
    centre.start(senders=1)
    ended = "update media set next_at = :now where next_at is not null"
    assert await (await centre.database()).write(lambda tx: tx.run(ended, now=tx.now)) == 1
    [media] = await settled(centre, id)
    assert media["state"] == "ready"
    assert (await centre.api("ana").get(media["url"])).content == picture()


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_stranger_who_is_believed_leads_the_server_nowhere_inside(centre: Centre) -> None:
    """SECURITY 42, from a gateway that may name any public host: this machine is none, whatever way it is written."""
    async with another_host() as inside:
        port = urlsplit(inside.url).port
        await centre.open(senders=1)
        await centre.did(GATEWAY, "generic")
        urls = [
            f"http://127.0.0.1:{port}/",
            f"http://2130706433:{port}/",
            f"https://localhost:{port}/",
            "https://127.0.0.1/",
            "file:///etc/passwd",
        ]
        said = {"type": "message.received", "id": "g-1", "from": MARIA, "to": GATEWAY, "body": "", "at": "2026-11-22T12:00:00Z"}
        said |= {"media": [{"url": url, "content_type": "image/png"} for url in urls]}  # type: ignore[dict-item]
        assert (await centre.gateway(said)).status_code == 200
        media = await settled(centre, await centre.conversation(MARIA))
        assert [each["state"] for each in media] == ["blocked"] * len(urls)
        assert inside.seen == []


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
