"""The pictures of the managers' guide: what Mia sees after the agents' morning."""

from playwright.async_api import Browser, Page, expect
from stage import MARIA, call, conversation, picture, sign_in, sized, text_in, visit

CSV = """Name,Mobile,E-mail,Labels,City
Ruth Alder,+1 303 555 0161,ruth@example.com,spring;vip,Boston
Tom Birk,+1 303 555 0162,tom@example.com,spring,Salem
Una Carey,202,una@example.com,spring,Lynn
Maria Garcia,+1 202 555 0110,maria@example.com,vip,Boston
"""


async def take_managers(browser: Browser, address: str, mia: Page) -> None:
    await feed(browser, address, mia)
    await contacts(mia)
    await importing(mia)
    await report(mia)
    await times(mia)
    await settings(mia)


async def feed(browser: Browser, address: str, mia: Page) -> None:
    await text_in(mia, MARIA, "Perfect, thank you")
    await visit(mia, "/feed")
    await expect(mia.locator(".feed-line").nth(10)).to_be_visible()
    await picture(mia, "feed")
    maria = await conversation(mia, "Maria Garcia")
    await visit(mia, f"/feed?open={maria}")
    await expect(mia.locator(".observe .message").nth(3)).to_be_visible()
    await picture(mia, "observe")
    dark = await sign_in(browser, address, "mia", "dark")
    await visit(dark, "/feed")
    await expect(dark.locator(".feed-line").nth(10)).to_be_visible()
    await picture(dark, "feed-dark")
    await dark.context.close()


async def contacts(mia: Page) -> None:
    await visit(mia, "/contacts")
    await expect(mia.locator(".live-filter-count").first).to_be_visible()
    for name in ("Chidi", "Aisha"):
        await mia.get_by_role("row").filter(has_text=name).first.get_by_role("checkbox").check()
    await expect(mia.locator(".bulk")).to_be_visible()
    await picture(mia, "ready")
    await mia.get_by_role("button", name="Clear").click()
    await mia.get_by_role("button", name="Edit Spring campaign").click()
    await expect(mia.get_by_role("dialog")).to_be_visible()
    await picture(mia, "live-filter", mia.get_by_role("dialog"))
    await mia.keyboard.press("Escape")


async def importing(mia: Page) -> None:
    await visit(mia, "/contacts/import")
    await sized(mia, 1000, 980)
    await mia.get_by_label("CSV file").set_input_files({"name": "spring.csv", "mimeType": "text/csv", "buffer": CSV.encode()})
    await expect(mia.get_by_role("link", name="Download the line")).to_be_visible()
    await picture(mia, "import")
    await sized(mia)


async def report(mia: Page) -> None:
    await visit(mia, "/reports/sms-conversations")
    await expect(mia.get_by_role("row").nth(8)).to_be_visible()
    await picture(mia, "report")


async def times(mia: Page) -> None:
    await visit(mia, "/reports/response-times")
    await expect(mia.locator(".card").nth(5)).to_be_visible()
    await expect(mia.locator(".chart canvas")).to_be_visible()
    await picture(mia, "response-times")


async def settings(mia: Page) -> None:
    await visit(mia, "/settings/messaging")
    await mia.get_by_label("SMS Conversation Public Minutes").fill("0")
    await expect(mia.locator("#effect")).to_contain_text("with 0 minutes")
    await picture(mia, "public-minutes")
    await visit(mia, "/settings/dids")
    await expect(mia.get_by_role("row").nth(3)).to_be_visible()
    await picture(mia, "numbers", high=400)
    await visit(mia, "/settings/users")
    await mia.get_by_role("button", name="Actions for Ben").click()
    await mia.get_by_role("menuitem", name="Disable…").click()
    await mia.get_by_label("Hand over to a colleague").check()
    await picture(mia, "disable", mia.get_by_role("dialog"))
    await mia.keyboard.press("Escape")
    await call(mia, "PATCH", "/api/v1/settings", {"claim_limit": 20})
    await visit(mia, "/settings/audit")
    await expect(mia.get_by_role("row").nth(6)).to_be_visible()
    await picture(mia, "audit")
