import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { author, called, clockTime, day } from "../words.js";

/** How long it stands out, ms. */
const MARKED_MS = 4000;

/**
 * Brings the log to the text that was asked for: into the middle of what is in sight, marked for a moment, with the focus on it, and told.
 * @param {import("../app.js").App} app @param {import("../record.js").Record} record @param {{seq: number}|null} at
 * @param {{current: HTMLElement|null}} box @param {import("./log_window.js").View} view @param {() => void} came
 * @returns {number|null} the number of the message that is marked
 */
export function useSought(app, record, at, box, view, came) {
  const [marked, setMarked] = useState(/** @type {number|null} */ (null));
  const met = useRef(/** @type {{seq: number}|null} */ (null));
  const { threads } = app.store;
  const open = at !== null && met.current !== at;
  if (open) app.at_end = false;

  useLayoutEffect(() => {
    if (!open || threads.sought !== at || record.thread?.state !== "ready") return;
    const message = record.thread.items.find(({ seq }) => seq === at.seq);
    const node = /** @type {HTMLElement|null|undefined} */ (box.current?.querySelector(`.message[data-seq="${at.seq}"]`));
    if (message && !node) {
      view.reveal(at.seq);
      return;
    }
    met.current = at;
    threads.sought = null;
    if (!message || !node || !box.current) {
      app.at_end = true;
      app.toasts.add({ words: "That text is not here any more." });
      return;
    }
    toMiddle(box.current, node);
    came();
    node.tabIndex = -1;
    if (!document.activeElement?.matches("input, textarea, select")) node.focus({ preventScroll: true });
    const who = message.direction === "inbound" && record.row ? called(record.row.contact) : author(message, app.me.id);
    app.say(`Found: ${who}, ${day(message.created_at, app.clock.now())}, ${clockTime(message.created_at)}.`);
    setMarked(at.seq);
  });
  useEffect(() => {
    if (marked === null) return undefined;
    const timer = setTimeout(() => setMarked(null), MARKED_MS);
    const end = stayInMiddle(box.current, marked);
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [marked]);
  return marked;
}

/** What stands beneath the log may come a moment later and take of its room. @param {HTMLElement|null} box @param {number} seq @returns {() => void} ends it */
function stayInMiddle(box, seq) {
  const node = /** @type {HTMLElement|null|undefined} */ (box?.querySelector(`.message[data-seq="${seq}"]`));
  if (!box || !node) return () => undefined;
  let stood = box.scrollTop;
  const watcher = new ResizeObserver(() => {
    if (Math.abs(box.scrollTop - stood) > 1) return watcher.disconnect();
    toMiddle(box, node);
    stood = box.scrollTop;
  });
  watcher.observe(box);
  return () => watcher.disconnect();
}

/** What is higher than the box shows its beginning. @param {HTMLElement} box @param {HTMLElement} node */
function toMiddle(box, node) {
  const [outer, inner] = [box.getBoundingClientRect(), node.getBoundingClientRect()];
  box.scrollTop += inner.top - outer.top - Math.max(0, (outer.height - inner.height) / 2);
}
