import assert from "node:assert/strict";
import { test } from "node:test";
import { KINDS } from "../../web/static/js/feed.js";
import { FeedReader } from "../../web/static/js/feed_reader.js";
import { Held } from "../../web/static/js/held.js";
import { Observed } from "../../web/static/js/observed.js";
import { event, message, row, shared } from "./tab.mjs";

const text = (/** @type {number} */ seq) => event(seq, { data: { message: message(seq), conversation: shared(row({ seq })) } });

/** @param {Array<{items: any[], next: number|null}>} pages */
function reader(pages) {
  const asked = [];
  const waiting = [];
  const made = new FeedReader({ kinds: [], did: "", user: "" }, {
    get: async (path) => (asked.push(path), pages.shift() ?? { items: [], next: null }),
    later: (run) => waiting.push(run),
    changed: () => undefined,
  });
  return { made, asked, flush: () => waiting.splice(0).forEach((run) => run()) };
}

test("What is heard while the feed is read is in it once, whichever is first", async () => {
  const { made, flush } = reader([{ items: [text(1), text(2)], next: null }]);
  const reading = made.read();
  made.hear(text(2));
  made.hear(text(3));
  await reading;
  flush();
  assert.deepEqual([...made.lines.rows.keys()], ["m1", "m2", "m3"]);
});

test("What was put in while a new reading was under way is not lost with the old rows", async () => {
  const { made, flush } = reader([{ items: [text(1)], next: null }, { items: [text(1), text(2)], next: null }]);
  await made.read();
  const reading = made.read();
  made.hear(text(3));
  flush();
  await reading;
  assert.deepEqual([...made.lines.rows.keys()], ["m1", "m2", "m3"]);
});

test("Without a choice a reading asks for all that is taken when it comes, so that a line stays after a reload", async () => {
  const { made, asked } = reader([]);
  await made.read();
  const kinds = new URLSearchParams(asked[0].split("?")[1]).get("kinds")?.split(",") ?? [];
  assert.deepEqual(Object.values(KINDS).flat().filter((type) => !kinds.some((kind) => KINDS[kind].includes(type))), []);
});

test("A feed up to a time asks for it and takes nothing that comes", async () => {
  const { made, asked, flush } = reader([{ items: [text(1)], next: null }]);
  made.asked.until = "2026-11-22T14:00:00.000Z";
  await made.read();
  made.hear(text(2));
  flush();
  assert.match(asked[0], /to=2026-11-22T14%3A00%3A00.000Z/);
  assert.deepEqual([...made.lines.rows.keys()], ["m1"]);
});

test("A storm is put in together, not event by event", async () => {
  const { made, flush } = reader([]);
  await made.read();
  for (let n = 1; n <= 50; n += 1) made.hear(text(n));
  assert.equal(made.lines.rows.size, 0);
  flush();
  assert.equal(made.lines.rows.size, 50);
});

test("Where most events only change a row, the first reading goes further back for its rows", async () => {
  const { made, asked } = reader([{ items: [text(9)], next: 9 }, { items: [text(5)], next: 5 }, { items: [text(1)], next: null }]);
  await made.read();
  assert.equal(asked.length, 3);
  assert.match(asked[1], /before=9/);
  assert.deepEqual([...made.lines.rows.keys()], ["m1", "m5", "m9"]);
});

test("While it is held the rows stay, change in place, and newer ones are counted", async () => {
  const { made, flush } = reader([{ items: [text(1), text(2)], next: null }]);
  await made.read();
  const held = new Held();
  assert.equal(held.show(made.lines.rows, false).rows.length, 2);
  held.show(made.lines.rows, true);
  made.hear(text(3));
  flush();
  const now = held.show(made.lines.rows, true);
  assert.deepEqual([now.rows.map((each) => each.key), now.newer], [["m2", "m1"], 1]);
  assert.deepEqual(held.show(made.lines.rows, false).rows.map((each) => each.key), ["m3", "m2", "m1"]);
});

test("A row that was read from further back comes under those that are held", () => {
  const { made } = reader([]);
  made.lines.add([text(5)]);
  const held = new Held();
  held.show(made.lines.rows, true);
  made.lines.add([text(2)]);
  assert.deepEqual(held.show(made.lines.rows, true).rows.map((each) => each.key), ["m5", "m2"]);
});

test("What is observed holds each text once in order, with its newest state, however events come", () => {
  const seen = new Observed("c1");
  const sent = (/** @type {number} */ seq, /** @type {string} */ state) => event(seq, { type: `message.${state}`, data: { message: message(2, { state }), conversation: shared(row({ seq })) } });
  seen.hear(text(4));
  seen.load(row({ seq: 2 }), { items: [message(1), message(2)], seq: 2 });
  seen.hear(sent(6, "delivered"));
  seen.hear(sent(5, "sent"));
  seen.hear(text(3));
  seen.hear(text(3));
  assert.deepEqual(seen.items.map((each) => [each.seq, each.state]), [[1, "received"], [2, "delivered"], [3, "received"], [4, "received"]]);
  assert.equal(seen.row?.seq, 6);
});
