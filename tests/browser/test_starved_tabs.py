"""A tab to which the browser gives few frames, or none, is up to date all the same."""

import pytest
from playwright.async_api import expect

from tests.fixtures.alerts import listening, shown
from tests.fixtures.browser import Team
from tests.fixtures.waiting import until

MARIA = "+12025550143"


@pytest.mark.alone
async def test_a_hidden_tab_that_gets_no_frames_has_the_new_title_within_a_second(team: Team) -> None:
    """UX 73."""
    await team.talk("Maria Garcia", MARIA, to=team.own)
    conversation = await team.conversation(MARIA)
    await team.read("ben", conversation)
    ben = await listening(team)
    await ben.page.evaluate(
        """() => {
          window.requestAnimationFrame = () => 0;
          Object.defineProperty(document, "visibilityState", {get: () => "hidden"});
          document.hasFocus = () => false;
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    await team.text(MARIA, "Hidden", to=team.own)
    await ben.title_is("(1) SMS · Partyline", within=1)
    await until(lambda: shown(ben), within=1)


@pytest.mark.alone
async def test_with_starved_frames_the_list_is_up_to_date_within_400_ms(team: Team) -> None:
    """UX 74: two frames a second. Counted in the page, from the event's arrival."""
    await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await listening(team)
    await expect(ben.row("Maria Garcia")).to_be_visible()
    await ben.page.evaluate(
        """() => {
          const frame = window.requestAnimationFrame.bind(window);
          window.requestAnimationFrame = (run) => setTimeout(() => frame(run), 500);
          window.late = new Promise((done) => {
            let came = 0;
            const rows = document.querySelector(".rows");
            const look = new MutationObserver(() => rows.textContent.includes("Starved") && done(performance.now() - came));
            look.observe(rows, {childList: true, subtree: true, characterData: true});
            const hear = JSON.parse;
            JSON.parse = (text) => {
              if (!came && text.includes("Starved")) came = performance.now();
              return hear(text);
            };
          });
        }"""
    )
    await team.text(MARIA, "Starved", to=team.own)
    assert await ben.page.evaluate("window.late") <= 400
