/**
 * The focus never falls to the page's top because what had it is gone: a button that did its work, a field that gave way to a notice.
 * It goes to the log of that conversation, else to the page itself; whoever wants it elsewhere moves it within WAIT.
 */

/** What a component needs to move the focus itself, ms: it may do so after the next paint. */
const WAIT = 150;

/** @param {Document} page */
export function keepFocus(page) {
  /** @type {HTMLElement|null} */
  let last = null;
  /** @type {Array<Element|null>} */
  let around = [];
  const gone = () => {
    if (last === null || last.isConnected || page.activeElement !== page.body) return;
    const log = around.find((each) => each?.isConnected)?.querySelector("[role=log]");
    last = null;
    const place = log ?? page.getElementById("main");
    if (place instanceof HTMLElement) place.focus({ preventScroll: true });
  };
  const watcher = new MutationObserver(() => last !== null && !last.isConnected && setTimeout(gone, WAIT));
  page.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    last = target;
    around = [target.closest(".thread-pane")];
    watcher.observe(page.body, { childList: true, subtree: true });
  });
  page.addEventListener("focusout", ({ target, relatedTarget }) => {
    // What a person leaves by a click beside it stays; what is removed, or switched off, is not left by anybody.
    if (relatedTarget === null && target === last) setTimeout(() => target === last && last?.isConnected && !last.matches(":disabled") && forget());
  });
  const forget = () => {
    last = null;
    watcher.disconnect();
  };
}
