import assert from "node:assert/strict";
import { test } from "node:test";
import { Leader } from "../../web/static/js/leader.js";
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
