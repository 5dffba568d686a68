"""People who read with letters twice as large."""

from playwright.async_api import expect

from tests.fixtures.browser import Team
from tests.fixtures.waiting import until

MARIA = "+12025550143"
CUT = """(selector) => [...document.querySelectorAll(selector)].flatMap((place) => {
  const box = place.getBoundingClientRect();
  const says = (one) => `${place.className}: ${one.className || one.tagName} “${one.textContent.trim().slice(0, 30)}”`;
  const words = [...place.querySelectorAll("*")].filter((one) => one.checkVisibility() && !one.closest(".unseen, svg, [popover]")
    && [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()));
  return words.filter((one) => {
    const style = getComputedStyle(one);
    const range = document.createRange();
    range.selectNodeContents(one);
    const shown = range.getBoundingClientRect();
    const tall = style.overflowY !== "visible" && one.scrollHeight > one.clientHeight + 2 && !["auto", "scroll"].includes(style.overflowY);
    return shown.height > 0 && (tall || shown.top < box.top - 1 || shown.bottom > box.bottom + 1);
  }).map(says);
})"""
"""Words that stand out of their place above or below, or are cut in their height. A long line may end in "…"."""


async def test_letters_twice_as_large_are_cut_nowhere_in_row_header_and_composer(team: Team) -> None:
    """Check 97: as when the browser's letters are set to twice their size."""
    conversation = await team.talk("Maria Garcia", MARIA, "Is it open on Thursday afternoon?", to=team.own)
    ben = await team.window("ben", None)
    debugger = await ben.context.new_cdp_session(ben.page)
    await debugger.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    await ben.go(f"/sms/{conversation}")
    assert await ben.page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    await until(ben.spoken)
    await ben.composer.fill("On Thursday we are open until five")
    found = {selector: await ben.page.evaluate(CUT, selector) for selector in (".thread-header", ".composer")}
    await ben.go("/sms")
    await expect(ben.row("Maria Garcia")).to_be_visible()
    found[".row"] = await ben.page.evaluate(CUT, ".row")
    assert {selector: said for selector, said in found.items() if said} == {}
    assert await ben.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
