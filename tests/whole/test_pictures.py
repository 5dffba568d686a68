"""A picture through the whole product: brought to one web process, handed over by the sender, fetched by the carrier from another."""

import json

import pytest

from tests.fixtures.carrier_api import answers
from tests.fixtures.centre import BASE_URL, GATEWAY, MARIA, SUPPORT, Centre, new_sid
from tests.fixtures.pictures import picture
from tests.fixtures.waiting import until


async def bring(centre: Centre, content: bytes, web: int = 0) -> str:
    answer = await centre.api("ana", web).post("/api/v1/media", files={"file": ("photo.png", content, "image/png")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_twilio_is_told_where_a_picture_is_and_fetches_it_from_us(centre: Centre) -> None:
    sid = new_sid()
    centre.carrier_api.answer = answers(201, json.dumps({"sid": sid, "status": "queued"}).encode())
    await centre.open(webs=2, senders=1)
    photos = [await bring(centre, picture()), await bring(centre, picture("JPEG", 800, 600), web=1)]
    draft = {"to": MARIA, "did": centre.dids[SUPPORT], "body": "", "client_id": "c", "media": photos}
    started = await centre.call("ana", "POST", "messages", 1, **draft)
    assert started.status_code == 202, started.text
    await until(lambda: len(centre.handed) == 1, within=10)
    form = centre.handed[0].form
    urls = [value for name, value in form if name == "MediaUrl"]
    assert [name for name, _ in form if name == "Body"] == ["Body"], "the opt-out line of the first text"
    assert [url.removeprefix(BASE_URL).split("/")[:3] for url in urls] == [["", "media", photo] for photo in photos]
    for url, content in zip(urls, (picture(), picture("JPEG", 800, 600)), strict=True):
        for web in (0, 1):
            fetched = await centre.api("", web).get(url.removeprefix(BASE_URL))
            assert (fetched.status_code, fetched.content) == (200, content)
    guessed = await centre.api("").get(f"/media/{photos[0]}/9999999999/x")
    assert guessed.status_code == 404
    assert (await centre.api("").get(f"/api/v1/media/{photos[0]}")).status_code == 401
    logs = [line for running in (*centre.webs, *centre.senders) for line in running.log()]
    assert [line for line in logs if line["level"] in ("error", "critical")] == []
    assert not [line for line in logs for url in urls if url.rpartition("/")[2] in json.dumps(line)], "a link is a key: no log has it"


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_gateway_is_told_in_its_media_list(centre: Centre) -> None:
    centre.carrier_api.answer = answers(200, b'{"id": "g-1"}')
    await centre.open(senders=1)
    await centre.did(GATEWAY, "generic")
    photo = await bring(centre, picture())
    await centre.call("ana", "POST", "messages", to=MARIA, did=centre.dids[GATEWAY], body="Look", client_id="c", media=[photo])
    await until(lambda: len(centre.handed) == 1, within=10)
    [media] = json.loads(centre.handed[0].body)["media"]
    assert media["url"].startswith(f"{BASE_URL}/media/{photo}/")
    assert (await centre.api("").get(media["url"].removeprefix(BASE_URL))).content == picture()
