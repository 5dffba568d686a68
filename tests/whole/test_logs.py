"""No text, name or secret is in any log, at the most talkative level, over a whole story and what goes wrong in one (SECURITY row 52)."""

import json

import pytest

from tests.fixtures.carrier_api import answers
from tests.fixtures.centre import ACCOUNT_SID, AUTH_TOKEN, GATEWAY_SECRET, HIDDEN, MARIA, OMAR, PASSWORD, WEI, Centre
from tests.fixtures.tab import open_tab
from tests.fixtures.waiting import until

PLANTED = "planted-8f3a"


@pytest.fixture
def engine() -> str:
    return "sqlite"


async def test_a_story_with_everything_that_goes_wrong_leaves_no_text_and_no_secret_in_a_log(centre: Centre) -> None:
    centre.settings = {"LOG_LEVEL": "debug"}
    centre.carrier_api.answer = answers(500, f"<html>{PLANTED} of the carrier</html>".encode())
    await centre.open(webs=1, timers=1, senders=1, agents="ana")
    ana, hook = centre.people["ana"], centre.carriers["twilio"]["hook_url"]
    await centre.manage("PATCH", "settings", sms_public_minutes=0, opt_out_text=f"{PLANTED} STOP")
    browser = await centre.browser("ana")
    async with open_tab(centre, "ana"):
        assert (await centre.text(MARIA, f"{PLANTED} first")).status_code == 200
        assert (await centre.twilio(hook, {"Body": f"{PLANTED} forged", "From": WEI}, signature=f"{PLANTED}=")).status_code == 403
        assert (await centre.twilio(hook, {"Body": f"{PLANTED} of nobody", "From": "?", "AccountSid": ACCOUNT_SID})).status_code != 500
        assert (await centre.text(OMAR, f"{PLANTED} to nobody", to="+12025559999")).status_code == 200
        id = await centre.conversation(MARIA)
        said = {"body": f"{PLANTED} answer", "client_id": "c1", "seen_seq": 10_000}
        assert (await centre.call("ana", "POST", f"conversations/{id}/messages", **said)).status_code == 202
        await until(lambda: centre.carrier_api.seen)
        for method, path, more in (
            ("PUT", f"conversations/{id}/draft", {"body": f"{PLANTED} draft"}),
            ("POST", f"conversations/{id}/notes", {"body": f"{PLANTED} note"}),
            ("POST", "contacts", {"name": f"{PLANTED} name", "phones": [{"number": WEI}]}),
        ):
            answer = await centre.call("ana", method, path, **more)
            assert answer.status_code < 300, answer.text
        await centre.call("ana", "GET", f"conversations?view=all&q={PLANTED}")
        await centre.call("ana", "POST", f"conversations/{id}/messages", **{**said, PLANTED: 1})
        form = dict(HIDDEN.findall((await browser.get("/login")).text))
        await browser.post("/login", data={**form, "email": f"{PLANTED}@example.com", "password": f"{PLANTED} password"})
        await browser.get(f"/api/v1/me?token={PLANTED}", headers={"authorization": f"Bearer pl_{PLANTED}"})
        await browser.get(f"/ws?sid={PLANTED}")
        await browser.post("/api/v1/messages", content=f'{{"{PLANTED}": '.encode(), headers={"content-type": "application/json"})
    written = "".join(path.read_text() for path in centre.partyline.folder.glob("*/log"))
    cookies = [value for value in browser.cookies.values() if len(value) > 20]
    assert cookies
    told = [json.loads(line)["event"] for line in written.splitlines() if line.startswith("{")]
    assert "webhook.refused" in told
    secrets = [PLANTED, PASSWORD, AUTH_TOKEN, GATEWAY_SECRET, *cookies, *(person.token for person in centre.people.values())]
    secrets.append((centre.partyline.var / "secret_key").read_text().strip())
    assert [word for word in secrets if word in written] == []
    assert ana.email not in written
