import assert from "node:assert/strict";
import { test } from "node:test";
import { alertFor } from "../../web/static/js/alerts.js";
import { ServerClock } from "../../web/static/js/clock.js";
import { matches } from "../../web/static/js/lists.js";
import { Order } from "../../web/static/js/order.js";
import { Toasts } from "../../web/static/js/toasts.js";
import { countdown, initials, preview } from "../../web/static/js/words.js";
import { BEN, event, message, row, Tab } from "./tab.mjs";

const AT = Date.parse("2026-11-22T12:00:00Z");

test("The server's clock is followed whatever this machine's clock says", () => {
  let here = AT + 600_000;
  const clock = new ServerClock(() => here);
  clock.told(new Date(AT).toISOString(), here - 40, here);
  assert.ok(Math.abs(clock.now() - AT) <= 21);
  here += 60_000;
  clock.told(new Date(AT + 60_000).toISOString(), here - 30, here);
  assert.ok(Math.abs(clock.now() - (AT + 60_000)) <= 21);
  here -= 3_600_000;
  clock.told(new Date(AT + 61_000).toISOString(), here - 30, here);
  assert.ok(Math.abs(clock.now() - (AT + 61_000)) <= 21);
  clock.told(null, here - 30, here);
  assert.ok(Math.abs(clock.now() - (AT + 61_000)) <= 21, "what stands before the server says nothing");
});

test("A held order keeps its rows, counts what would move, and shows it when released", () => {
  const order = new Order();
  const how = { held: true, now: 0, linger: () => false };
  order.want(["a", "b", "c"], { ...how, held: false });
  order.want(["d", "c", "a", "b"], how);
  assert.deepEqual([order.ids, order.updated], [["a", "b", "c"], 2]);
  order.want(["d", "c", "a"], how);
  assert.deepEqual(order.ids, ["a", "c"]);
  order.release();
  assert.deepEqual([order.ids, order.updated], [["d", "c", "a"], 0]);
});

test("A row that was claimed away stays in its place for four seconds", () => {
  const order = new Order();
  const linger = (id) => id === "b";
  order.want(["a", "b", "c"], { held: false, now: 0, linger });
  order.want(["a", "c"], { held: false, now: 1000, linger });
  assert.deepEqual([order.ids, order.next], [["a", "b", "c"], 5000]);
  order.want(["a", "c"], { held: false, now: 5000, linger });
  assert.deepEqual([order.ids, order.next], [["a", "c"], null]);
});

test("Toasts come one at a time, an urgent one first, one for each conversation", () => {
  const toasts = new Toasts(() => undefined);
  toasts.add({ words: "one", urgent: false, open: "c1" });
  toasts.add({ words: "two", urgent: false, open: "c2" });
  toasts.add({ words: "two again", urgent: false, open: "c2" });
  assert.equal(toasts.shown.words, "one");
  toasts.add({ words: "first", urgent: true });
  assert.deepEqual(toasts.waiting.map((toast) => toast.words), ["first", "one", "two again"]);
  toasts.read("c1");
  assert.deepEqual(toasts.waiting.map((toast) => toast.words), ["first", "two again"]);
});

test("Only what concerns me and what I do not see already is a toast", async () => {
  const tab = await new Tab().live();
  const now = { me: "ana", looking: false, minutes: 20 };
  const words = (each, more = {}) => alertFor(each, tab.record(), { ...now, ...more })?.words ?? null;
  assert.equal(words(event(2)), "Maria Garcia: text 2");
  assert.equal(words(event(2), { looking: true }), null);
  assert.equal(words(event(2, { alert: ["ben"] })), null);
  const reply = { type: "message.queued", actor: { kind: "user", id: "ben", name: "Ben" } };
  const data = { message: message(2, { direction: "outbound", user: BEN }), conversation: row() };
  assert.equal(words(event(2, { ...reply, data })), "Ben replied to Maria Garcia.");
  assert.equal(words(event(2, { ...reply, data, actor: { kind: "user", id: "ana", name: "Ana" } })), null);
  assert.match(words(event(2, { ...reply, type: "conversation.claimed", alert: [] })), /^Ben claimed your conversation/);
  assert.match(words(event(2, { type: "conversation.public", alert: [] })), /public after 20 minutes/);
});

test("Countdowns, initials, previews and the filter read as people expect", () => {
  assert.deepEqual([countdown(462_000), countdown(599_001), countdown(-5), countdown(4_320_000)], ["07:42", "10:00", "00:00", "72 min"]);
  assert.deepEqual([initials("Maria de la Garcia"), initials("+1555"), initials("åsa")], ["MG", "#", "Å"]);
  assert.equal(preview(message(1, { direction: "outbound", user: BEN }), "ana"), "Ben: text 1");
  assert.equal(preview(message(1, { direction: "outbound", user: { id: "ana", name: "Ana" } }), "ana"), "You: text 1");
  assert.ok(matches("gar", row()) && matches("(555) 010", row()) && !matches("zzz", row()));
});

test("Rows that were read further down come under the shown ones while the order is held", () => {
  const order = new Order();
  const how = { held: true, now: 0, linger: () => false };
  order.want(["a", "b", "c"], { ...how, held: false });
  order.want(["a", "b", "c", "d", "e"], how);
  assert.deepEqual([order.ids, order.updated], [["a", "b", "c", "d", "e"], 0]);
  order.want(["x", "a", "b", "c", "d", "e", "f"], how);
  assert.deepEqual([order.ids, order.updated], [["a", "b", "c", "d", "e", "f"], 1]);
});

test("A page that came slowly says no more of the server's clock than it knows, and what is known better stays", () => {
  const here = AT;
  const clock = new ServerClock(() => here);
  clock.told(new Date(AT - 4000).toISOString(), here - 5000, here);
  assert.ok(Math.abs(clock.now() - (AT - 1500)) <= 1, "somewhere between");
  clock.told(new Date(AT).toISOString(), here - 40, here);
  assert.ok(Math.abs(clock.now() - AT) <= 21);
  clock.told(new Date(AT - 1000).toISOString(), here - 3000, here);
  assert.ok(Math.abs(clock.now() - AT) <= 21);
});
