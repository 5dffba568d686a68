import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FIELDS, merge, places, unknownFields, worded } from "../../web/static/js/merge.js";

const { values, cases } = JSON.parse(readFileSync(new URL("../data/merge.json", import.meta.url), "utf8"));

test("Every case that the server is held to is read the same here", () => {
  assert.ok(cases.length > 12);
  for (const { body, unknown } of cases) assert.deepEqual(unknownFields(body), unknown, body);
});

test("Fields become the values of this contact, this person and this account; what has none stays and is told", () => {
  for (const { body, text, empty } of cases) {
    const merged = merge(body, values);
    assert.equal(merged.text, text, body);
    assert.deepEqual(merged.empty.map((place) => place.field), empty, body);
    for (const { field, start, end } of merged.empty) assert.match(merged.text.slice(start, end), /^\{\{[^]*\}\}$/, field);
  }
});

test("A contact that is named by its number, or not known yet, has no name", () => {
  const fields = ["contact.name", "contact.first_name"];
  for (const contact of [null, { name: "+12025550143" }, { name: "(202) 555-0143" }, { name: "  " }]) {
    const merged = merge("Hi {{contact.first_name}} ({{contact.name}}) {{contact.fields.city}}", { ...values, contact });
    assert.deepEqual(merged.empty.map((place) => place.field), [fields[1], fields[0], "contact.fields.city"]);
  }
  assert.equal(merge("{{contact.first_name}}", { ...values, contact: { name: "李 小龙" } }).text, "李");
});

test("Places are found in what a person wrote by hand, to be looked at before it is sent", () => {
  assert.deepEqual(places("a {{ user.name }}"), [{ field: "user.name", start: 2, end: 17 }]);
  assert.deepEqual(places("nothing"), []);
});

test("Every field has words for a person", () => {
  assert.deepEqual(FIELDS.map(worded), ["contact's name", "contact's first name", "your name", "your first name", "account's name"]);
  assert.equal(worded("contact.fields.city"), "contact's city");
});
