import assert from "node:assert/strict";
import { test } from "node:test";
import { Leader } from "../../web/static/js/leader.js";
import { LoudOnce } from "../../web/static/js/loud_once.js";
import { settled } from "./tab.mjs";

/** The Web Locks of one browser as its tabs see them (https://w3c.github.io/web-locks/): queues, shared ones, stealing, ends of tabs. */
class Browser {
  constructor() {
    this.held = [];
    this.waiting = [];
  }

  tab() {
    const tab = Symbol("tab");
    const request = (name, options, run) =>
      new Promise((done, fail) => {
        const asked = { tab, name, shared: options.mode === "shared", run, done, fail };
        if (options.steal) {
          for (const lock of this.held.filter((each) => each.name === name)) lock.fail(new Error("AbortError: stolen"));
          this.held = this.held.filter((each) => each.name !== name);
          this.grant(asked);
        } else {
          this.waiting.push(asked);
          options.signal?.addEventListener("abort", () => {
            this.waiting = this.waiting.filter((each) => each !== asked);
            fail(options.signal.reason);
          });
        }
        this.turn();
      });
    const query = async () => ({ held: this.held.map(({ name }) => ({ name })) });
    const close = () => {
      this.held = this.held.filter((each) => each.tab !== tab);
      this.waiting = this.waiting.filter((each) => each.tab !== tab);
      this.turn();
    };
    return { locks: { request, query }, close };
  }

  async grant(asked) {
    this.held.push(asked);
    const value = await asked.run();
    this.held = this.held.filter((each) => each !== asked);
    asked.done(value);
    this.turn();
  }

  turn() {
    for (const asked of [...this.waiting]) {
      const others = this.held.filter((each) => each.name === asked.name);
      if (others.some((each) => !each.shared || !asked.shared)) continue;
      this.waiting = this.waiting.filter((each) => each !== asked);
      this.grant(asked);
    }
  }
}

function tabs(n) {
  const browser = new Browser();
  return Array.from({ length: n }, () => {
    const { locks, close } = browser.tab();
    let now = 0;
    const leader = new Leader({ locks, now: () => (now += 1000) });
    leader.start();
    return { leader, close, browser };
  });
}

test("One of the tabs leads, and another when that one is gone", async () => {
  const [first, second, third] = tabs(3);
  const who = () => [first, second, third].map(({ leader }) => leader.leads);
  await settled();
  assert.deepEqual(who(), [true, false, false]);
  first.close();
  await settled();
  assert.deepEqual(who(), [true, true, false]);
  second.close();
  await settled();
  assert.equal(third.leader.leads, true);
});

test("The tab that was touched takes over, and the one before it waits its turn again", async () => {
  const [first, second, third] = tabs(3);
  await settled();
  third.leader.take();
  await settled();
  assert.deepEqual([first.leader.leads, second.leader.leads, third.leader.leads], [false, false, true]);
  second.leader.take();
  await settled();
  third.leader.take();
  await settled();
  assert.deepEqual([first.leader.leads, second.leader.leads, third.leader.leads], [false, false, true]);
  assert.equal(first.browser.waiting.length, 2, "each of the others waits once");
  third.close();
  await settled();
  assert.equal(Number(first.leader.leads) + Number(second.leader.leads), 1);
});

test("Every tab knows what another one has before the person's eyes, until that one looks away or ends", async () => {
  const [first, second] = tabs(2);
  second.leader.show(true, "c1");
  await settled();
  assert.deepEqual([await first.leader.looked("c1"), await first.leader.focused()], [true, true]);
  assert.equal(await second.leader.looked("c1"), false, "what I look at is not another tab's");
  second.leader.show(true, "c2");
  await settled();
  assert.deepEqual([await first.leader.looked("c1"), await first.leader.looked("c2")], [false, true]);
  second.leader.show(false, null);
  await settled();
  assert.deepEqual([await first.leader.looked("c2"), await first.leader.focused()], [false, false]);
  second.leader.show(true, "c3");
  await settled();
  second.close();
  assert.equal(await first.leader.looked("c3"), false);
});

test("A browser without locks has each tab lead", () => {
  assert.equal(new Leader({}).leads, true);
});

/** Tabs whose clock stands still, with one memory of what they were loud about. */
function loudTabs(n) {
  const browser = new Browser();
  const kept = new Map();
  const shared = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) };
  const heard = [];
  return Array.from({ length: n }, () => {
    const { locks, close } = browser.tab();
    let asked = 0;
    const query = () => ((asked += 1), locks.query());
    const leader = new Leader({ locks: { ...locks, query }, now: () => 0, began: () => once.lead() });
    let open = true;
    // Nothing goes on in a tab that was closed.
    const focused = async () => ((await leader.focused(), open) ? leader.focused() : new Promise(() => undefined));
    const lead = { get leads() { return leader.leads; }, focused };
    const once = new LoudOnce({ leader: lead, shared, now: () => 0, loud: (alert, away) => heard.push([alert.words, away]) });
    leader.start();
    return { leader, once, heard, asked: () => asked, close: () => ((open = false), close()) };
  });
}

const alert = (words, open = "c1", holds = () => true) => ({ words, open, text: true, sound: true, desktop: { title: words, body: "" }, holds });

test("What keeps a tab quiet is not believed from before: a tab that was looked at and is gone holds no notification back", async () => {
  const [first, second] = loudTabs(2);
  second.leader.show(true, "c1");
  await settled();
  assert.deepEqual([await first.leader.focused(), await first.leader.looked("c1")], [true, true]);
  second.close();
  assert.deepEqual([await first.leader.focused(), await first.leader.looked("c1")], [false, false]);
});

test("However much comes at once, the locks are looked at a few times", async () => {
  const [first, second] = loudTabs(2);
  second.leader.show(true, null);
  await settled();
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 200 }, () => first.leader.focused()))), new Set([true]));
  assert.ok(first.asked() <= 2, `${first.asked()} looks`);
});

test("An alert at which the leading tab ends is shown once by the next one, with nobody at a tab", async () => {
  const [first, second, third] = loudTabs(3);
  first.leader.show(true, "c9");
  await settled();
  await first.leader.focused();
  await second.leader.focused();
  const texts = [alert("Maria"), alert("Wei", "c2")];
  for (const each of texts) for (const tab of [first, second, third]) tab.once.about(each.open, each);
  first.close();
  await settled();
  assert.deepEqual(first.heard, [["Maria", true], ["Wei", true]]);
  second.close();
  await settled();
  assert.equal(first.heard.length, 2, "the third knows that it was shown");
});

test("A leading tab that stays shows each alert once, and what was read is not made up for", async () => {
  const [first, second] = loudTabs(2);
  await settled();
  for (const tab of [first, second]) tab.once.about("c1 5", alert("Maria"));
  for (const tab of [first, second]) tab.once.about("c1 6", alert("Maria again"));
  await settled();
  assert.deepEqual(first.heard.map(([words]) => words), ["Maria", "Maria again"]);
  second.once.about("c2 1", alert("Wei", "c2"));
  second.once.forget("c2");
  first.close();
  await settled();
  assert.equal(first.heard.length, 2);
});

test("A warning that holds no more is not made up for, what else was said of its conversation is", async () => {
  const [first, second] = loudTabs(2);
  await settled();
  second.once.about("c1 public", alert("Maria goes public in 2 minutes.", "c1", () => false));
  second.once.about("c1 7", alert("Ben claimed your conversation with Maria."));
  first.close();
  await settled();
  assert.deepEqual(second.heard.map(([words]) => words), ["Ben claimed your conversation with Maria."]);
});
