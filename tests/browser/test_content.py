"""SECURITY 39-41: what strangers write is shown as the same characters, and does nothing. The CSP is broken nowhere: `team` looks."""

from playwright.async_api import expect

from tests.fixtures.browser import Team
from tests.fixtures.waiting import until

MARIA = "+12025550143"
PAYLOADS = [
    "<img src=x onerror=alert(1)>",
    "</script><script>window.hit = 1</script>",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    '"><svg/onload=window.hit=1>',
    "<style>*{display:none}</style><iframe srcdoc='<script>parent.hit=1</script>'>",
    "separators \u2028 and \u2029 inside",
    "reversed \u202e txet",
    "&lt;b&gt; &amp; <b>bold</b>",
    "javascript:alert(1)//",
]
INSIDE = "document.querySelectorAll('main img, main iframe, main script, main style, main svg[onload], .toast img, .toast script').length"


async def harmless(page_evaluate: object) -> None:
    """Nothing of it became an element, and nothing ran."""
    assert await page_evaluate(INSIDE) == 0  # type: ignore[operator]
    assert await page_evaluate("window.hit === undefined")  # type: ignore[operator]


async def test_payloads_in_a_text_are_the_same_characters_in_row_bubble_notice_pool_and_phone(team: Team) -> None:
    """SECURITY 39, live and after a load."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.send("ben", conversation, "Good day")
    ben = await team.window("ben")
    opened = await team.window("ben", f"/sms/{conversation}")
    await opened.page.evaluate("document.hasFocus = () => false")
    phone = await team.window("mia", "/sandbox")
    await phone.page.get_by_label("Phone number").fill(MARIA)
    for payload in PAYLOADS:
        await team.text(MARIA, payload, to=team.own)
        await expect(opened.page.locator(".message .words").last).to_have_js_property("textContent", payload)
        await expect(ben.row("Maria Garcia").locator(".row-words")).to_have_js_property("textContent", payload)
        await until(ben.toast_says(f"Maria Garcia: {' '.join(payload.split())}"))
    await expect(phone.page.locator(".message .words").last).to_have_js_property("textContent", PAYLOADS[-1])
    await opened.page.reload()
    await until(opened.spoken)
    for window in (opened, phone):
        assert (await window.page.locator(".message .words").evaluate_all("(all) => all.map((one) => one.textContent)"))[
            -len(PAYLOADS) :
        ] == PAYLOADS
        assert await window.page.locator(".message .words").evaluate_all("(all) => all.every((one) => one.tagName === 'BDI')")
    for window in (ben, opened, phone):
        await harmless(window.page.evaluate)
    await team.call("ben", "POST", f"conversations/{conversation}/release")
    pool = await team.window("dana", "/pool")
    await expect(pool.page.locator(".pool-words")).to_have_js_property("textContent", PAYLOADS[-1])
    await harmless(pool.page.evaluate)


async def test_a_nul_is_left_out_and_a_long_row_of_emoji_is_only_long(team: Team) -> None:
    """SECURITY 39: the longest text of a phone, and ten thousand are refused."""
    conversation = await team.talk("Maria Garcia", MARIA, "nul\x00here", to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await expect(ben.page.locator(".message .words").last).to_have_js_property("textContent", "nulhere")
    await team.text(MARIA, "🙂" * 1600, to=team.own)
    await expect(ben.page.locator(".message .words").last).to_have_js_property("textContent", "🙂" * 1600)
    assert await ben.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    answer = await team.client("mia").post("/sandbox/texts", json={"phone": MARIA, "did": team.own, "body": "🙂" * 10_000})
    assert answer.status_code == 422


async def test_only_plain_web_addresses_become_links(team: Team) -> None:
    """SECURITY 40. A look-alike name is shown as what it is."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    for body in ("javascript:alert(1)", "data:text/html,<b>x</b>", "//evil.example/x", "https://user@evil.example/", "ftp://evil.example"):
        await team.text(MARIA, body, to=team.own)
        last = ben.page.locator(".message").last
        await expect(last.locator(".words")).to_have_text(body)
        await expect(last.get_by_role("link")).to_have_count(0)
    await team.text(MARIA, "See https://shop.example/a?b=1.", to=team.own)
    link = ben.page.locator(".message").last.get_by_role("link")
    await expect(link).to_have_text("https://shop.example/a?b=1")
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    await team.text(MARIA, "https://раypal.example/", to=team.own)
    await expect(link).to_have_text("https://xn--ypal-43d9g.example/")
    await expect(ben.page.locator(".message").last.locator(".words")).to_have_text("https://xn--ypal-43d9g.example/")


async def test_payloads_in_the_names_of_contacts_and_agents_are_the_same_characters_everywhere(team: Team) -> None:
    """SECURITY 41: row, heading, contact, notice, title, pool, dialog, account."""
    contact, agent = PAYLOADS[0], PAYLOADS[3]
    conversation = await team.talk(contact, MARIA, to=team.own)
    user = await team.call("mia", "POST", "users", email=f"eve@{team.number}.example", name=agent, role="agent", password="battery staple")
    await team.call("mia", "PUT", f"conversations/{conversation}/subscribers/{user['id']}")
    ben = await team.window("ben", f"/sms/{conversation}")
    await expect(ben.page.get_by_role("heading", level=1)).to_have_text(contact)
    await expect(ben.row(contact).locator(".row-name")).to_have_text(contact)
    await expect(ben.page.locator(".contact-pane")).to_contain_text(contact)
    await expect(ben.page.locator(".thread-facts")).to_contain_text(agent)
    await ben.page.get_by_role("button", name="More actions").click()
    await ben.page.get_by_role("menuitem", name="Hand over").click()
    await expect(ben.page.get_by_role("dialog")).to_contain_text(contact)
    await ben.page.get_by_role("combobox", name="New owner").fill(agent)
    await ben.page.get_by_role("listbox").get_by_role("option").click()
    await ben.page.get_by_role("button", name="Hand over", exact=True).click()
    await expect(ben.page.locator(".thread-facts")).to_contain_text(f"Owner: {agent}")
    await ben.go("/sms")
    await team.text(MARIA, "Hello", to=team.own)
    await until(ben.toast_says(f"{contact}: Hello"))
    await team.call("mia", "POST", f"conversations/{conversation}/release")
    pool = await team.window("dana", "/pool")
    await expect(pool.pool_row(contact)).to_contain_text(f"was {agent}’s")
    for window in (ben, pool):
        await harmless(window.page.evaluate)
