/** Which page, thing and part the address names, and moving between live pages without a reload. */
import { signal } from "@preact/signals";

/**
 * @typedef {"sms"|"pool"|"contacts"|"import"|"contact"|"feed"|"conversations"|"times"|"settings"|"other"} Page
 * @typedef {{page: Page, id: string|null, part: string, query: string}} Route
 *   `part` of a contact is its tab, of the settings their section; `query` is the address's, with its `?`, or ""
 */

/** @param {string} path @param {string} [query] @returns {Route} */
export function parse(path, query = "") {
  const [, first = "", second = "", third = ""] = path.split("/");
  const at = (/** @type {Page} */ page, id = "", part = "") => ({ page, id: id || null, part, query });
  if (first === "sms") return at("sms", second);
  if (first === "pool" || first === "feed") return at(first);
  if (first === "contacts" && second === "import") return at("import");
  if (first === "contacts") return second ? at("contact", second, third || "details") : at("contacts");
  if (first === "reports" && second === "sms-conversations") return at("conversations");
  if (first === "reports" && second === "response-times") return at("times");
  if (first === "status") return at("settings", "", "status");
  if (first === "settings" && second) return at("settings", "", second);
  return at("other");
}

export const route = signal(parse(location.pathname, location.search));

/** Asked before another address is shown. @type {((address: string) => boolean)|null} */
let held = null;

/** While it is there, `may` is asked before this page shows another address; false stays. @param {(address: string) => boolean} may @returns {() => void} ends it */
export function holdRoute(may) {
  held = may;
  return () => {
    if (held === may) held = null;
  };
}

/**
 * @param {string} address a path, maybe with a query
 * @param {{replace?: boolean, again?: boolean}} [how] `again`: what is shown already is shown as if one came to it
 */
export function go(address, { replace = false, again = false } = {}) {
  const here = address === location.pathname + location.search;
  if ((here && !again) || held?.(address) === false) return;
  if (!here) history[replace ? "replaceState" : "pushState"](null, "", address);
  route.value = parse(location.pathname, location.search);
}

/** The text at which a conversation is to be shown, if the address names one. @param {Route} route @param {string} id @returns {{seq: number}|null} */
export function soughtAt(route, id) {
  const seq = route.page === "sms" && route.id === id ? Number(new URLSearchParams(route.query).get("at")) : 0;
  return Number.isSafeInteger(seq) && seq > 0 ? { seq } : null;
}

/**
 * Writes filters into the address of this page; empty ones are left out.
 * @param {{[name: string]: string}} asked
 */
export function ask(asked) {
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== "")).toString();
  go(location.pathname + (query ? `?${query}` : ""), { replace: true });
}

/** Plain clicks on links between our live pages stay in this page; every other click is the browser's. */
export function followLinks() {
  let shown = location.pathname + location.search;
  route.subscribe(() => (shown = location.pathname + location.search));
  addEventListener("popstate", () => {
    if (held?.(location.pathname + location.search) === false) return history.pushState(null, "", shown);
    route.value = parse(location.pathname, location.search);
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.hasAttribute("download") || link.hasAttribute("target")) return;
    const address = link.getAttribute("href") ?? "";
    const [path = "", query] = address.split("?");
    if (!path.startsWith("/") || parse(path).page === "other") return;
    event.preventDefault();
    go(query ? `${path}?${query}` : path);
  });
}
