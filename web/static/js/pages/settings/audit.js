import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { stamp } from "../../figures.js";
import { c, html } from "../../html.js";
import { asked as inAddress, Filters, refine } from "../../parts/filters.js";
import { Icon } from "../../parts/icon.js";
import { conditionWords } from "../../live_filters.js";
import { Table } from "../../parts/table.js";
import { useReading } from "../../reading.js";
import { route } from "../../route.js";
import { phone } from "../../words.js";
import { placeOf } from "../../zones.js";
import { useNames } from "../reports/names.js";
import { hoursSaid } from "./quiet_hours.js";
import { Section } from "./section.js";

/** @typedef {import("../../app.js").App} App */
/** Fields by the words of their forms; others by their own. @type {{[field: string]: string}} */
const FIELDS = {
  sms_public_minutes: "public minutes",
  opt_out_text: "opt-out text",
  body: "text",
  stop_answer: "STOP answer",
  start_answer: "START answer",
  help_answer: "HELP answer",
  default_did: "default number",
  capabilities: "can",
  quiet_hours: "quiet hours",
  opens_at: "quiet until",
  timezone: "time zone",
  enabled: "switched on",
};
/** Of webhooks: why Partyline switched one off, and its order. @type {{[value: string]: string}} */
const WORDS = {
  failing: "its receiver took nothing for a day",
  gone: "its receiver answered 410 Gone",
  account: "all one after another",
  contact: "each contact's one after another",
};
/**
 * @typedef {{id: string, at: string, user: import("../../shapes.js").User|null, what: string, target: {kind: string, id: string, name: string},
 *   before: {[field: string]: any}|null, after: {[field: string]: any}|null}} Entry
 */

/** Who changed what. @param {{app: App}} props */
export function Audit({ app }) {
  route.value;
  const { user = "", what = "" } = inAddress();
  const query = new URLSearchParams(Object.entries({ user, what }).filter(([, value]) => value)).toString();
  const trail = useTrail(app, query);
  const names = useNames(app);
  const columns = useMemo(() => auditColumns(app, new Map([...names.dids, ...names.users])), [names]);
  const filters = useMemo(() => filtersOf(names.users, trail.kinds), [names, trail.kinds.join()]);
  return html`<${Section} title="Audit" why=${trail.why} about="Who changed the account, and how. Secrets are never kept here.">
    <div class="report-filters">${c(Filters, { filters })}
      ${query && html`<button class="link" onClick=${() => refine({ user: "", what: "" })}>Clear filters</button>`}
      <a class="button audit-export" href=${`/api/v1/audit?as=csv${query && `&${query}`}`} download="audit.csv">${c(Icon, { name: "download" })}Export CSV</a></div>
    ${c(Table, { label: "Changes", columns, rows: trail.entries, more: trail.more, empty: trail.ready && (query ? "No change of that kind." : "Nothing was changed yet.") })}
  <//>`;
}

/** The newest entries, and older ones as far as they were asked for. @param {App} app @param {string} query */
function useTrail(app, query) {
  const reading = useReading(app, `/audit?limit=50${query && `&${query}`}`, (event) => /^(settings\.changed|user\.updated|webhook\.disabled|live_filter\.(created|updated|deleted))$/.test(event.type));
  const [older, setOlder] = useState(/** @type {{query: string, entries: Entry[], next: string|null}} */ ({ query, entries: [], next: null }));
  const loading = useRef(false);
  const first = reading.data;
  useEffect(() => {
    if (!first) return;
    setOlder((before) => {
      const known = before.query === query ? before.entries : [];
      const joined = known.some((entry) => entry.id === first.items.at(-1)?.id);
      const fresh = new Set(first.items.map((/** @type {Entry} */ entry) => entry.id));
      if (!joined) return { query, entries: first.items, next: first.next };
      return { query, entries: [...first.items, ...known.filter((entry) => !fresh.has(entry.id))], next: before.next };
    });
  }, [first]);
  const shown = older.query === query ? older : { entries: first?.items ?? [], next: null };
  const more = async () => {
    if (loading.current || !shown.next) return;
    loading.current = true;
    const page = await app.tell(app.api.get(`/audit?limit=50&cursor=${encodeURIComponent(shown.next)}${query && `&${query}`}`));
    loading.current = false;
    if (page) setOlder((before) => (before.query === query ? { query, entries: [...before.entries, ...page.items], next: page.next } : before));
  };
  return { entries: shown.entries, kinds: /** @type {string[]} */ (first?.kinds ?? []), why: reading.why, ready: first !== null, more: shown.next ? more : null };
}

/** @param {Array<[string, string]>} people @param {string[]} kinds @returns {import("../../parts/filters.js").Filter[]} */
function filtersOf(people, kinds) {
  return [
    { name: "user", label: "Who", options: [["", "anybody"], ...people] },
    { name: "what", label: "What", options: [["", "anything"], ...kinds.map((kind) => /** @type {[string, string]} */ ([kind, worded(kind)]))] },
  ];
}

/** @param {App} app @param {Map<string, string>} names of people and numbers, by id @returns {import("../../parts/table.js").Column[]} */
function auditColumns(app, names) {
  return [
    { key: "what", title: "What", lead: true, cell: (entry) => html`<span class="stacked"><span>${worded(entry.what)}</span>${entry.target.kind !== "settings" && html`<span class="soft"><bdi>${entry.target.name}</bdi></span>`}</span>` },
    { key: "change", title: "Change", bare: true, cell: (entry) => changes(entry, names) },
    { key: "user", title: "Who", cell: (entry) => html`<bdi>${entry.user?.name ?? "Partyline"}</bdi>` },
    { key: "at", title: "When", cell: (entry) => html`<time datetime=${entry.at}>${stamp(entry.at, app.clock.now())}</time>` },
  ];
}

/** `did.changed` as `Number changed`. @param {string} what */
function worded(what) {
  const [noun = "", verb = ""] = what.split(".");
  const name = { did: "number", live_filter: "live filter", quiet_hours: "quiet hours", saved_reply: "shared reply" }[noun] ?? noun;
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} ${verb.replaceAll("_", " ")}`;
}

/** @param {Entry} entry @param {Map<string, string>} names */
function changes({ before, after }, names) {
  const says = (/** @type {string} */ field, /** @type {any} */ it) => (it === null && field === "sms_public_minutes" ? "never" : (names.get(it) ?? value(field, it)));
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].filter((field) => field !== "message");
  if (fields.length === 0) return html`<span class="soft">–</span>`;
  return html`<ul class="audit-changes">${fields.map((field) => html`<li key=${field}><span class="soft">${FIELDS[field] ?? field.replaceAll("_", " ")}</span>
    ${before && field in before && html` <del><bdi>${says(field, before[field])}</bdi></del>`}${after && field in after && html` <ins><bdi>${says(field, after[field])}</bdi></ins>`}</li>`)}</ul>`;
}

/** @param {string} field @param {any} it @returns {string} */
function value(field, it) {
  if (field === "quiet_hours") return hoursSaid(it);
  if (field === "reason" || field === "order") return WORDS[it] ?? it;
  if (field === "types" && it.length === 0) return "all";
  if (it === null || it === undefined || it === "") return "none";
  if (it === true || it === false) return it ? "yes" : "no";
  if (field === "conditions" && Array.isArray(it)) return it.map(conditionWords).join(" and ");
  if (field === "capabilities" && Array.isArray(it)) return it.map((can) => can.toUpperCase()).join(", ");
  if (field === "number") return phone(it);
  if (field === "timezone") return placeOf(it);
  if (field === "opens_at") return stamp(it, Date.now());
  if (Array.isArray(it)) return it.map((each) => value(field, each)).join(", ");
  return typeof it === "object" ? (it.name ?? it.label ?? JSON.stringify(it)) : String(it);
}
