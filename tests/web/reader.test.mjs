import assert from "node:assert/strict";
import { test } from "node:test";
import { Reader, calmer } from "../../web/static/js/reader.js";
import { settled } from "./tab.mjs";

/** What a page reads, with the server's answers and the timers in the test's hand. */
class Page {
  constructor() {
    this.questions = [];
    this.timers = [];
    this.shown = [];
    const get = (path) => new Promise((answer, fail) => this.questions.push({ path, answer, fail }));
    const later = (run, ms) => this.timers.push({ run, ms });
    const cancel = (timer) => timer && (this.timers[timer - 1] = null);
    this.reader = new Reader({ get, later, cancel, shown: ({ data, why }) => this.shown.push(why || data) }, 150);
  }

  /** The question of this number is answered. */
  async answer(number, data) {
    this.questions[number - 1].answer(data);
    await settled();
  }

  async fail(number, words) {
    this.questions[number - 1].fail(new Error(words));
    await settled();
  }

  /** Every timer that runs comes to its end. */
  pass() {
    const due = this.timers.map((timer, at) => timer && ((this.timers[at] = null), timer.run)).filter(Boolean);
    due.forEach((run) => run());
  }

  get waits() {
    return this.timers.filter(Boolean).map(({ ms }) => ms);
  }
}

test("In a storm whose answers are slower than its pauses, figures keep coming", async () => {
  const page = new Page();
  page.reader.go("/figures");
  for (let number = 1; number <= 20; number += 1) {
    for (let event = 0; event < 30; event += 1) page.reader.soon();
    assert.deepEqual(page.waits, [150], "once for all that happens");
    page.pass();
    await page.answer(number, number);
  }
  assert.deepEqual(page.shown, Array.from({ length: 20 }, (_, n) => n + 1));
});

test("An answer to a question that was asked before what is shown is not shown", async () => {
  const page = new Page();
  page.reader.go("/figures");
  page.reader.read();
  page.reader.read();
  await page.answer(2, "second");
  await page.answer(1, "first");
  assert.deepEqual(page.shown, ["second"]);
  await page.answer(3, "third");
  assert.deepEqual(page.shown, ["second", "third"]);
});

test("What happens asks no more while two questions wait; one that is never answered holds up nothing", async () => {
  const page = new Page();
  page.reader.go("/figures");
  for (let n = 0; n < 5; n += 1) {
    page.reader.soon();
    page.pass();
  }
  assert.equal(page.questions.length, 2);
  for (let number = 2; number < 6; number += 1) {
    await page.answer(number, number);
    page.reader.soon();
    page.pass();
  }
  assert.deepEqual(page.shown, [2, 3, 4, 5]);
  page.reader.read();
  page.reader.read();
  assert.equal(page.questions.length, 8, "who asks by hand is not kept waiting");
});

test("Of another path nothing is shown, and nothing after the page was left", async () => {
  const page = new Page();
  page.reader.go("/one");
  page.reader.go("/two");
  await page.answer(1, "one");
  assert.deepEqual(page.shown, []);
  await page.answer(2, "two");
  page.reader.read();
  page.reader.soon();
  page.reader.end();
  await page.answer(3, "late");
  assert.deepEqual([page.shown, page.waits], [["two"], []]);
  page.reader.go(null);
  assert.equal(page.questions.length, 3);
});

test("What a change answered is newer than what was asked before it, which is asked again", async () => {
  const page = new Page();
  page.reader.go("/settings");
  await page.answer(1, "as they were");
  page.reader.set("changed");
  assert.deepEqual(page.waits, []);
  page.reader.read();
  page.reader.set("changed again");
  await page.answer(2, "as they were");
  assert.deepEqual(page.shown, ["as they were", "changed", "changed again"]);
  page.pass();
  await page.answer(3, "and by Mia");
  assert.equal(page.shown.at(-1), "and by Mia");
});

test("A try that failed says why, keeps what was read, and is made again unless something newer was answered", async () => {
  const page = new Page();
  page.reader.go("/figures");
  await page.answer(1, "read");
  page.reader.read();
  page.reader.read();
  await page.fail(2, "The server answered 500.");
  assert.deepEqual([page.shown.at(-1), page.reader.data, page.waits], ["The server answered 500.", "read", [5000]]);
  await page.answer(3, "again");
  assert.deepEqual([page.shown.at(-1), page.waits], ["again", []]);
  page.reader.read();
  page.reader.read();
  await page.answer(5, "newest");
  await page.fail(4, "You are offline.");
  assert.deepEqual([page.shown.at(-1), page.waits], ["newest", []]);
  page.reader.read();
  await page.fail(6, "You are offline.");
  page.pass();
  await page.answer(7, "back");
  assert.equal(page.shown.at(-1), "back");
});

test("What no event tells of is read again soon at first, then ever more seldom, once a minute in the end", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 5000].map(calmer), [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test("Questions that get no answer, however many, hold up what happens for three seconds", async () => {
  const page = new Page();
  page.reader.go("/figures");
  page.reader.read();
  page.reader.soon();
  for (let pauses = 0; pauses < 20; pauses += 1) page.pass();
  assert.equal(page.questions.length, 2);
  page.pass();
  assert.equal(page.questions.length, 3);
  await page.answer(3, "third");
  assert.deepEqual(page.shown, ["third"]);
});
