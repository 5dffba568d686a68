import assert from "node:assert/strict";
import { test } from "node:test";
import { Drafts } from "../../web/static/js/drafts.js";
import { settled } from "./tab.mjs";

/** Drafts with the timers and the server's side in the test's hand. */
function made() {
  const kept = new Map();
  const timers = new Map();
  const at = { kept, timers, puts: [], answers: [], saved: [] };
  const drafts = new Drafts({
    storage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text), removeItem: (key) => kept.delete(key) },
    later: (run) => (timers.set(run, run), run),
    cancel: (timer) => timers.delete(timer),
    api: {
      get: async () => ({ body: "From elsewhere" }),
      call: (_method, path, { body }) => (at.puts.push([path, body]), new Promise((done, fail) => at.answers.push({ done, fail }))),
    },
    saved: (id, body) => at.saved.push([id, body]),
  });
  const pause = () => [...timers.keys()].forEach((run) => (timers.delete(run), run()));
  return { drafts, ...at, pause };
}

test("A draft is in this tab at once, and goes to the server once after a pause", async () => {
  const { drafts, puts, answers, saved, pause } = made();
  for (const text of ["H", "Ha", "Half"]) drafts.write("c1", text);
  assert.equal(drafts.local("c1"), "Half");
  assert.deepEqual(puts, []);
  pause();
  answers[0].done();
  await settled();
  assert.deepEqual(puts, [["/conversations/c1/draft", "Half"]]);
  assert.deepEqual(saved, [["c1", "Half"]]);
});

test("Saves of one conversation go one after another, and only the newest waits", async () => {
  const { drafts, puts, answers, pause } = made();
  drafts.write("c1", "One");
  pause();
  drafts.write("c1", "Two");
  pause();
  drafts.write("c1", "Three");
  pause();
  assert.equal(puts.length, 1);
  answers[0].done();
  await settled();
  assert.deepEqual(puts.map(([, body]) => body), ["One", "Three"]);
});

test("A sent text's draft does not come back by a save that was on its way", async () => {
  const { drafts, puts, answers, pause } = made();
  drafts.write("c1", "Hello");
  pause();
  drafts.sent("c1");
  answers[0].done();
  await settled();
  assert.deepEqual(puts.map(([, body]) => body), ["Hello", ""]);
  assert.equal(drafts.local("c1"), "");
});

test("A text that is sent before the pause is never saved", () => {
  const { drafts, puts, pause } = made();
  drafts.write("c1", "Hello");
  drafts.sent("c1");
  pause();
  assert.deepEqual(puts, []);
});

test("A text that did not go out is kept for a reload, until that very text goes", () => {
  const { drafts } = made();
  drafts.park("c1", { client_id: "x", body: "Hello" });
  drafts.unpark("c1", { client_id: "y" });
  assert.deepEqual(drafts.parked("c1"), { client_id: "x", body: "Hello" });
  drafts.unpark("c1", { client_id: "x" });
  assert.equal(drafts.parked("c1"), null);
});

test("A save that fails is tried again with the next pause, and the tab keeps the words", async () => {
  const { drafts, puts, answers, saved, pause } = made();
  drafts.write("c1", "Hello");
  pause();
  answers[0].fail(new Error("offline"));
  await settled();
  assert.equal(drafts.local("c1"), "Hello");
  assert.deepEqual(saved, []);
  drafts.write("c1", "Hello you");
  pause();
  assert.equal(puts.length, 2);
});
