import assert from "node:assert/strict";
import { test } from "node:test";
import { lacks, mappingOf, optOutSums, sums } from "../../web/static/js/importing.js";

test("a first and a last name together are the name", () => {
  assert.equal(lacks(mappingOf([
    { header: "First name", as: "name", sample: [] },
    { header: "Last name", as: "name", sample: [] },
    { header: "Cell", as: "mobile", sample: [] },
  ])), "");
});

test("what can be said once is said once, and a number must be there", () => {
  assert.match(lacks({ A: "email", B: "email", C: "phone" }), /Only one column can be “Email”/);
  assert.match(lacks({ A: "name", B: "ignore" }), /which column holds the number/);
  assert.match(lacks({ A: "field:", B: "mobile" }), /Give each field a name/);
  assert.equal(lacks({ A: "other" }), "");
});

test("the sums of an import name what was skipped only where something was", () => {
  assert.equal(sums({ new: 1204, updated: 37, skipped: 0, rejected: 12 }), "1,204 new, 37 updated, 12 rejected");
  assert.equal(sums({ new: 0, updated: 0, skipped: 2, rejected: 0 }), "0 new, 0 updated, 2 skipped, 0 rejected");
});

test("a list of opt-outs says how many numbers it opts out", () => {
  assert.equal(optOutSums({ new: 1204, updated: 0, skipped: 37, rejected: 0 }), "1,204 opted out, 37 skipped, 0 rejected");
  assert.equal(optOutSums({ new: 1, updated: 0, skipped: 0, rejected: 2 }), "1 opted out, 2 rejected");
  assert.equal(optOutSums({ new: 5, updated: 0, skipped: 0, rejected: 0 }, false), "5 to opt out, 0 rejected");
});
