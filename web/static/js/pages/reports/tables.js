import { useMemo } from "preact/hooks";
import { count, length, percent } from "../../figures.js";
import { c, html } from "../../html.js";
import { Icon } from "../../parts/icon.js";
import { Table } from "../../parts/table.js";
import { phone } from "../../words.js";

/** @typedef {import("../../parts/table.js").Column} Column */

const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

/** The report by agent, by number and by day; each row leads to its conversations. @param {{report: any, filter: string, query: string}} props */
export function Tables({ report, filter, query }) {
  const columns = useMemo(() => columnsOf(filter), [filter]);
  const one = (/** @type {"agents"|"dids"|"days"} */ table, /** @type {string} */ title, /** @type {(row: any) => string} */ id) => html`<section class="times-table" aria-labelledby=${`by-${table}`}>
    <header><h2 id=${`by-${table}`}>${title}</h2><a class="button small" href=${`/api/v1/reports/response-times?as=csv&table=${table}&${query}`} download=${`response-times-${table}.csv`}>${c(Icon, { name: "download" })}CSV<span class="unseen"> of ${title}</span></a></header>
    ${c(Table, { label: title, columns: columns[table], rows: report[table], id, empty: "Nothing in this time." })}</section>`;
  return html`<div class="times-tables">
    ${one("agents", "Agents", (row) => row.user?.id ?? "none")}
    ${one("dids", "Numbers", (row) => row.did?.id ?? "none")}
    ${one("days", "Days", (row) => row.day)}
  </div>`;
}

/** @param {string} filter @returns {{agents: Column[], dids: Column[], days: Column[]}} */
function columnsOf(filter) {
  const figure = (/** @type {string} */ key, /** @type {string} */ title, /** @type {(value: any) => string} */ says = count) => ({ key, title, end: true, cell: (/** @type {any} */ row) => says(row[key]) });
  const to = (/** @type {{[name: string]: string}} */ more) => {
    const query = new URLSearchParams(filter);
    for (const [name, value] of Object.entries(more)) query.set(name, value);
    return `/reports/sms-conversations?${query}`;
  };
  const replies = [figure("median_seconds", "First reply, median", length), figure("p90_seconds", "9 of 10 within", length)];
  return {
    agents: [
      { key: "user", title: "Agent", lead: true, cell: (row) => (row.user ? html`<a href=${to({ user: row.user.id })}><bdi>${row.user.name}</bdi></a>` : "Automatic") },
      figure("out", "Texts out"),
      figure("answered", "Answered waits"),
      figure("claims", "Claims"),
      ...replies,
    ],
    dids: [
      { key: "did", title: "Number", lead: true, cell: (row) => (row.did ? html`<a href=${to({ did: row.did.id })}><bdi>${row.did.label || phone(row.did.number)}</bdi></a>` : "None") },
      figure("in", "Texts in"),
      figure("out", "Texts out"),
      figure("answered", "Answered waits"),
      ...replies,
    ],
    days: [
      { key: "day", title: "Day", lead: true, cell: (row) => html`<a href=${to({ from: row.day, to: row.day })}>${DAY.format(new Date(`${row.day}T12:00:00`))}</a>` },
      figure("in", "Texts in"),
      figure("out", "Texts out"),
      figure("answered", "Answered waits"),
      figure("first_reply_median_seconds", "First reply, median", length),
      figure("first_reply_p90_seconds", "9 of 10 within", length),
      figure("before_public_share", "Before public", percent),
      figure("went_public", "Went public"),
      figure("failed", "Failed"),
      figure("opt_outs", "Opt-outs"),
    ],
  };
}
