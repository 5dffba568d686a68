/**
 * Live filters with their counts: read once, then moved by the events that say who entered and left. Also their conditions,
 * as a form shows them. Pure; calls are given.
 *
 * @typedef {{field: string, op: string, value: string|boolean}} Condition
 * @typedef {{id: string, name: string, conditions: Condition[], count: number, created_at: string}} LiveFilter
 */

export class LiveCounts {
  /** @param {{get: (path: string) => Promise<any>, changed: () => void}} doors */
  constructor(doors) {
    this.doors = doors;
    /** @type {LiveFilter[]} */
    this.items = [];
    /** What each counted when it was first seen. @type {Map<string, number>} */
    this.was = new Map();
    /** @type {Map<string, number>} */
    this.heard_since = new Map();
    this.state = "loading";
    this.why = "";
    this.turn = 0;
  }

  async read() {
    const turn = ++this.turn;
    this.heard_since.clear();
    try {
      const { items } = await this.doors.get("/live-filters?limit=200");
      if (turn !== this.turn) return;
      this.items = items.map((/** @type {LiveFilter} */ item) => ({ ...item, count: this.heard_since.get(item.id) ?? item.count }));
      for (const { id, count } of this.items) if (!this.was.has(id)) this.was.set(id, count);
      this.state = "ready";
    } catch (problem) {
      if (turn !== this.turn) return;
      this.why = problem instanceof Error ? problem.message : String(problem);
      if (this.state !== "ready") this.state = "failed";
    }
    this.doors.changed();
  }

  /** @param {import("./shapes.js").Event} event */
  heard({ type, data }) {
    if (!type.startsWith("live_filter.")) return;
    const { live_filter, count = live_filter.count } = data;
    const { id } = live_filter;
    this.heard_since.set(id, count);
    if (type === "live_filter.deleted") this.items = this.items.filter((item) => item.id !== id);
    else if (this.items.every((item) => item.id !== id)) this.read();
    const whole = type === "live_filter.updated" ? live_filter : {};
    this.items = this.items.map((item) => (item.id === id ? { ...item, ...whole, count } : item));
    this.doors.changed();
  }
}

/** @typedef {{field: string, words: string, ops: Array<[op: string, words: string]>, kind: "truth"|"tag"|"phone"|"text"|"zone"}} FieldKind */

/** @type {FieldKind[]} */
export const FIELDS = [
  { field: "ready", words: "Ready", ops: [["is", "is"]], kind: "truth" },
  { field: "tag", words: "Tag", ops: [["has", "has"], ["has_not", "has not"]], kind: "tag" },
  { field: "name", words: "Name", ops: [["contains", "contains"]], kind: "text" },
  { field: "timezone", words: "Time zone", ops: [["is", "is"]], kind: "zone" },
  { field: "opted_out", words: "Opted out", ops: [["is", "is"]], kind: "truth" },
  { field: "phone_kind", words: "Phones", ops: [["has", "have a"]], kind: "phone" },
  { field: "field:", words: "Field…", ops: [["is", "is"], ["is_not", "is not"], ["contains", "contains"]], kind: "text" },
];

/** @param {string} field @returns {FieldKind} */
export function kindOf(field) {
  const found = FIELDS.find((each) => each.field === field || (each.field === "field:" && field.startsWith("field:")));
  return found ?? /** @type {FieldKind} */ (FIELDS.at(-1));
}

/** A condition of this field that one can go on from. @param {string} field @returns {Condition} */
export function fresh(field) {
  const { kind, ops } = kindOf(field);
  return { field, op: ops[0]?.[0] ?? "is", value: kind === "truth" ? true : kind === "phone" ? "mobile" : "" };
}

/** @param {Condition} condition */
export function conditionWords({ field, op, value }) {
  const kind = kindOf(field);
  const name = field.startsWith("field:") ? field.slice(6) : kind.words;
  const verb = kind.ops.find(([each]) => each === op)?.[1] ?? op;
  if (kind.kind === "truth") return `${name} ${verb} ${truths(field)[isTrue(value) ? 0 : 1]}`;
  if (value === "") return `${name} ${verb} empty`;
  return `${name} ${verb} ${kind.kind === "phone" ? `${value} number` : `“${value}”`}`;
}

/** How true and false are called. @param {string} field @returns {[yes: string, no: string]} */
export function truths(field) {
  return field === "ready" ? ["on", "off"] : ["yes", "no"];
}

/** @param {string|boolean} value */
export function isTrue(value) {
  return value === true || value === "true";
}

/** `ready` where only ready ones are in it. @param {LiveFilter} filter */
export function unit({ conditions }) {
  return conditions.some(({ field, value }) => field === "ready" && isTrue(value)) ? "ready" : "";
}
