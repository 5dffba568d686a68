import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../../web/static/js/api.js";
import { Preferences } from "../../web/static/js/preferences.js";
import { Status } from "../../web/static/js/status.js";
import { settled } from "./tab.mjs";

const AT = Date.parse("2026-11-22T12:00:00Z");
const MINUTE = 60_000;
const AWAY = "You are Away: nothing was typed or moved for 15 minutes. Alerts still come.";

/** A person's status on a page: time, the server's answers and what is told are in the test's hand. */
class Person {
  constructor() {
    this.now = AT;
    this.told = [];
    this.said = [];
    this.refusals = [];
    /** Calls that wait for their answer. */
    this.calls = [];
    const items = new Map();
    const shared = { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value), removeItem: (key) => void items.delete(key) };
    this.asked = 0;
    this.prefs = new Preferences({
      call: (_method, _path, change) => {
        this.asked += 1;
        return new Promise((take, refuse) => this.calls.push({ change, take: () => take(change), refuse: () => refuse(new Problem(0, null)) }));
      },
    });
    this.status = new Status({
      chosen: () => this.prefs.chosen.value,
      change: (change) => this.prefs.change(change),
      prefer: (change) => this.prefs.change(change).catch((problem) => void this.refusals.push(problem.message)),
      shared,
      now: () => this.now,
      here: () => this.now,
      leads: () => true,
      tell: (words) => this.told.push(words),
      say: (words) => this.said.push(words),
    });
    this.status.touch();
  }

  async answers(how) {
    await settled();
    for (const call of this.calls.splice(0)) call[how]();
    await settled();
  }

  /** The seconds go by, and each call is answered so. */
  async pass(seconds, how) {
    for (let second = 0; second < seconds; second += 1) {
      this.now += 1000;
      this.status.tick();
      await this.answers(how);
    }
  }
}

test("Away by itself while the server is away: tried once a minute, and nobody is told before it is so", async () => {
  const ana = new Person();
  ana.now += 15 * MINUTE;
  await ana.pass(150, "refuse");
  assert.deepEqual([ana.asked, ana.told, ana.refusals, ana.status.now, ana.status.by_itself], [3, [], [], "available", false]);
  await ana.pass(60, "take");
  assert.deepEqual([ana.asked, ana.told, ana.status.now, ana.status.quiet], [4, [AWAY], "away", false]);
});

test("Whoever was here again before the server is asked at once after the next quarter of an hour", async () => {
  const ana = new Person();
  ana.now += 15 * MINUTE;
  await ana.pass(10, "refuse");
  ana.status.touch();
  await ana.pass(15 * 60, "refuse");
  assert.equal(ana.asked, 1);
  await ana.pass(1, "take");
  assert.deepEqual([ana.asked, ana.told], [2, [AWAY]]);
});

test("Away by itself that was refused is not what a person chooses later on another device: that hushes", async () => {
  const ana = new Person();
  ana.now += 15 * MINUTE;
  await ana.pass(1, "refuse");
  ana.prefs.take({ status: "away" });
  assert.deepEqual([ana.asked, ana.status.by_itself, ana.status.quiet], [1, false, true]);
});

test("A touch while Away by itself is on its way ends as Available, and Away is not told", async () => {
  const ana = new Person();
  ana.now += 15 * MINUTE + 1000;
  ana.status.tick();
  ana.status.touch();
  await settled();
  assert.deepEqual(ana.calls.map(({ change }) => change.status), ["away"], "one call at a time: the later one may overtake");
  await ana.answers("take");
  assert.deepEqual(ana.calls.map(({ change }) => change.status), ["available"]);
  await ana.answers("take");
  assert.deepEqual([ana.status.now, ana.told], ["available", []]);
});

test("A touch that the server does not hear of leaves the person Away by itself, not hushed, and the next one tries again", async () => {
  const ana = new Person();
  ana.now += 15 * MINUTE;
  await ana.pass(1, "take");
  for (let moves = 0; moves < 20; moves += 1) {
    ana.status.touch();
    await ana.answers("refuse");
  }
  assert.deepEqual([ana.asked, ana.status.now, ana.status.quiet, ana.refusals], [2, "away", false, []]);
  ana.now += MINUTE;
  ana.status.touch();
  await ana.answers("take");
  assert.deepEqual([ana.asked, ana.status.now, ana.status.by_itself], [3, "available", false]);
});

test("A focus whose end the server does not hear of is told once, without a refusal", async () => {
  const ana = new Person();
  ana.status.focus(5);
  await ana.answers("take");
  ana.now += 5 * MINUTE;
  await ana.pass(30, "refuse");
  assert.deepEqual([ana.told, ana.refusals, ana.status.now], [["Focus is over. You are Available."], [], "available"]);
  ana.now += 15 * MINUTE;
  await ana.pass(1, "take");
  assert.deepEqual([ana.told.at(-1), ana.status.now], [AWAY, "away"]);
});

test("What is refused goes back to what the server knows, not to what was shown meanwhile", async () => {
  const ana = new Person();
  const first = ana.prefs.change({ theme: "dark" }).catch(() => "refused");
  const second = ana.prefs.change({ sound: false }).catch(() => "refused");
  assert.deepEqual([ana.prefs.chosen.value.theme, ana.prefs.chosen.value.sound], ["dark", false]);
  await ana.answers("refuse");
  await ana.answers("refuse");
  assert.deepEqual([await first, await second], ["refused", "refused"]);
  assert.deepEqual([ana.prefs.chosen.value.theme, ana.prefs.chosen.value.sound], ["system", true]);
});
