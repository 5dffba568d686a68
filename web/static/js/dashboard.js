/** All live pages: starts the tab and draws what the address names. What belongs to one page alone is loaded with it. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { App } from "./app.js";
import { c, html } from "./html.js";
import { everywhere, inSms } from "./keymap.js";
import { Connection } from "./parts/connection.js";
import { ContactPane } from "./parts/contact.js";
import { Dialog } from "./parts/dialog.js";
import { Inbox } from "./parts/inbox.js";
import { Pool } from "./parts/pool.js";
import { Shortcuts } from "./parts/shortcuts.js";
import { Thread } from "./parts/thread.js";
import { Toasts } from "./parts/toasts.js";
import { followLinks, route } from "./route.js";

/** @param {string} id */
const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {{app: App}} props */
function Desk({ app }) {
  const { page, id, part } = route.value;
  const [contact, showContact] = useState(false);
  useEffect(() => showContact(false), [id]);
  const texting = page === "sms" || page === "pool" || (page === "contact" && part === "sms");
  useEffect(() => (texting ? app.keys.add(inSms(app)) : undefined), [texting]);
  if (page === "pool") return c(Pool, { app });
  if (page !== "sms") return c(Loaded, { app, page });
  return html`<div class=${`desk ${id ? "has-open" : ""}`}>
    ${c(Inbox, { app })}
    ${id
      ? [c(Thread, { key: id, app, id, toggleContact: () => showContact(!contact) }), c(ContactPane, { app, id, shown: contact, close: () => showContact(false) })]
      : html`<section class="thread-pane empty" aria-label="Conversation"><h1>SMS</h1><p>Choose a conversation, or press <kbd>J</kbd>.</p></section>`}
  </div>`;
}

/** @type {{[page: string]: () => Promise<{Page: (props: {app: App}) => any}>}} */
const PAGES = {
  contacts: () => import("./pages/contacts.js"),
  contact: () => import("./pages/contact.js"),
  import: () => import("./pages/import.js"),
  feed: () => import("./pages/feed.js"),
  conversations: () => import("./pages/conversations.js"),
  times: () => import("./pages/times.js"),
  settings: () => import("./pages/settings.js"),
};

/** A page whose modules are loaded when it is first shown. @param {{app: App, page: string}} props */
function Loaded({ app, page }) {
  const [loaded, setLoaded] = useState(/** @type {{page: string, Page: any}|null} */ (null));
  const [failed, setFailed] = useState(false);
  const load = () => {
    setFailed(false);
    PAGES[page]?.().then(
      ({ Page }) => setLoaded({ page, Page }),
      () => setFailed(true),
    );
  };
  useEffect(load, [page]);
  if (failed) {
    return html`<section class="notice-page"><h1>This page could not be loaded</h1><p>The connection may be gone.</p>
      <button class="button primary" onClick=${load}>Try again</button></section>`;
  }
  return loaded?.page === page ? c(loaded.Page, { app }) : null;
}

/** @type {{[page: string]: [mark: string, title: string]}} */
const TITLES = {
  sms: ["sms", "SMS"],
  pool: ["pool", "Pool"],
  contacts: ["contacts", "Contacts"],
  contact: ["contacts", "Contact"],
  import: ["contacts", "Import contacts"],
  feed: ["feed", "Live"],
  conversations: ["reports", "SMS conversations"],
  times: ["reports", "Response times"],
  settings: ["settings", "Settings"],
};

/** @param {{app: App}} props */
function Dialogs({ app }) {
  const [help, showHelp] = useState(false);
  useEffect(() => app.keys.add(everywhere(app, () => showHelp(true))), []);
  if (app.screen.line.value === "over") {
    return html`<${Dialog} title="You were signed out" close=${() => undefined}>
      <p>Sign in to go on. What you were writing is kept in this tab.</p>
      <p class="dialog-acts"><a class="button primary" href=${`/login?next=${encodeURIComponent(location.pathname)}`}>Sign in</a></p><//>`;
  }
  return help ? c(Shortcuts, { app, close: () => showHelp(false) }) : null;
}

/** The title, the icon, and the numbers in the bar. @param {App} app */
function showCounts(app) {
  const icon = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]"));
  const [plain, dotted] = [icon.getAttribute("href") ?? "", icon.dataset["unread"] ?? ""];
  effect(() => {
    app.screen.tallies.value;
    const { page } = route.value;
    const { unread, tallies, tallied } = app.store;
    const [mark, name] = TITLES[page] ?? ["", "Partyline"];
    document.title = `${unread ? `(${unread > 99 ? "99+" : unread}) ` : ""}${name} · Partyline`;
    const wanted = unread ? dotted : plain;
    if (icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
    tally("unread", unread, "unread");
    tally("pool", tallied ? tallies.pool.all : 0, "waiting");
    for (const link of document.querySelectorAll(".bar-nav a")) {
      if (link.getAttribute("data-page") === mark) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  });
}

/** @param {string} name @param {number} n @param {string} words */
function tally(name, n, words) {
  const at = document.querySelector(`[data-tally="${name}"]`);
  if (!(at instanceof HTMLElement)) return;
  at.hidden = n === 0;
  at.textContent = n > 99 ? "99+" : String(n);
  at.setAttribute("aria-label", `${n} ${words}`);
}

const boot = JSON.parse(place("boot").textContent ?? "{}");
const csrf = document.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "";
const arrival = /** @type {PerformanceNavigationTiming|undefined} */ (performance.getEntriesByType("navigation")[0]);
const app = new App(boot, csrf, performance.timeOrigin + (arrival?.responseStart || 0));

followLinks();
showCounts(app);
app.keys.listen();
app.start();
render(c(Desk, { app }), place("main"));
render(c(Connection, { app }), place("connection"));
render(c(Toasts, { app }), place("toasts"));
render(c(Dialogs, { app }), place("dialogs"));
