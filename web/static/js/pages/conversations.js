import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { count, zone } from "../figures.js";
import { c, html } from "../html.js";
import { asked as inAddress, Filters, refine, Search } from "../parts/filters.js";
import { Icon } from "../parts/icon.js";
import { Table } from "../parts/table.js";
import { after, arranged, COLUMNS } from "../report.js";
import { route } from "../route.js";
import { reportColumns, TITLES } from "./reports/columns.js";
import { useNames } from "./reports/names.js";
import { ReportsNav } from "./reports/nav.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../report.js").Line} Line */

const FLUSH_MS = 250;
const REREAD_MS = 3000;
const RETRY_MS = 5000;
const ASKED = ["q", "answered", "owner", "user", "did", "public", "opted_out", "from", "to", "sort", "cursor"];
const HIDDEN = "partyline.report.hidden";

/** Reports > SMS conversations: contacts with an SMS exchange, who answers them and how long it takes. @param {{app: App}} props */
export function Page({ app }) {
  route.value;
  const address = inAddress();
  const query = queryOf(address);
  const box = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  const report = useReport(app, query, box);
  const names = useNames(app);
  const [hidden, hide] = useHidden();
  const columns = useMemo(() => reportColumns(app).filter((column) => !hidden.includes(column.key)), [hidden.join()]);
  const filters = useMemo(() => filtersOf(names), [names]);
  const sort = address["sort"] || "-last_message";
  const cleared = Object.fromEntries(ASKED.filter((name) => name !== "sort").map((name) => [name, ""]));
  const filtered = ASKED.some((name) => name !== "sort" && name !== "cursor" && address[name]);
  const page = report.page;
  return html`<section class="page report" ref=${box}>
    ${c(ReportsNav, { at: "sms-conversations", app })}
    <header class="report-head"><h1>SMS Conversations</h1>
      ${app.me.role !== "manager" && html`<p class="report-total">that you take part in</p>`}
      <p class="report-total" role="status">${page ? html`<strong>${count(page.total)}</strong> ${page.total === 1 ? "conversation" : "conversations"}` : ""}</p>
      <div class="report-acts">
        ${c(Chooser, { hidden, hide })}
        <a class="button" href=${`/api/v1/reports/sms-conversations?${exportQuery(address)}`} download="sms-conversations.csv">${c(Icon, { name: "download" })}Export CSV</a>
      </div>
    </header>
    <div class="report-filters" onChange=${() => address["cursor"] && refine({ cursor: "" })}>
      ${c(Filters, { filters, children: c(Search, { label: "Name or number" }) })}
      ${filtered && html`<button class="link" onClick=${() => refine(cleared)}>Clear filters</button>`}
    </div>
    ${report.why && html`<p class="section-notice" role="note">${c(Icon, { name: "circle-alert" })}<span>The report could not be loaded: ${report.why}</span></p>`}
    ${report.waiting > 0 && html`<div class="report-pill"><button class="pill" onClick=${report.release}>${c(Icon, { name: "arrow-up" })}${report.waiting} updated</button></div>`}
    ${c(Table, {
      label: "SMS conversations",
      columns,
      rows: report.lines,
      id: (/** @type {Line} */ line) => line.conversation,
      sort,
      sortBy: (by) => refine({ sort: by === "-last_message" ? "" : by, cursor: "" }),
      empty: page && (filtered ? html`<p>No conversation matches.</p><button class="button" onClick=${() => refine(cleared)}>Clear filters</button>` : html`<p>No conversations yet.</p>`),
    })}
    ${page && (page.next || page.previous) && html`<nav class="report-pages" aria-label="Pages">
      <button class="button" disabled=${!page.previous} onClick=${() => refine({ cursor: page.previous })}>${c(Icon, { name: "chevron-left" })}Previous</button>
      <button class="button" disabled=${!page.next} onClick=${() => refine({ cursor: page.next })}>Next${c(Icon, { name: "chevron-right" })}</button></nav>`}
  </section>`;
}

/** @param {{[name: string]: string}} address */
function queryOf(address) {
  const query = new URLSearchParams({ limit: "50", time_zone: zone() });
  for (const name of ASKED) if (address[name]) query.set(name, address[name]);
  return query.toString();
}

/** @param {{[name: string]: string}} address */
function exportQuery(address) {
  const query = new URLSearchParams({ as: "csv", time_zone: zone() });
  for (const name of ASKED) if (address[name] && name !== "cursor") query.set(name, address[name]);
  return query.toString();
}

/**
 * One page of the report, kept fresh: events change lines in place, a reading follows once in a while.
 * @param {App} app @param {string} query @param {{current: HTMLElement|null}} box
 */
function useReport(app, query, box) {
  const [, redraw] = useState(0);
  const now = useRef({ query, lines: /** @type {Line[]} */ ([]), read: /** @type {Line[]} */ ([]), page: /** @type {any} */ (null), shown: "", waiting: 0, why: "", turn: 0 });
  const state = now.current;
  state.query = query;
  const draw = () => redraw((n) => n + 1);
  const held = () => {
    const table = box.current?.querySelector(".table-place");
    return Boolean(table && (table.matches(":hover") || table.contains(document.activeElement)));
  };
  const settle = (/** @type {boolean} */ hold) => {
    const { lines, waiting } = arranged(state.lines, state.read, hold);
    Object.assign(state, { lines, waiting });
    draw();
  };
  const read = async () => {
    const turn = ++state.turn;
    const asked = state.query;
    try {
      const page = await app.api.get(`/reports/sms-conversations?${asked}`);
      if (turn !== state.turn) return;
      const same = state.shown === asked;
      Object.assign(state, { page, shown: asked, why: "", read: page.items.map((/** @type {any} */ { waiting_seconds: _, ...line }) => line) });
      settle(same && held());
    } catch (problem) {
      if (turn !== state.turn) return;
      state.why = problem instanceof Error ? problem.message : String(problem);
      setTimeout(() => turn === state.turn && read(), RETRY_MS);
      draw();
    }
  };
  useEffect(() => {
    read();
  }, [query]);
  useEffect(() => {
    // An agent's report has what the agent takes part in, which comes by itself.
    const manages = app.me.role === "manager";
    if (manages) app.store.watches.want("feed", true);
    /** @type {import("../shapes.js").Event[]} */
    let heard = [];
    let [flushing, rereading] = [false, false];
    const flush = () => {
      flushing = false;
      const events = heard;
      heard = [];
      const put = (/** @type {Line[]} */ lines) => lines.map((line) => events.reduce(after, line));
      [state.lines, state.read] = [put(state.lines), put(state.read)];
      draw();
    };
    const hear = (/** @type {import("../shapes.js").Event} */ event) => {
      if (!/^(message|conversation|subscriber|contact|note)\./.test(event.type) || event.type === "conversation.read") return;
      heard.push(event);
      if (!flushing) setTimeout(flush, FLUSH_MS);
      flushing = true;
      if (!rereading) setTimeout(() => ((rereading = false), read()), REREAD_MS);
      rereading = true;
    };
    const end = app.listen({ heard: hear, reload: read });
    const calm = setInterval(() => state.waiting > 0 && !held() && settle(false), 500);
    return () => {
      end();
      clearInterval(calm);
      state.turn += 1;
      if (manages) app.store.watches.want("feed", false);
    };
  }, []);
  return { lines: state.lines, page: state.page, why: state.why, waiting: state.waiting, release: () => settle(false) };
}

/** @param {import("./reports/names.js").Names} names @returns {import("../parts/filters.js").Filter[]} */
function filtersOf({ dids, users }) {
  return [
    { name: "answered", label: "Answered", options: [["", "any"], ["answered", "answered"], ["unanswered", "unanswered"]] },
    { name: "owner", label: "Owner", options: [["", "any"], ["none", "nobody"], ...users] },
    { name: "user", label: "Takes part", options: [["", "anybody"], ...users] },
    { name: "did", label: "Number", options: [["", "any"], ...dids] },
    { name: "public", label: "Public", options: [["", "any"], ["now", "now"], ["was", "was public"]] },
    { name: "opted_out", label: "Opted out", options: [["", "any"], ["true", "yes"], ["false", "no"]] },
    { name: "from", label: "From", kind: "date" },
    { name: "to", label: "To", kind: "date" },
  ];
}

/** Which columns this browser leaves out. @returns {[string[], (hidden: string[]) => void]} */
function useHidden() {
  const [hidden, setHidden] = useState(/** @type {string[]} */ (JSON.parse(localStorage.getItem(HIDDEN) ?? '["waits","in","out"]')));
  const set = (/** @type {string[]} */ names) => {
    localStorage.setItem(HIDDEN, JSON.stringify(names));
    setHidden(names);
  };
  return [hidden, set];
}

/** @param {{hidden: string[], hide: (hidden: string[]) => void}} props */
function Chooser({ hidden, hide }) {
  const toggle = (/** @type {string} */ key) => hide(hidden.includes(key) ? hidden.filter((each) => each !== key) : [...hidden, key]);
  return html`<button class="button" popovertarget="columns">${c(Icon, { name: "sliders-horizontal" })}Columns</button>
    <div class="menu-sheet column-sheet" id="columns" popover role="group" aria-label="Columns">${COLUMNS.filter((key) => key !== "contact").map((key) => html`<label class="check" key=${key}>
      <input type="checkbox" checked=${!hidden.includes(key)} onChange=${() => toggle(key)} />${TITLES[key]}</label>`)}</div>`;
}
