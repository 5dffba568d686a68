"""Attachments over HTTP: SECURITY rows 25, 45 to 48, and what the API's document says of them."""

from typing import Any

import httpx2
import pytest

from server.desk import directory
from server.desk.dispatch import lease
from tests.endpoints.test_limits import raw
from tests.fixtures.integrator import API, MARIA, SUPPORT, Integrator, Person
from tests.fixtures.pictures import CARD, HTML, MP4, PDF, POLYGLOT, SVG, bomb, picture
from tests.fixtures.served import AGENT, TOKEN

MANY = {"x-content-type-options": "nosniff", "cache-control": "no-store", "content-security-policy": "sandbox; default-src 'none'"}


async def bring(
    by: Person, content: bytes | None = None, name: str = "photo.png", type: str = "image/png", **headers: str
) -> httpx2.Response:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    answer = await by.client.post(f"{API}/media", files={"file": (name, content or picture(), type)}, headers=named)
    by.document.check(answer)
    return answer


async def can_send_pictures(integrator: Integrator) -> None:
    answer = await integrator.mia.patch(f"/dids/{integrator.support}", {"capabilities": ["sms", "mms"]})
    assert answer.json()["media_limit"] == 1_000_000


async def test_an_upload_says_what_it_is_and_where(integrator: Integrator) -> None:
    answer = await bring(integrator.ana, picture("JPEG", 1200, 900), "IMG_1.JPG", "application/octet-stream")
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{API}/media/{made['id']}"
    assert made == {
        "id": made["id"],
        "content_type": "image/jpeg",
        "size": len(picture("JPEG", 1200, 900)),
        "state": "ready",
        "url": f"{API}/media/{made['id']}",
        "name": "IMG_1.jpg",
        "width": 1200,
        "height": 900,
        "thumbnail_url": f"{API}/media/{made['id']}?thumbnail=1",
    }
    whole = await integrator.ben.get(f"/media/{made['id']}")
    assert whole.content == picture("JPEG", 1200, 900)
    small = await integrator.ben.get(f"/media/{made['id']}", thumbnail=1)
    assert (small.headers["content-type"], small.content[8:12]) == ("image/webp", b"WEBP")


@pytest.mark.parametrize(
    ("content", "name", "type", "how"),
    [
        (picture(), "photo.png", "image/png", "inline"),
        (picture("GIF"), "fun.html", "image/gif", "inline"),
        (PDF, "offer.pdf", "application/pdf", "attachment"),
        (MP4, "clip.mp4", "video/mp4", "attachment"),
        (CARD, "maria.vcf", "text/vcard", "attachment"),
    ],
    ids=["png", "gif", "pdf", "mp4", "vcf"],
)
async def test_what_is_served_can_do_nothing_in_a_browser(integrator: Integrator, content: bytes, name: str, type: str, how: str) -> None:
    """Row 46."""
    made = (await bring(integrator.ana, content, name, "text/html")).json()
    served = await integrator.ana.get(f"/media/{made['id']}")
    assert (served.status_code, served.content) == (200, content)
    assert served.headers["content-type"] == type
    assert served.headers["content-disposition"] == f'{how}; filename="{made["name"]}"'
    assert {key: served.headers[key] for key in MANY} == MANY
    assert not made["name"].endswith(".html")


@pytest.mark.parametrize(
    "content", [HTML, SVG, b"MZ\x90\0", b"hello", POLYGLOT, picture()[:100], b"", b"\x89PNG\r\n\x1a\n" + HTML], ids=repr
)
async def test_what_is_not_let_in_is_refused_whatever_it_says_it_is(integrator: Integrator, content: bytes) -> None:
    """Row 46."""
    answer = await integrator.ana.client.post(f"{API}/media", files={"file": ("photo.png", content, "image/png")})
    integrator.document.check(answer)
    assert (answer.status_code, answer.json()["code"]) == (415, "media_type")
    assert await integrator.served.rows("media") == 0


async def test_what_is_too_large_is_refused_in_bytes_and_in_pixels(integrator: Integrator) -> None:
    """Row 45."""
    for content in (PDF + b"x" * 5_000_000, PDF + b"x" * 5_050_000, PDF + b"x" * 20_000_000, bomb(50_000, 50_000)):
        answer = await bring(integrator.ana, content)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert await integrator.served.rows("media") == 0
    assert (await bring(integrator.ana, PDF + b"x" * 4_999_000)).status_code == 201


async def test_a_body_that_lies_about_its_length_or_drips_is_not_waited_for(integrator: Integrator) -> None:
    """Row 45: the server of this test has patience for two seconds."""
    served = integrator.served
    head = f"POST {API}/media HTTP/1.1\r\nHost: {served.url.removeprefix('http://')}\r\nAuthorization: Bearer {served.token}\r\n"
    head += "Content-Type: multipart/form-data; boundary=b\r\n"
    assert (await raw(served, f"{head}Content-Length: 5000000000\r\n\r\n".encode())).startswith(b"HTTP/1.1 413 ")
    assert (await raw(served, f"{head}Content-Length: 1000\r\n\r\n--b\r\n".encode())).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    ("given", "shown"),
    [("../../etc/passwd", "passwd.png"), ("x" * 1000, "x" * 96 + ".png"), ("a\0b.png", "ab.png"), ("con.txt", "con.txt.png")],
    ids=["folders", "long", "nul", "reserved"],
)
async def test_a_name_is_only_shown(integrator: Integrator, given: str, shown: str) -> None:
    """Row 47."""
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\n%b\r\n--b--\r\n' % (given.encode(), picture())
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = await integrator.ana.client.post(f"{API}/media", content=body, headers=headers)
    assert (answer.status_code, answer.json()["name"]) == (201, shown)
    kept = [path for path in (integrator.served.desk.settings.var / "media").rglob("*") if path.is_file()]
    assert {path.name for path in kept} == {answer.json()["id"], f"{answer.json()['id']}.thumbnail"}


async def test_a_file_of_another_account_is_not_there_and_nobody_gets_one_without_a_session(integrator: Integrator) -> None:
    """Rows 48 and 25."""
    made = (await bring(integrator.ana)).json()
    _, _, token = await directory.create_account(integrator.served.desk.db, "Umbrella", "eve@example.com", "a long password")
    eve = Person("", "Eve", integrator.served.client(authorization=f"Bearer {token}"), integrator.document)
    theirs, absent = await eve.get(f"/media/{made['id']}"), await eve.get(f"/media/{'0' * 26}")
    assert (theirs.status_code, theirs.content) == (absent.status_code, absent.content) == (404, theirs.content)
    assert (await eve.get(f"/media/{made['id']}", thumbnail=1)).status_code == 404
    assert (await eve.get("/media/..passwd")).status_code == 404
    answer = await integrator.served.client().get(made["url"])
    assert (answer.status_code, answer.json()["code"]) == (401, "session")
    await can_send_pictures(integrator)
    carrier = (await eve.post("/carriers", {"kind": "sandbox", "name": "S", "credentials": {}})).json()["id"]
    await eve.post("/dids", {"number": "+12025550199", "carrier": carrier, "capabilities": ["sms", "mms"]})
    sending = await eve.post("/messages", {"to": MARIA, "body": "", "client_id": "c", "media": [made["id"]]})
    assert (sending.status_code, sending.json()["code"]) == (404, "not_found")
    texting = await eve.post("/sandbox/texts", {"phone": MARIA, "did": "+12025550199", "body": "", "media": [made["id"]]})
    assert (texting.status_code, texting.json()["code"]) == (404, "not_found")


async def test_a_form_of_another_shape_is_refused(integrator: Integrator) -> None:
    async def post(**form: Any) -> tuple[int, str]:
        answer = await integrator.ana.client.post(f"{API}/media", **form)
        integrator.document.check(answer)
        return answer.status_code, answer.json()["code"]

    multipart = {"content-type": "multipart/form-data; boundary=b"}
    assert await post(json={"file": "x"}) == (415, "media_type")
    assert await post(data={"file": "x"}) == (415, "media_type")
    assert await post(files={"file": (None, "words")}) == (422, "invalid")
    assert await post(files={"picture": ("a.png", picture())}) == (422, "unknown_field")
    assert await post(files=[("file", ("a.png", picture())), ("file", ("b.png", picture()))]) == (400, "bad_request")
    assert await post(content=b"--b--\r\n", headers=multipart) == (422, "invalid")
    assert await post(content=b"nothing of the kind", headers=multipart) == (400, "bad_request")
    assert await post(content=b"x", headers={"content-type": "multipart/form-data"}) == (400, "bad_request")
    assert await integrator.served.rows("media") == 0


async def test_a_repeat_with_its_key_is_one_upload_and_another_file_under_it_is_refused(integrator: Integrator) -> None:
    first = await bring(integrator.ana, idempotency_key="k")
    again = await bring(integrator.ana, idempotency_key="k")
    assert (again.status_code, again.json(), again.headers["location"]) == (201, first.json(), first.headers["location"])
    other = await bring(integrator.ana, picture(width=10), idempotency_key="k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")


async def test_a_page_needs_its_token_to_upload(integrator: Integrator) -> None:
    browser = await integrator.served.signed_in(AGENT)
    files = {"file": ("a.png", picture(), "image/png")}
    answer = await browser.post(f"{API}/media", files=files)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    found = TOKEN.search((await browser.get("/sms")).text)
    assert found is not None
    headers = {"x-csrf-token": found[1], "origin": integrator.served.url}
    made = await browser.post(f"{API}/media", files=files, headers=headers)
    assert made.status_code == 201
    assert (await browser.get(made.json()["thumbnail_url"])).status_code == 200


async def test_a_text_with_a_picture_reaches_the_phone_and_the_carrier_may_fetch_it(integrator: Integrator) -> None:
    await can_send_pictures(integrator)
    id = await integrator.text("Hello")
    made = (await bring(integrator.ana)).json()
    draft = integrator.draft("", seen_seq=99, media=[made["id"]])
    sent = await integrator.ana.post(f"/conversations/{id}/messages", draft)
    assert (sent.status_code, sent.json()["media"], sent.json()["segments"]) == (202, [made], 1)
    [leased] = await lease(integrator.served.desk)
    [url] = leased.text.media_urls
    carrier = integrator.served.client()
    for method in ("GET", "HEAD"):
        fetched = await carrier.request(method, url)
        assert (fetched.status_code, fetched.headers["content-type"]) == (200, "image/png")
        assert fetched.headers["content-length"] == str(len(picture()))
    assert (await carrier.get(url)).content == picture()
    for wrong in (f"{url[:-1]}{'A' if url[-1] != 'A' else 'B'}", url.replace(made["id"], "0" * 26), url.rpartition("/")[0] + "/x"):
        answer = await carrier.get(wrong)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        integrator.document.check(answer)
    assert url not in sent.text, "the link is the carrier's alone"


async def test_a_number_without_pictures_refuses_them(integrator: Integrator) -> None:
    id = await integrator.text("Hello")
    made = (await bring(integrator.ana)).json()
    answer = await integrator.ana.post(f"/conversations/{id}/messages", integrator.draft("Look", seen_seq=99, media=[made["id"]]))
    assert (answer.status_code, answer.json()["code"]) == (422, "no_mms")
    [support, own] = (await integrator.ana.get("/dids/mine")).json()["items"]
    assert (support["number"], support["capabilities"], support["media_limit"], support["default"]) == (SUPPORT, ["sms"], 0, True)
    assert (own["user"]["name"], own["default"]) == ("Ben", False)


async def test_a_photo_from_a_phone_is_a_message_with_a_picture_and_shows_on_the_phone(integrator: Integrator) -> None:
    made = (await bring(integrator.mia)).json()
    texted = await integrator.mia.post("/sandbox/texts", {"phone": MARIA, "did": SUPPORT, "body": "", "media": [made["id"]]})
    assert texted.status_code == 202
    id = await integrator.conversation()
    [message] = (await integrator.ana.get(f"/conversations/{id}/messages")).json()["items"]
    assert (message["direction"], message["body"], message["media"]) == ("inbound", "", [made])
    [shown] = (await integrator.ana.get("/sandbox/texts", phone=MARIA)).json()["items"]
    assert shown["media"] == [made]
    again = await integrator.mia.post("/sandbox/texts", {"phone": MARIA, "did": SUPPORT, "body": "", "media": [made["id"]]})
    assert again.status_code == 404
    nothing = await integrator.mia.post("/sandbox/texts", {"phone": MARIA, "did": SUPPORT, "body": ""})
    assert (nothing.status_code, nothing.json()["field"]) == (422, "body")
