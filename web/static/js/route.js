/** Which page and conversation the address names, and moving between them without a reload. */
import { signal } from "@preact/signals";

/** @typedef {{page: "sms"|"pool"|"other", id: string|null}} Route */

/** @param {string} path @returns {Route} */
export function parse(path) {
  const [, page, id] = path.split("/");
  if (page === "pool") return { page, id: null };
  return page === "sms" ? { page, id: id || null } : { page: "other", id: null };
}

export const route = signal(parse(location.pathname));

/** @param {string} path @param {{replace?: boolean}} [how] */
export function go(path, { replace = false } = {}) {
  if (path === location.pathname) return;
  history[replace ? "replaceState" : "pushState"](null, "", path);
  route.value = parse(path);
}

/** Plain clicks on links between our live pages stay in this page; every other click is the browser's. */
export function followLinks() {
  addEventListener("popstate", () => {
    route.value = parse(location.pathname);
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const path = link.getAttribute("href") ?? "";
    if (!path.startsWith("/") || parse(path).page === "other") return;
    event.preventDefault();
    go(path);
  });
}
