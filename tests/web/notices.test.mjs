import assert from "node:assert/strict";
import { test } from "node:test";
import { Toasts } from "../../web/static/js/toasts.js";
import { Undo } from "../../web/static/js/undo.js";

test("What was done last is undone once, while its notice is there", async () => {
  const toasts = new Toasts(() => undefined);
  const undo = new Undo(toasts, (act) => act);
  const done = [];
  toasts.add({ words: "Something else" });
  undo.offer("Ready turned off.", () => done.push("first"));
  assert.equal(toasts.shown.words, "Ready turned off.");
  undo.offer("Tag added.", () => done.push("second"));
  assert.deepEqual(toasts.waiting.map((toast) => toast.words), ["Tag added.", "Something else"]);
  toasts.shown.actions[0].run();
  undo.run();
  await Promise.resolve();
  assert.deepEqual([done, undo.there, toasts.shown.words], [["second"], false, "Something else"]);
  undo.offer("Gone in a moment.", () => done.push("third"));
  toasts.close(toasts.shown.id);
  undo.run();
  await Promise.resolve();
  assert.deepEqual(done, ["second"]);
});

test("Every notice is kept for the bell, read where its conversation is read", () => {
  const toasts = new Toasts(() => undefined);
  for (let n = 0; n < 60; n += 1) toasts.add({ words: `notice ${n}`, open: `c${n}` });
  assert.deepEqual([toasts.recent.length, toasts.recent[0].words, toasts.unread], [50, "notice 59", 50]);
  toasts.read("c59");
  assert.equal(toasts.unread, 49);
  toasts.readAll();
  assert.equal(toasts.unread, 0);
});

test("A notice of what is so no more goes, shown or waiting, and stays with the bell", () => {
  let drawn = 0;
  const toasts = new Toasts(() => (drawn += 1));
  let waits = true;
  toasts.add({ words: "Maria Garcia goes public in 2 minutes.", open: "c1", holds: () => waits });
  toasts.add({ words: "Wei Chen goes public in 2 minutes.", open: "c2", holds: () => waits });
  toasts.add({ words: "Back online." });
  drawn = 0;
  toasts.settle();
  assert.deepEqual([toasts.waiting.length, drawn], [3, 0]);
  waits = false;
  toasts.settle();
  assert.deepEqual([toasts.shown.words, toasts.waiting.length, toasts.recent.length, drawn], ["Back online.", 1, 3, 1]);
});
