import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { count, plain, withOptOut } from "../../web/static/js/segments.js";

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

test("Curly quotes, dashes and hard spaces have a plain form, and nothing else changes", () => {
  assert.equal(plain("“It’s” – fine…\u00a0🙂"), '"It\'s" - fine... 🙂');
});

test("The opt-out sentence is added as the server adds it", () => {
  assert.equal(withOptOut("Hello \n", "Reply STOP."), "Hello Reply STOP.");
  assert.equal(withOptOut("Hello ", ""), "Hello ");
});
