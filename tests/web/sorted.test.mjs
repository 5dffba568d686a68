import assert from "node:assert/strict";
import { test } from "node:test";
import { belongs, compare } from "../../web/static/js/lists.js";
import { Sorted } from "../../web/static/js/sorted.js";

/** A small generator of numbers, the same every time. */
function dice(seed) {
  let state = seed;
  return (n) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * n);
  };
}

const row = (id, roll) => ({
  id,
  role: ["owner", "subscriber", null][roll(3)],
  closed_at: roll(5) === 0 ? "2026-01-01" : null,
  public_since: roll(3) === 0 ? "2026-01-01" : null,
  waiting_since: roll(2) === 0 ? `2026-01-${10 + roll(20)}` : null,
  public_at: roll(2) === 0 ? `2026-02-${10 + roll(20)}` : null,
  clock_start: `2026-02-${10 + roll(20)}`,
  active_at: `2026-03-${10 + roll(20)}`,
  last_message: { created_at: `2026-03-${10 + roll(20)}` },
  claimed_at: null,
});

const sortedAnew = (view, records, bound) => {
  const rows = [...records.values()].map((record) => record.row).filter((each) => each && belongs(view, each));
  const shown = bound ? rows.filter((each) => compare(view, each, bound) <= 0) : rows;
  return shown.sort((a, b) => compare(view, a, b)).map((each) => each.id);
};

for (const view of ["mine", "subscribed", "pool", "unanswered", "all", "closed"]) {
  test(`whatever changes, comes and goes, ${view} is as if it were sorted anew`, () => {
    const roll = dice(view.length + 7);
    const records = new Map();
    const sorted = new Sorted(view);
    for (let step = 0; step < 400; step += 1) {
      for (let some = roll(step % 50 === 0 ? 40 : 4); some >= 0; some -= 1) {
        const id = `c${roll(120)}`;
        if (roll(10) === 0) records.delete(id);
        else records.set(id, { row: roll(20) === 0 ? null : row(id, roll) });
      }
      const last = roll(3) === 0 ? row(`c${roll(120)}`, roll) : null;
      assert.deepEqual(sorted.of(records, last), sortedAnew(view, records, last), `step ${step}`);
    }
  });
}

test("while nothing moves the ids are the same array", () => {
  const roll = dice(3);
  const records = new Map(Array.from({ length: 50 }, (_, n) => [`c${n}`, { row: row(`c${n}`, roll) }]));
  const sorted = new Sorted("all");
  const first = sorted.of(records, null);
  assert.equal(sorted.of(records, null), first);
  const seventh = first[6];
  records.set(seventh, { row: { ...records.get(seventh).row, unread: 3 } });
  assert.equal(sorted.of(records, null), first);
});
