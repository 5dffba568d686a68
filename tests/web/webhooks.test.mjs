import assert from "node:assert/strict";
import { test } from "node:test";
import { answered, givenUp, grouped, moving, named, outcome, standing, wants } from "../../web/static/js/webhooks.js";

const ON = { id: "w", url: "https://example.com/in?key=secret", description: "", types: [], enabled: true, off_why: null, off_at: null, failing_since: null, old_secret_until: null, created_at: "" };
const DONE = { id: "evt_1", type: "a.b", position: 1, state: "delivered", attempts: 1, next_at: null, at: "", code: 204, error: null, answer: "", took_ms: 38, headers: {}, created_at: "" };

test("A webhook is called by its description or by its host, never by its whole address", () => {
  assert.equal(named({ ...ON, description: "Warehouse" }), "Warehouse");
  assert.equal(named(ON), "example.com");
  assert.equal(givenUp("Warehouse", "gone"), "The webhook Warehouse was switched off: its receiver answered 410 Gone. See Settings > Webhooks.");
  assert.equal(givenUp("Warehouse"), "The webhook Warehouse was switched off. See Settings > Webhooks.");
});

test("How a webhook stands is one word", () => {
  const words = [{}, { failing_since: "2026-11-22T10:00:00Z" }, { enabled: false, off_why: "paused" }, { enabled: false, off_why: "failing" }, { enabled: false, off_why: "gone" }].map((more) => standing({ ...ON, ...more }).words);
  assert.deepEqual(words, ["On", "Failing", "Paused", "Switched off", "Switched off"]);
  assert.deepEqual([wants([]), wants(["a.b"]), wants(["a.b", "a.c"])], ["All events", "1 type", "2 types"]);
});

test("What became of a delivery is said with the answer or with the reason why there was none", () => {
  assert.equal(answered(DONE), "204 in 38 ms");
  assert.equal(answered({ ...DONE, code: 302, error: "A redirect is not followed." }), "302 in 38 ms. A redirect is not followed.");
  assert.equal(answered({ ...DONE, code: null, error: "No answer within 15 s." }), "No answer within 15 s.");
  assert.equal(answered({ ...DONE, code: null, error: null }), "–");
  const states = [DONE, { ...DONE, state: "failed" }, { ...DONE, state: "waiting", attempts: 0 }, { ...DONE, state: "waiting" }];
  assert.deepEqual(states.map((one) => outcome(one).words), ["Delivered", "Failed", "Waiting", "Trying again"]);
});

test("The list is looked at again while something is about to happen", () => {
  const now = Date.parse("2026-11-22T10:00:00Z");
  assert.equal(moving([DONE], now), false);
  assert.equal(moving([DONE, { ...DONE, next_at: "2026-11-22T10:00:05Z" }], now), true);
  assert.equal(moving([{ ...DONE, next_at: "2026-11-22T12:00:00Z" }], now), false);
});

test("Types stand by their first word", () => {
  assert.deepEqual(grouped(["message.received", "message.sent", "note.added"]), [["message", ["message.received", "message.sent"]], ["note", ["note.added"]]]);
});
