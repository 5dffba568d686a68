/** All live pages: starts the tab and draws what the address names. What belongs to one page alone is loaded with it. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { App } from "./app.js";
import { drawFrame } from "./frame.js";
import { c, html } from "./html.js";
import { inSms } from "./keymap.js";
import { Inbox } from "./parts/inbox.js";
import { followLinks, route } from "./route.js";

/** Whose this tab was last. */
const WHOSE = "partyline.whose";

/** @param {string} id */
const place = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {{app: App}} props */
function Desk({ app }) {
  const { page, id, part } = route.value;
  const texting = page === "sms" || page === "pool" || (page === "contact" && part === "sms");
  useEffect(() => (texting ? app.keys.add(inSms(app)) : undefined), [texting]);
  useEffect(() => (page === "sms" ? whenNear() : undefined), [page]);
  if (page !== "sms") return c(Loaded, { app, page });
  return html`<div class=${`desk ${id ? "has-open" : ""}`}>
    ${c(Inbox, { app })}
    ${id
      ? c(Loaded, { key: "talk", app, page: "talk", id })
      : html`<section class="thread-pane empty" aria-label="Conversation"><h1>SMS</h1><p>Choose a conversation, or press <kbd>J</kbd>.</p></section>`}
  </div>`;
}

/** @typedef {(props: {app: App, id?: string|null}) => any} Shown */

/** @type {{[page: string]: () => Promise<{Page: any}>}} */
const PAGES = {
  talk: () => import("./parts/talk.js").then(({ Talk }) => ({ Page: Talk })),
  pool: () => import("./parts/pool.js").then(({ Pool }) => ({ Page: Pool })),
  contacts: () => import("./pages/contacts.js"),
  contact: () => import("./pages/contact.js"),
  import: () => import("./pages/import.js"),
  feed: () => import("./pages/feed.js"),
  conversations: () => import("./pages/conversations.js"),
  times: () => import("./pages/times.js"),
  settings: () => import("./pages/settings.js"),
};

/** What is here by now. @type {Map<string, Shown>} */
const here = new Map();

/** Whoever comes near the list will open a conversation: its modules are fetched before. @returns {() => void} */
function whenNear() {
  const main = place("main");
  const fetch = () => PAGES["talk"]?.().catch(() => undefined);
  const signs = ["pointerover", "focusin", "touchstart"];
  for (const sign of signs) main.addEventListener(sign, fetch, { once: true, passive: true });
  return () => signs.forEach((sign) => main.removeEventListener(sign, fetch));
}

/** A page, or a part of one, whose modules are loaded when it is first shown. @param {{app: App, page: string, id?: string|null}} props */
function Loaded({ app, page, id = null }) {
  const [, drawn] = useState("");
  const [failed, setFailed] = useState(false);
  const load = () => {
    setFailed(false);
    if (here.has(page)) return;
    PAGES[page]?.().then(
      ({ Page }) => {
        here.set(page, Page);
        drawn(page);
      },
      () => setFailed(true),
    );
  };
  useEffect(load, [page]);
  if (failed) {
    return html`<section class="notice-page"><h1>This page could not be loaded</h1><p>The connection may be gone.</p>
      <button class="button primary" onClick=${load}>Try again</button></section>`;
  }
  const Page = here.get(page);
  return Page ? c(Page, { app, id }) : null;
}

/** What somebody else wrote in this tab is not for whoever signs in after. @param {Storage} kept @param {string} me */
function keepApart(kept, me) {
  if ((kept.getItem(WHOSE) ?? me) !== me) kept.clear();
  kept.setItem(WHOSE, me);
}

const boot = JSON.parse(place("boot").textContent ?? "{}");
const csrf = document.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "";
const arrival = /** @type {PerformanceNavigationTiming|undefined} */ (performance.getEntriesByType("navigation")[0]);
keepApart(sessionStorage, boot.user.id);
const began = Date.now() - performance.now();
const app = new App(boot, csrf, { sent: began + (arrival?.requestStart ?? 0), came: began + (arrival?.responseStart || performance.now()) });

followLinks();
drawFrame(app, place);
app.keys.listen();
app.start();
render(c(Desk, { app }), place("main"));
