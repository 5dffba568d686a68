import assert from "node:assert/strict";
import { test } from "node:test";
import { chance } from "../faults/chance.mjs";
import { Feed } from "../faults/feed_page.mjs";
import { message, row, shared } from "./tab.mjs";

/** @param {number} position @param {string} [type] */
function happened(position, type = "note.added") {
  const data = { message: message(position, { id: `m${position}` }), conversation: shared(row()) };
  return { type, position, conversation: "c1", seq: position, at: "2026-11-22T14:00:00.000000Z", actor: { kind: "user", id: "ben", name: "Ben" }, alert: [], data };
}

/** As a ledger keeps it: it came at 5, and is not applied. */
const entry = () => [1, 0, "c1", 0, "", 5, 0, false];

/** A feed's page that read what had happened; `flush` ends the wait in which what is heard gathers. @param {any[]} items */
async function opened(items = []) {
  /** @type {Array<() => void>} */
  const waiting = [];
  const feed = new Feed({ get: async () => ({ items, next: null }), later: (run) => waiting.push(run) });
  await feed.reader.read();
  return { feed, flush: () => waiting.splice(0).forEach((run) => run()) };
}

test("An event is applied when the page shows it, and not before", async () => {
  const { feed, flush } = await opened();
  const one = entry();
  feed.hear(happened(1), one);
  assert.deepEqual([one[6], feed.settled], [0, false]);
  flush();
  assert.deepEqual([one[6], feed.settled, feed.since(0).map((each) => each.position)], [5, true, [1]]);
});

test("What the page leaves out stays unapplied, so that a ledger finds it lost", async () => {
  const { feed, flush } = await opened();
  const [lost, kept] = [entry(), entry()];
  const { hear } = feed.reader;
  feed.reader.hear = (event) => event.position !== 1 && hear.call(feed.reader, event);
  feed.hear(happened(1), lost);
  feed.hear(happened(2), kept);
  flush();
  assert.deepEqual([lost[6], kept[6]], [0, 5]);
});

test("What comes again is not applied again; what was read before it came is applied as it comes", async () => {
  const { feed, flush } = await opened([happened(1)]);
  const [read, again] = [entry(), entry()];
  feed.hear(happened(1), read);
  feed.hear(happened(1), again);
  flush();
  assert.deepEqual([read[6], again[6], feed.since(0).length], [5, 0, 1]);
});

test("What the feed has no line for is done with", async () => {
  const { feed } = await opened();
  const one = entry();
  feed.hear(happened(1, "conversation.answered"), one);
  assert.deepEqual([one[6], feed.settled], [5, true]);
});

test("A seed repeats its numbers, and another has others", () => {
  const three = (/** @type {string} */ seed) => Array.from({ length: 3 }, chance(seed));
  assert.deepEqual(three("7 1"), three("7 1"));
  assert.notDeepEqual(three("7 1"), three("7 2"));
  assert.ok(three("7 1").every((number) => number >= 0 && number < 1));
});
