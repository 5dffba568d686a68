"""The pictures of the agents' guide: Ana's day, with Ben beside her."""

import asyncio
from datetime import UTC, datetime, timedelta

from playwright.async_api import Browser, Page, Route, expect
from stage import MARIA, WEI, answer, call, conversation, picture, sign_in, sized, text_in, visit


async def take_agents(browser: Browser, address: str, mia: Page) -> None:
    await call(mia, "PATCH", "/demo/network", {"replies": False})
    await call(mia, "PATCH", "/api/v1/settings", {"sms_public_minutes": 20})
    ana, ben = await sign_in(browser, address, "ana"), await sign_in(browser, address, "ben")
    maria = await conversation(ana, "Maria Garcia")
    await text_in(mia, MARIA, "One more thing: can I bring a friend?")
    await inbox(ana, ben, maria)
    dark = await sign_in(browser, address, "ana", "dark")
    await visit(dark, f"/sms/{maria}")
    await expect(dark.locator(".message").nth(3)).to_be_visible()
    await picture(dark, "inbox-dark")
    await dark.context.close()
    await bell(ana)
    await saved_replies(ana, maria)
    await together(ana, ben, maria)
    await first_text(ana)
    await opted_out(ana)
    await contact(ana)
    await pool(ana)
    await keys(ana)


async def inbox(ana: Page, ben: Page, maria: str) -> None:
    """A text waits, its countdown runs, an answer is half written, and Ben looks on."""
    await visit(ben, f"/sms/{maria}")
    await visit(ana, f"/sms/{maria}")
    await expect(ana.locator(".chip.viewing")).to_be_visible()
    await ana.get_by_label("Message", exact=True).fill("Of course. Both of you are booked for Thursday at 3 pm.")
    await picture(ana, "inbox")
    await ana.get_by_label("Message", exact=True).fill("")
    await visit(ben, "/pool")


async def bell(ana: Page) -> None:
    await visit(ana, "/contacts")
    await text_in(ana, MARIA, "And is there parking nearby?")
    toast = ana.locator(".toast")
    await expect(toast).to_contain_text("parking")
    await ana.locator(".bell").click()
    await expect(ana.locator(".notices-list li").first).to_be_visible()
    await picture(ana, "notices", ana.locator("#notices"), above=48)
    await ana.keyboard.press("Escape")


async def saved_replies(ana: Page, maria: str) -> None:
    await visit(ana, f"/sms/{maria}")
    message = ana.get_by_label("Message", exact=True)
    await message.press_sequentially("/")
    await expect(ana.locator("#templates .option").nth(2)).to_be_visible()
    await picture(ana, "saved-replies", ana.locator(".composer"), above=110)
    await ana.keyboard.press("Enter")
    await expect(message).to_have_value("Hello Maria, you find us at 12 Oak Street, next to the library.")
    await message.fill("")


async def together(ana: Page, ben: Page, maria: str) -> None:
    """Ben's note, a scheduled text, and Ben's reply that commits while Ana's is on its way."""
    people = (await call(ben, "GET", "/api/v1/colleagues"))["items"]
    [her] = [user["id"] for user in people if user["name"] == "Ana"]
    note = {"body": "@Ana the small room is taken on Thursday, use the large one.", "mentions": [her], "client_id": "note"}
    await call(ben, "POST", f"/api/v1/conversations/{maria}/notes", note)
    await expect(ana.locator(".message.note").last).to_contain_text("use the large one")
    row = await call(ana, "GET", f"/api/v1/conversations/{maria}")
    morning = (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    later = {"body": "See you today at 3 pm. Oak Street 12.", "client_id": "later", "seen_seq": row["seq"], "send_at": morning.isoformat()}
    await call(ana, "POST", f"/api/v1/conversations/{maria}/messages", later)
    await expect(ana.locator(".message.waits")).to_be_visible()
    under_way, may_go = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        under_way.set()
        await may_go.wait()
        await route.continue_()

    await ana.route("**/messages", hold)
    # A page that is there already may let the request of the next moment pass by.
    await visit(ana, f"/sms/{maria}")
    await expect(ana.locator(".message.waits")).to_be_visible()
    message = ana.get_by_label("Message", exact=True)
    await message.fill("Yes, your friend is welcome.")
    await message.press("Enter")
    await under_way.wait()
    await answer(ben, maria, "Of course you can. There is parking behind the house.")
    may_go.set()
    await expect(ana.get_by_role("button", name="Send anyway")).to_be_visible()
    await ana.unroute("**/messages")
    await expect(ana.locator(".message.outbound .message-state.delivered").last).to_be_visible()
    await ana.locator(".log").evaluate("(log) => (log.scrollTop = log.scrollHeight)")
    await picture(ana, "held", ana.locator(".thread-pane"))
    await ana.get_by_role("button", name="Discard").click()


async def first_text(ana: Page) -> None:
    """A first text carries the opt-out line, and a picture of a hand makes it Unicode."""
    found = await call(ana, "GET", "/api/v1/contacts?ready=true&sort=-name")
    fresh = next(each for each in found["items"] if each["latest"] is None)
    await visit(ana, f"/contacts/{fresh['id']}/sms")
    await sized(ana, 900)
    message = ana.get_by_label("Message", exact=True)
    await message.fill("Hello, this is Ana from Acme. Your appointment is on Friday at 10 am. Does that suit you? 👋")
    await expect(ana.locator(".counter-odd")).to_be_visible()
    await picture(ana, "first-text", ana.locator(".talk-start form, .talk-start .composer").first, above=12)
    await message.fill("")
    await sized(ana)


async def opted_out(ana: Page) -> None:
    await visit(ana, f"/sms/{await conversation(ana, 'Wei Kaya')}")
    await text_in(ana, WEI, "Stop")
    await expect(ana.locator(".composer-closed")).to_be_visible()
    await expect(ana.locator(".message-state.delivered").last).to_be_visible()
    await picture(ana, "opted-out", ana.locator(".composer"), above=330)


async def contact(ana: Page) -> None:
    """Maria's SMS tab, and the list that leads there."""
    await visit(ana, "/contacts?q=maria")
    await ana.get_by_role("row").filter(has_text="Maria Garcia").focus()
    await expect(ana.locator(".contacts-preview .preview-acts")).to_be_visible()
    await picture(ana, "contacts")
    await ana.get_by_role("link", name="View on Dashboard").click()
    await ana.get_by_role("link", name="SMS", exact=True).last.click()
    await expect(ana.locator(".message").nth(3)).to_be_visible()
    await ana.get_by_label("Message", exact=True).fill("The large room it is, then.")
    await picture(ana, "contact-sms")
    await ana.get_by_label("Message", exact=True).fill("")


async def pool(ana: Page) -> None:
    await visit(ana, "/pool")
    await expect(ana.locator(".pool-row").nth(2)).to_be_visible()
    await picture(ana, "pool", high=320)


async def keys(ana: Page) -> None:
    await visit(ana, "/sms")
    await sized(ana, high=1500)
    await ana.keyboard.press("?")
    await expect(ana.get_by_role("dialog")).to_be_visible()
    await picture(ana, "keyboard", ana.get_by_role("dialog"))
    await ana.keyboard.press("Escape")
    await sized(ana)
