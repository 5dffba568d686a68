import { useEffect, useMemo } from "preact/hooks";
import { zone } from "../figures.js";
import { c, html } from "../html.js";
import { asked as inAddress, Filters, refine } from "../parts/filters.js";
import { Icon } from "../parts/icon.js";
import { useFeed, useReading } from "../reading.js";
import { route } from "../route.js";
import { Cards } from "./reports/cards.js";
import { Chart } from "./reports/chart.js";
import { Heat } from "./reports/heat.js";
import { useNames } from "./reports/names.js";
import { ReportsNav } from "./reports/nav.js";
import { Tables } from "./reports/tables.js";

/** @typedef {import("../app.js").App} App */

const ASKED = ["from", "to", "did", "user"];
const SPANS = [7, 14, 30, 90];
/** What moves its figures; it is read some time after, since it adds up weeks. */
const STALE = /^(message\.(received|queued|failed|undelivered)|contact\.opted_out|conversation\.(opened|public|claimed|answered|waiting|released|transferred))$/;
const PAUSE_MS = 3000;

/** Reports > Response times: how much comes, and how long people wait for an answer. @param {{app: App}} props */
export function Page({ app }) {
  route.value;
  const address = inAddress();
  const query = new URLSearchParams({ time_zone: zone() });
  for (const name of ASKED) if (address[name]) query.set(name, address[name]);
  const reading = useReading(app, `/reports/response-times?${query}`, (event) => STALE.test(event.type), PAUSE_MS);
  useFeed(app);
  const minute = app.screen.minute.value;
  useEffect(() => {
    if (reading.data) reading.again();
  }, [minute]);
  const names = useNames(app);
  const filters = useMemo(() => filtersOf(names), [names]);
  const report = reading.data;
  const filter = report ? conversationsQuery(report, address) : "";
  return html`<section class="page report times">
    ${c(ReportsNav, { at: "response-times", app })}
    <header class="report-head"><h1>Response times</h1>
      ${report && html`<p class="report-total">${span(report)}, times in ${report.time_zone.replaceAll("_", " ")}</p>`}
      <div class="report-acts"><button class="button" onClick=${() => print()}>${c(Icon, { name: "printer" })}Print</button></div>
    </header>
    <div class="report-filters">
      <div class="chips" role="group" aria-label="Days">${SPANS.map((days) => html`<button class="chip choice" key=${days} aria-pressed=${days === shownDays(address)} onClick=${() => refine(lastDays(days, app.clock.now()))}>${days} days</button>`)}</div>
      ${c(Filters, { filters })}</div>
    ${reading.why && html`<p class="section-notice" role="note">${c(Icon, { name: "circle-alert" })}<span>The report could not be loaded: ${reading.why}</span></p>`}
    ${report && [
      c(Cards, { figures: report.figures, days: report.days, filter }),
      c(Chart, { app, hours: report.hours, described: "tables" }),
      html`<p id="tables" class="soft">The same figures stand in the tables of agents, numbers and days below.</p>`,
      c(Tables, { report, filter, query: query.toString() }),
      c(Heat, { heat: report.heat }),
    ]}
  </section>`;
}

/** @param {import("./reports/names.js").Names} names @returns {import("../parts/filters.js").Filter[]} */
function filtersOf({ dids, users }) {
  return [
    { name: "from", label: "From", kind: "date" },
    { name: "to", label: "To", kind: "date" },
    { name: "did", label: "Number", options: [["", "all"], ...dids] },
    { name: "user", label: "Agent", options: [["", "all"], ...users] },
  ];
}

/** A day of this device as `2026-11-22`. @param {number} at ms */
function dayOf(at) {
  const then = new Date(at);
  return [then.getFullYear(), then.getMonth() + 1, then.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

/** Today and the days before it; the 14 that nobody asked for are not written down. @param {number} days @param {number} now */
function lastDays(days, now) {
  const then = new Date(now);
  then.setDate(then.getDate() - days + 1);
  return { from: days === 14 ? "" : dayOf(then.getTime()), to: "" };
}

/** @param {{[name: string]: string}} address */
function shownDays({ from = "", to = "" }) {
  if (to) return null;
  return from ? Math.round((Date.parse(dayOf(Date.now())) - Date.parse(from)) / 86_400_000) + 1 : 14;
}

/** The same time, number and person in the report of conversations. @param {any} report @param {{[name: string]: string}} address */
function conversationsQuery(report, { did = "", user = "" }) {
  const query = new URLSearchParams({ from: dayOf(Date.parse(report.from)), to: dayOf(Date.parse(report.to) - 1) });
  if (did) query.set("did", did);
  if (user) query.set("user", user);
  return query.toString();
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** @param {any} report */
function span(report) {
  return `${DAY.format(new Date(report.from))} – ${DAY.format(new Date(Date.parse(report.to) - 1))}`;
}
