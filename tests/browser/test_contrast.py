"""The colours that everything is made of, as Chromium computes them, in both themes."""

from typing import Any

import pytest

from tests.fixtures.browser import Team

RATIOS = """([inks, grounds]) => {
  const probe = document.body.appendChild(document.createElement("i"));
  const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1}).getContext("2d", {willReadFrequently: true});
  const light = (token) => {
    probe.style.color = `var(--${token})`;
    canvas.fillStyle = getComputedStyle(probe).color;
    canvas.fillRect(0, 0, 1, 1);
    const linear = (one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((one) => linear(one / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = {};
  for (const ink of inks) for (const ground of grounds) {
    const [high, low] = [light(ink), light(ground)].sort((a, b) => b - a);
    found[`${ink} on ${ground}`] = (high + 0.05) / (low + 0.05);
  }
  probe.remove();
  return found;
}"""
GROUNDS = ["ground", "sunk", "raised", "hover", "selected"]
WORDS = {"ink": [*GROUNDS, "bubble-in", "bubble-out", "bubble-note"], "ink-soft": GROUNDS, "accent": ["ground", "raised", "sunk"]}
WORDS |= {f"{colour}-5": [f"{colour}-1", "ground"] for colour in ("amber", "green", "red")} | {"on-accent": ["accent", "accent-strong"]}
CONTROLS = {"edge": ["ground", "sunk", "raised"], "accent": [*GROUNDS]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_words_and_the_edges_of_controls_stand_out_from_their_ground(team: Team, scheme: Any) -> None:
    """Check 100: at least 4.5 for words and 3 for controls; that each page uses them so is axe's part."""
    ana = await team.window("ana", color_scheme=scheme)
    for least, pairs in ((4.5, WORDS), (3.0, CONTROLS)):
        for ink, grounds in pairs.items():
            found: dict[str, float] = await ana.page.evaluate(RATIOS, [[ink], grounds])
            assert {pair: round(ratio, 2) for pair, ratio in found.items() if ratio < least} == {}
