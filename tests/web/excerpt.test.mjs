import assert from "node:assert/strict";
import { test } from "node:test";
import { around, pieces } from "../../web/static/js/excerpt.js";

const LONG = "Good morning, the delivery of your order 4711 (two boxes) comes on Thursday between nine and eleven, please be at home";

/** With the found words in brackets. */
function marked(body, words) {
  return pieces(around(body, words), words).map(({ text, found }) => (found ? `[${text}]` : text)).join("");
}

test("An excerpt shows the words that were looked for, wherever they stand, and marks each of them", () => {
  assert.equal(marked(LONG, "thursday"), "… comes on [Thursday] between nine and eleven, please be at …");
  assert.equal(marked(LONG, "good"), "[Good] morning, the delivery of your order 4711 (two boxes …");
  assert.equal(marked(LONG, "HOME"), "… please be at [home]");
  assert.equal(marked("Yes, yes and YES", "yes"), "[Yes], [yes] and [YES]");
  assert.equal(marked("nine\nand\n\televen", "and eleven"), "nine [and eleven]");
});

test("What looks like a pattern or like markup is looked for as it stands", () => {
  assert.equal(marked("Is it 3.50 or 3x50 (net)?", "3.50"), "Is it [3.50] or 3x50 (net)?");
  assert.equal(marked("a <b>bold</b> [offer] \\ 5$ + {tax}", "<b>bold</b> [offer] \\ 5$ + {tax}"), "a [<b>bold</b> [offer] \\ 5$ + {tax}]");
});

test("Words that are not in the text leave it unmarked, and a cut goes between characters", () => {
  assert.equal(marked("Good morning", "nothing of the kind"), "Good morning");
  const cut = around(`${"x".repeat(55)}🙂 and more`, "x");
  assert.equal(cut, `${"x".repeat(55)} …`);
});
