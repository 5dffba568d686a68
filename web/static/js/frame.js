/** What stands around every live page: title, icon, theme, the numbers and buttons in the bar, notices, the frame's own dialogs. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { keepFocus } from "./focus.js";
import { c, html } from "./html.js";
import { everywhere } from "./keymap.js";
import { Bell, notices } from "./parts/bell.js";
import { Connection } from "./parts/connection.js";
import { Dialog } from "./parts/dialog.js";
import { onDemand } from "./parts/on_demand.js";
import { Search } from "./parts/search.js";
import { StatusMenu } from "./parts/status_menu.js";
import { Toasts } from "./parts/toasts.js";
import { route } from "./route.js";

/** @typedef {import("./app.js").App} App */

const commands = () => import("./parts/commands.js").then((m) => m.Commands);
const Shortcuts = onDemand(() => import("./parts/shortcuts.js").then((m) => m.Shortcuts));
const Commands = onDemand(commands);
/** The command menu and the bell's list are fetched when the page has come to rest, ms: people type on as soon as they have asked. */
const REST = 4000;

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

/** @param {App} app @param {(id: string) => HTMLElement} place */
export function drawFrame(app, place) {
  showCounts(app);
  showTheme(app);
  keepFocus(document);
  route.subscribe(() => document.querySelectorAll(".bar :popover-open").forEach((open) => open instanceof HTMLElement && open.hidePopover()));
  render(c(Connection, { app }), place("connection"));
  render(c(StatusMenu, { app }), place("status"));
  render(c(Bell, { app }), place("bell"));
  render(c(Toasts, { app }), place("toasts"));
  render(c(Dialogs, { app, search: place("search") }), place("dialogs"));
}

/** @param {{app: App, search: HTMLElement}} props */
function Dialogs({ app, search }) {
  const [shown, setShown] = useState("");
  const show = (/** @type {string} */ name) => {
    app.keys.hushed = name !== "";
    setShown(name);
  };
  const close = () => show("");
  useEffect(() => {
    const open = () => show("commands");
    render(c(Search, { open }), search);
    setTimeout(() => Promise.all([commands(), notices()]).catch(() => undefined), REST);
    return app.keys.add(everywhere(app, { help: () => show("help"), commands: open }));
  }, []);
  if (app.screen.line.value === "over") {
    return html`<${Dialog} title="You were signed out" close=${() => undefined}>
      <p>Sign in to go on. What you were writing is kept in this tab.</p>
      <p class="dialog-acts"><a class="button primary" href=${`/login?next=${encodeURIComponent(location.pathname)}`}>Sign in</a></p><//>`;
  }
  if (shown === "commands") return c(Commands, { app, close });
  return shown === "help" ? c(Shortcuts, { app, close }) : null;
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
    if (unread) navigator.setAppBadge?.(unread).catch(() => undefined);
    else navigator.clearAppBadge?.().catch(() => undefined);
    for (const at of document.querySelectorAll("[data-tally=unread]")) tally(at, unread, "unread");
    for (const at of document.querySelectorAll("[data-tally=pool]")) tally(at, tallied ? tallies.pool.all : 0, "waiting");
    for (const link of document.querySelectorAll(".bar-nav a")) {
      if (link.getAttribute("data-page") === mark) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  });
}

/** @param {Element} at @param {number} n @param {string} words */
function tally(at, n, words) {
  if (!(at instanceof HTMLElement)) return;
  at.hidden = n === 0;
  at.textContent = n > 99 ? "99+" : String(n);
  at.setAttribute("aria-label", `${n} ${words}`);
  const button = at.closest("button");
  if (button) button.setAttribute("aria-label", n === 0 ? "Pages" : `Pages, ${at.textContent} ${words}`);
}

/** The template sets it before the first paint; from then on it follows the person's choice. @param {App} app */
function showTheme(app) {
  effect(() => {
    const { theme } = app.preferences.value;
    if (theme === "system") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.dataset["theme"] = theme;
  });
}
