import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Contacts } from "../contacts.js";
import { filterOf } from "../contact_query.js";
import { contactsCounted } from "../contact_words.js";
import { c, html } from "../html.js";
import { useReading } from "../reading.js";
import { go } from "../route.js";
import { BulkBar } from "../parts/bulk.js";
import { ContactPreview } from "../parts/contact_preview.js";
import { ContactTable } from "../parts/contact_table.js";
import { asked, Filters, Search } from "../parts/filters.js";
import { Icon } from "../parts/icon.js";
import { LiveFilters } from "../parts/live_filters.js";
import { NewContact } from "../parts/new_contact.js";
import { setReady } from "../parts/ready.js";

/** @typedef {import("../app.js").App} App */

const CALM_MS = 100;
/** Conversations that nobody pushes to an agent's tab are read again this often, ms. */
const REFRESH_MS = 15_000;

/** All contacts: found, filtered, looked at, changed many at once. @param {{app: App}} props */
export function Page({ app }) {
  const manager = app.me.role === "manager";
  const query = queryOf(asked());
  const book = useBook(app, manager);
  useEffect(() => book.show(query), [JSON.stringify(query)]);
  const tags = useReading(app, "/tags", (event) => event.type === "contact.updated" || event.type === "contact.created");
  const campaigns = useReading(app, manager ? null : "/live-filters", (event) => event.type.startsWith("live_filter."));
  const picked = useSignal(/** @type {Set<string>} */ (new Set()));
  const everything = useSignal(false);
  const some = useComputed(() => everything.value || picked.value.size > 0);
  const [current, setCurrent] = useState(/** @type {string|null} */ (null));
  const [side, showSide] = useState(false);
  const [making, setMaking] = useState(false);
  const unpick = () => {
    picked.value = new Set();
    everything.value = false;
  };
  useEffect(unpick, [filterOf(query)]);
  const foot = useFoot();
  const row = current === null ? undefined : book.rows.get(current);
  const turn = async (/** @type {string} */ id, /** @type {boolean} */ on) => {
    const contact = book.rows.get(id);
    if (contact) await setReady(app, contact, on, (change) => book.mine(id, change));
  };
  const open = manager ? "View/Edit Contact" : "View on Dashboard";
  return html`<div class=${`contacts ${manager ? "managed" : ""}`}>
    ${manager && c(LiveFilters, { app, chosen: query.live_filter, shown: side, close: () => showSide(false), tags: tags.data?.items ?? [] })}
    <section class="contacts-main" aria-label="Contacts">
      <header class="contacts-head">
        <h1>Contacts</h1><p class="contacts-total" aria-live="off">${totalWords(book)}</p>
        <div class="contacts-acts">
          ${manager && html`<button class="button contacts-side-button" aria-expanded=${side} onClick=${() => showSide(!side)}>${c(Icon, { name: "list-filter" })}Live filters</button>
            <a class="button" href="/contacts/import">${c(Icon, { name: "upload" })}Import CSV</a>
            <a class="button" download href=${`/api/v1/contacts/export?${filterOf(query, { sort: query.sort })}`}>${c(Icon, { name: "download" })}Export</a>`}
          <button class="button primary" onClick=${() => setMaking(true)}>${c(Icon, { name: "plus" })}New contact</button>
        </div>
      </header>
      ${c(Filters, { filters: filtersOf(tags.data?.items ?? [], campaigns.data?.items ?? []), children: c(Search, { label: "Search name, number, email" }) })}
      ${c(ContactTable, { app, book, query, manager, picked, everything, current, setCurrent, turn })}
      <footer class="contacts-foot" ref=${foot}>
        ${some.value && c(BulkBar, { app, query, total: book.total, picked, everything, unpick, changed: () => void book.afresh(), tags: tags.data?.items ?? [] })}
        <a class=${`button ${some.value ? "" : "primary"} contacts-open`} href=${row ? `/contacts/${row.id}` : undefined} role="link" aria-disabled=${!row}
          title=${row ? undefined : "Choose a row first"}>${open}</a>
      </footer>
    </section>
    ${c(ContactPreview, { app, contact: row ?? null, manager, turn })}
    ${making && c(NewContact, { app, close: () => setMaking(false), made: (id) => go(`/contacts/${id}`) })}
  </div>`;
}

/** @param {{[name: string]: string}} address @returns {import("../contact_query.js").Query} */
function queryOf({ q = "", ready = "", tag = "", live_filter = "", sort = "" }) {
  return { q, ready, tag, live_filter, sort };
}

/**
 * @param {Array<{tag: string, count: number}>} tags @param {Array<{id: string, name: string}>} campaigns live filters, for agents, who have no panel of them
 * @returns {import("../parts/filters.js").Filter[]}
 */
function filtersOf(tags, campaigns) {
  const any = /** @type {[value: string, words: string]} */ (["", "any"]);
  /** @type {import("../parts/filters.js").Filter[]} */
  const filters = [
    { name: "ready", label: "Ready", options: [any, ["true", "on"], ["false", "off"]] },
    { name: "tag", label: "Tag", options: [any, ...tags.map(({ tag, count }) => /** @type {[string, string]} */ ([tag, `${tag} (${count})`]))] },
  ];
  if (campaigns.length > 0) {
    filters.push({ name: "live_filter", label: "Campaign", options: [any, ...campaigns.map(({ id, name }) => /** @type {[string, string]} */ ([id, name]))] });
  }
  return filters;
}

/** @param {Contacts} book */
function totalWords({ total, state, next }) {
  if (total !== null) return contactsCounted(total);
  return state === "ready" && next !== null ? "More than 10,000 contacts" : "";
}

/** The contacts of this page, kept while it is shown. @param {App} app @param {boolean} manager @returns {Contacts} */
function useBook(app, manager) {
  const [, redraw] = useState(0);
  const kept = useRef(/** @type {Contacts|null} */ (null));
  const book = (kept.current ??= new Contacts({ api: app.api, later: (run, ms) => setTimeout(run, ms), changed: calmly(() => redraw((n) => n + 1)) }));
  useEffect(() => {
    const end = app.listen({ heard: (event) => book.heard(event), reload: () => book.read() });
    if (manager) app.store.watches.want("feed", true);
    const again = setInterval(() => !manager && document.visibilityState === "visible" && book.state === "ready" && book.read(), REFRESH_MS);
    return () => {
      end();
      clearInterval(again);
      if (manager) app.store.watches.want("feed", false);
      book.end();
    };
  }, []);
  return book;
}

/** What stands at the bottom tells its height, so that notices stand above it. @returns {{current: HTMLElement|null}} */
function useFoot() {
  const foot = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  useLayoutEffect(() => {
    const { style } = document.documentElement;
    const watcher = new ResizeObserver(() => style.setProperty("--foot", `${foot.current?.offsetHeight ?? 0}px`));
    if (foot.current) watcher.observe(foot.current);
    return () => {
      watcher.disconnect();
      style.removeProperty("--foot");
    };
  }, []);
  return foot;
}

/** Ten times a second at most, and the first time at once. @param {() => void} draw */
function calmly(draw) {
  let [last, waiting] = [0, false];
  return () => {
    if (waiting) return;
    const now = performance.now();
    if (now - last >= CALM_MS) {
      last = now;
      draw();
      return;
    }
    waiting = true;
    setTimeout(() => {
      waiting = false;
      last = performance.now();
      draw();
    }, CALM_MS - (now - last));
  };
}
