"""The pages behind the sign-in form: their frame, what they start from, their headers, and where one lands."""

import json
import re

import pytest

from server.desk import directory
from tests.fixtures.integrator import Integrator
from tests.fixtures.served import AGENT, HIDDEN, MANAGER, PASSWORD, TOKEN, Served

BOOT = re.compile(r'<script type="application/json" id="boot">(.*?)</script>', re.DOTALL)
HTML = {"accept": "text/html"}
PAGES = ["/sms", "/pool", "/sandbox", f"/sms/{'0' * 26}"]


@pytest.fixture
def engine() -> str:
    """One is enough: the database has no part in this."""
    return "sqlite"


async def test_the_front_door_leads_to_the_inbox_or_to_the_form(served: Served) -> None:
    assert (await served.client().get("/")).headers["location"] == "/login"
    answer = await (await served.signed_in()).get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sms")


async def test_who_is_not_signed_in_comes_back_to_the_page_after_the_form(served: Served) -> None:
    for path in PAGES:
        client = served.client()
        sent = await client.get(path, headers=HTML)
        assert (sent.status_code, sent.headers["location"]) == (303, f"/login?next={path}")
        form = dict(HIDDEN.findall((await client.get(sent.headers["location"])).text))
        answer = await client.post("/login", data={**form, "email": AGENT, "password": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, path)


async def test_nobody_is_sent_elsewhere_after_the_form(served: Served) -> None:
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "sms"):
        client = served.client()
        form = dict(HIDDEN.findall((await client.get("/login", params={"next": elsewhere})).text))
        answer = await client.post("/login", data={**form, "next": elsewhere, "email": AGENT, "password": PASSWORD})
        assert answer.headers["location"] == "/sms", elsewhere


async def test_a_page_starts_from_what_the_modules_need(integrator: Integrator) -> None:
    id = await integrator.text()
    client = await integrator.served.signed_in(AGENT)
    for path, conversation in (("/sms", None), (f"/sms/{id}", id), ("/pool", None), ("/sandbox", None)):
        page = await client.get(path, headers=HTML)
        assert page.status_code == 200, page.text
        assert page.headers["cache-control"] == "no-store"
        assert TOKEN.search(page.text)
        assert 'href="/sandbox"' in page.text
        if (found := BOOT.search(page.text)) is None:
            assert path == "/sandbox"
            continue
        boot = json.loads(found[1])
        assert boot["user"] == {"id": integrator.ana.id, "name": "Ana", "role": "agent"}
        assert boot["account"] == {"id": integrator.served.account, "name": "Acme"}
        assert boot["settings"]["sms_public_minutes"] == 20
        assert boot["settings"]["opt_out_text"] == "Reply STOP to unsubscribe."
        assert (boot["sandbox"], boot["conversation"]) == (True, conversation)
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", boot["now"])


async def test_a_name_in_a_page_is_inert(served: Served) -> None:
    name = "</script><script>alert(1)</script>\u2028"
    await served.bearer.patch(f"/api/v1/users/{served.ana}", json={"name": name})
    page = (await (await served.signed_in()).get("/sms")).text
    assert "<script>alert" not in page
    found = BOOT.search(page)
    assert found is not None
    assert json.loads(found[1])["user"]["name"] == name


async def test_every_page_has_the_strict_policy_and_loads_only_what_it_allows(integrator: Integrator) -> None:
    client = await integrator.served.signed_in(MANAGER)
    for path in ("/sms", "/pool", "/sandbox", "/api/docs", "/sms/nothing"):
        page = await client.get(path, headers=HTML)
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "same-origin"
        for script in re.findall(r"<script([^>]*)>", page.text):
            assert 'type="importmap"' in script or 'type="application/json"' in script or ' src="/static/' in script, path
        assert " style=" not in page.text
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text), "no absolute URL"


async def test_what_a_page_links_to_is_there_for_ever(integrator: Integrator) -> None:
    client = integrator.served.client()
    links = {path for page in ("/login", "/api/docs") for path in re.findall(r'"(/static/[^"#]*)', (await client.get(page)).text)}
    links |= set(re.findall(r'"(/static/[^"#]*)', (await (await integrator.served.signed_in()).get("/sms")).text))
    assert len(links) > 5
    for link in links:
        asset = await client.get(link)
        assert asset.status_code == 200, link
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await client.get("/static/nothing.js")).status_code == 404
    assert (await client.get("/static/../../pyproject.toml")).status_code == 404


async def test_what_is_not_there_is_a_page_in_the_frame_for_browsers_and_a_problem_for_programs(integrator: Integrator) -> None:
    id = await integrator.text()
    _, _, token = await directory.create_account(integrator.served.desk.db, "Umbrella", "eve@example.com", "a long password")
    assert (await integrator.served.client(authorization=f"Bearer {token}").get(f"/sms/{id}")).status_code == 404
    client = await integrator.served.signed_in()
    for path in ("/sms/x", f"/sms/{'0' * 26}"):
        page = await client.get(path, headers=HTML)
        assert page.status_code == 404
        assert 'action="/logout"' in page.text, "in the frame"
        assert page.headers["cache-control"] == "no-store"
    program = await client.get("/nowhere")
    assert (program.status_code, program.json()["code"]) == (404, "not_found")


async def test_signing_out_ends_the_page(served: Served) -> None:
    client = await served.signed_in()
    found = TOKEN.search((await client.get("/sms")).text)
    assert found is not None
    answer = await client.post("/logout", data={"csrf": found[1]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert (await client.get("/sms")).status_code == 303
