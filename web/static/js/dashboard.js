/** All live pages: starts the tab and draws what the address names. What belongs to one page alone is loaded with it. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { App } from "./app.js";
import { drawFrame } from "./frame.js";
import { c, html } from "./html.js";
import { inSms } from "./keymap.js";
import { ContactPane } from "./parts/contact.js";
import { Inbox } from "./parts/inbox.js";
import { Thread } from "./parts/thread.js";
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
  pool: () => import("./parts/pool.js").then(({ Pool }) => ({ Page: Pool })),
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

const boot = JSON.parse(place("boot").textContent ?? "{}");
const csrf = document.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "";
const arrival = /** @type {PerformanceNavigationTiming|undefined} */ (performance.getEntriesByType("navigation")[0]);
const app = new App(boot, csrf, performance.timeOrigin + (arrival?.responseStart || 0));

followLinks();
drawFrame(app, place);
app.keys.listen();
app.start();
render(c(Desk, { app }), place("main"));
