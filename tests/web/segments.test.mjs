import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { count, oddOnes, partsOfWholes, pieces, withOptOut } from "../../web/static/js/segments.js";

const { vectors } = JSON.parse(readFileSync(new URL("../data/segments.json", import.meta.url), "utf8"));

test("Every case that the server is held to counts the same here", () => {
  assert.ok(vectors.length > 20);
  for (const { id, text, encoding, units, segments, part_units } of vectors) {
    const counted = count(text);
    assert.deepEqual([counted.encoding, counted.units, counted.segments], [encoding, units, segments], id);
    assert.deepEqual(counted.parts, part_units, id);
  }
});

test("The character that makes a text Unicode is named", () => {
  assert.equal(count("Hi 🙂 there ç").odd, "🙂");
  assert.equal(count("Hi there").odd, null);
});

test("What a person sees as one character is named once, whatever it is made of", () => {
  assert.deepEqual(oddOnes("Hi 👨‍👩‍👧‍👦 ’ there 👍🏽👍🏽 ç"), ["👨‍👩‍👧‍👦", "’", "👍🏽", "ç"]);
  assert.deepEqual(oddOnes("Hi there €"), []);
});

test("A carrier that leaves whole what a person sees may need a part more, as the vectors note", () => {
  const wholes = new Map([["flag_straddle", 3], ["skin_straddle", 3], ["family_7", 2]]);
  for (const { id, text, encoding, segments } of vectors) {
    if (encoding === "UCS-2" && !wholes.has(id)) assert.ok(partsOfWholes(text) >= segments && partsOfWholes(text) <= segments + 1, id);
    if (wholes.has(id)) assert.equal(partsOfWholes(text), wholes.get(id), id);
  }
  assert.equal(partsOfWholes(""), 0);
  assert.equal(partsOfWholes("ж".repeat(71)), 2);
  assert.equal(partsOfWholes(`a${"\u0301".repeat(99)}`), 2, "more than a part holds is cut all the same");
});

test("The opt-out sentence is added as the server adds it", () => {
  assert.equal(withOptOut("Hello \n", "Reply STOP."), "Hello Reply STOP.");
  assert.equal(withOptOut("Hello ", ""), "Hello ");
});

test("What is marked are the characters that GSM-7 lacks, and all of the text is there", () => {
  for (const { text } of vectors) {
    const found = pieces(text);
    assert.equal(found.map((piece) => piece.text).join(""), text);
    assert.equal(found.some((piece) => piece.odd), count(text).encoding === "UCS-2");
  }
});
