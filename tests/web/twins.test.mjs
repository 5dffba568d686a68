import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { count } from "../../web/static/js/segments.js";
import { named, plainer, swapSaid } from "../../web/static/js/twins.js";

const { vectors } = JSON.parse(readFileSync(new URL("../data/segments.json", import.meta.url), "utf8"));

test("Quotes, dashes, ellipses, spaces and wide forms have their twins, and each swap is told once", () => {
  const { text, swaps } = plainer("“It’s” – ‘fine’…\u00a0Ｏｋ—go");
  assert.equal(text, `"It's" - 'fine'... Ok-go`);
  assert.deepEqual(swaps.map(({ from }) => from), ["“", "’", "”", "–", "‘", "…", "\u00a0", "Ｏ", "ｋ", "—"]);
});

test("All that phones and word processors put in by themselves becomes GSM-7", () => {
  const typed = "‘’‚‛“”„‟«»‹›–—―‐‑−•…\u00a0\u2002\u2003\u2009\u202f\u3000\u200b\u2060\ufeff\u00ad\t`´ˈʼ⁄∕／＼｜＂＇？！（）：；，．％＆＃＠＋＝＜＞～＾｛｝［］＿‼⁇ﬁﬂ¼½¾０９Ａｚ";
  assert.equal(count(typed).encoding, "UCS-2");
  assert.equal(count(plainer(typed).text).encoding, "GSM-7");
});

test("Words stay what they are: no letter and no emoji has a twin", () => {
  for (const kept of ["ç ê í á ż ж 漢", "🙂 👨‍👩‍👧‍👦 🇺🇸 👍🏽", "e\u0301", "m²"]) assert.deepEqual(plainer(kept), { text: kept, swaps: [] });
});

test("What GSM-7 has is never touched", () => {
  for (const { text, encoding } of vectors) if (encoding === "GSM-7") assert.equal(plainer(text).text, text);
  const curly = vectors.find((/** @type {{id: string}} */ { id }) => id === "long_150_curly");
  assert.equal(count(plainer(curly.text).text).segments, 1, "as its note says of a carrier that swaps by itself");
});

test("A fraction behind a number stays apart from it", () => {
  assert.equal(plainer("1½ cups, ½ hour").text, "1 1/2 cups, 1/2 hour");
});

test("What cannot be seen is named", () => {
  assert.deepEqual(["’", "\u00a0", "\u200b", "\u2003"].map(named), ["’", "hard space", "U+200B", "space U+2003"]);
  assert.deepEqual([{ from: "’", to: "'" }, { from: "\u00a0", to: " " }, { from: "\u200b", to: "" }].map(swapSaid), ["’ → '", "hard space → space", "U+200B → nothing"]);
});
