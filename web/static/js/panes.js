/** The parts of a page that F6 goes through: the bar, then what stands side by side in the page. */

const PANES = ".bar, .list-pane, .thread-pane, .contact-pane, #main > .page, #main > .pool, #main > section:not(.thread-pane)";
const FIRST = "[aria-current=true], [aria-selected=true], textarea, input:not([type=hidden]), a[href], button, select, [tabindex]";

/** Gives the focus to the next pane. @param {1|-1} step */
export function nextPane(step) {
  const panes = [...document.querySelectorAll(PANES)].filter((pane) => pane.checkVisibility());
  if (panes.length === 0) return;
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const begin = at < 0 ? (step > 0 ? -1 : 0) : at;
  for (let n = 1; n <= panes.length; n += 1) {
    const pane = panes[(begin + step * n + panes.length * n) % panes.length];
    if (pane && enter(pane)) return;
  }
}

/** @param {Element} pane @returns {boolean} whether something in it took the focus */
function enter(pane) {
  for (const found of pane.querySelectorAll(FIRST)) {
    if (!(found instanceof HTMLElement) || found.tabIndex < 0 || !found.checkVisibility()) continue;
    found.focus();
    if (document.activeElement === found) return true;
  }
  return false;
}
