import { useEffect, useRef, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { matches } from "../lists.js";
import { VIEWS } from "../shapes.js";
import { Icon } from "./icon.js";
import { onDemand } from "./on_demand.js";
import { Rows } from "./rows.js";

/** @typedef {import("../shapes.js").View} View */

/** @type {{[V in View]: string}} */
const NAMES = { mine: "Mine", subscribed: "Subscribed", pool: "Pool", unanswered: "Unanswered", all: "All", closed: "Closed" };
/** @type {{[V in View]: string}} */
const EMPTY = {
  mine: "No conversations yet. Open a contact and send the first text.",
  subscribed: "You follow no other conversations.",
  pool: "The pool is empty. Nobody waits.",
  unanswered: "All answered. The next text will appear here.",
  all: "No conversations yet.",
  closed: "Nothing is closed.",
};
const SEARCH_MS = 150;
const NewText = onDemand(() => import("./new_text.js").then((module) => module.NewText));

/** The list pane: tabs, filter, rows. @param {{app: import("../app.js").App}} props */
export function Inbox({ app }) {
  const [view, setView] = useState(rememberedView());
  const [text, setText] = useState("");
  const [writing, setWriting] = useState(false);
  useEffect(() => app.keys.add([{ key: "n", words: "New text", where: "In SMS", run: () => setWriting(true) }]), []);
  useEffect(() => app.store.loads.show(view), [view]);
  useEffect(() => search(app, view, text), [view, text]);
  const pick = (/** @type {View} */ next) => {
    setView(next);
    sessionStorage.setItem("partyline.view", next);
  };
  const clear = () => setText("");
  const empty = text
    ? html`<p>No conversation matches “<bdi>${text}</bdi>”.</p><button class="button" onClick=${clear}>Clear filter</button>`
    : html`<p>${EMPTY[view]}</p>${view === "mine" && html`<a class="button" href="/contacts">Open Contacts</a>`}`;
  const filter = (/** @type {string} */ id) => {
    const row = app.store.records.get(id)?.row;
    return Boolean(row && matches(text, row));
  };
  return html`<section class="list-pane" aria-label="Conversations">
    ${c(Tabs, { app, view, pick })}
    <div class="filter">
      <input id="filter" type="search" placeholder="Filter by name or number" aria-label="Filter by name or number" value=${text}
        autocomplete="off" spellcheck=${false}
        onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && text && (clear(), event.stopPropagation())} />
      <button class="button square" aria-label="New text" title="New text (N)" aria-keyshortcuts="N" onClick=${() => setWriting(true)}>${c(Icon, { name: "pencil" })}</button>
    </div>
    <div class="tab-panel" role="tabpanel" id="conversations" aria-labelledby=${`tab-${view}`}>
      ${c(Rows, { key: view, app, view, filter, filtered: text !== "", empty, label: NAMES[view] })}
    </div>
    ${writing && c(NewText, { app, close: () => setWriting(false) })}
  </section>`;
}

/** @returns {View} */
function rememberedView() {
  const kept = sessionStorage.getItem("partyline.view");
  return VIEWS.find((view) => view === kept) ?? "mine";
}

/** The server knows conversations that this tab has not loaded. @param {import("../app.js").App} app @param {View} view @param {string} text */
function search(app, view, text) {
  if (!text.trim()) return undefined;
  const timer = setTimeout(async () => {
    const found = await app.api.get(`/conversations?view=${view}&q=${encodeURIComponent(text.trim())}`).catch(() => null);
    for (const row of found?.items ?? []) app.store.loads.take(row);
  }, SEARCH_MS);
  return () => clearTimeout(timer);
}

/** @param {{app: import("../app.js").App, view: View, pick: (view: View) => void}} props */
function Tabs({ app, view, pick }) {
  app.screen.tallies.value;
  const bar = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  const steer = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = VIEWS[(VIEWS.indexOf(view) + step + VIEWS.length) % VIEWS.length] ?? view;
    pick(next);
    /** @type {HTMLElement|null|undefined} */ (bar.current?.querySelector(`#tab-${next}`))?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label="Which conversations" ref=${bar} onKeyDown=${steer}>
    ${VIEWS.map((each) => {
      const { all, unread } = app.store.tallies[each];
      const counted = app.store.tallied;
      return html`<button key=${each} id=${`tab-${each}`} class="tab" role="tab" aria-selected=${each === view}
          aria-controls="conversations" tabindex=${each === view ? 0 : -1} onClick=${() => pick(each)}>
        <span>${NAMES[each]}</span>${counted && html`<span class=${`tab-count ${unread > 0 ? "some" : ""}`}>${all > 999 ? "999+" : all}</span>`}
      </button>`;
    })}
  </div>`;
}
