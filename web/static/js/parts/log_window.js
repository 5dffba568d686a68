import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** Messages in the page at most; those beyond stay in memory and come back as one scrolls. */
const MOST = 300;
const STEP = 100;
/** Messages kept in memory while nobody scrolls back. */
const KEPT = 200;
const NEAR = 200;

/** @typedef {import("../lines.js").Entry} Entry */
/**
 * @typedef {{whole: boolean, cut: (entries: Entry[]) => Entry[], follow: () => void, reveal: (seq: number) => void, scrolled: () => void}} View
 *   `whole`: the newest message is in the page; `cut` leaves what is in the page; `follow` goes back to the newest; `reveal` brings
 *   one that is in memory into the page
 */

/**
 * Which of the messages are in the page. What is in sight stays where it is when others come above or go.
 * @param {import("../app.js").App} app @param {import("../record.js").Record} record @param {{current: HTMLElement|null}} box @returns {View}
 */
export function useWindow(app, record, box) {
  const items = record.thread?.items ?? [];
  const further = record.thread?.newer ?? false;
  /** The first message of the page by its number; null follows the newest. */
  const [from, setFrom] = useState(/** @type {number|null} */ (null));
  const loading = useRef(false);
  const newest = Math.max(0, items.length - MOST);
  const begin = from === null ? newest : Math.min(newest, Math.max(0, items.findIndex((item) => item.seq >= from)));
  const end = Math.min(items.length, begin + MOST);
  const whole = end === items.length && !further;

  // Looked at before this drawing, put back after it.
  const kept = app.at_end ? null : inSight(box.current);
  useLayoutEffect(() => {
    const node = kept && box.current?.querySelector(`.message[data-seq="${kept.seq}"]`);
    const moved = node ? node.getBoundingClientRect().top - kept.top : 0;
    if (box.current && Math.abs(moved) > 0.5) box.current.scrollTop += moved;
  });

  const move = (/** @type {number} */ to) => setFrom(items[Math.max(0, to)]?.seq ?? null);
  const older = async () => {
    if (loading.current || !record.thread?.older) return;
    loading.current = true;
    setFrom(items[0]?.seq ?? null);
    await app.tell(app.store.threads.older(record, () => setFrom(record.thread?.items[0]?.seq ?? null)));
    loading.current = false;
  };
  const newer = async () => {
    if (loading.current) return;
    loading.current = true;
    await app.tell(app.store.threads.newer(record));
    loading.current = false;
    // Whoever stands at the very end of what was there may stand at the end of all now.
    requestAnimationFrame(() => box.current?.dispatchEvent(new Event("scroll")));
  };
  return {
    whole,
    cut: (entries) => {
      if (begin === 0 && whole) return entries;
      const [first, last] = [items[begin]?.seq ?? 0, items[end - 1]?.seq ?? 0];
      const start = begin === 0 ? 0 : entries.findIndex(({ message }) => message?.seq === first);
      const stop = whole ? entries.length : entries.findLastIndex(({ message }) => message?.seq === last) + 1;
      return entries.slice(start, stop);
    },
    follow: () => {
      if (further && record.thread?.state === "ready") app.store.threads.read(record);
      else if (items.length > MOST) record.trim(KEPT);
      setFrom(null);
    },
    reveal: (seq) => move(items.findIndex((item) => item.seq === seq) - MOST / 2),
    scrolled: () => {
      const node = box.current;
      if (!node) return;
      const below = node.scrollHeight - node.scrollTop - node.clientHeight;
      if (node.scrollTop < NEAR && begin > 0) move(begin - STEP);
      else if (node.scrollTop < NEAR) older();
      else if (below < NEAR && end < items.length) move(begin + STEP);
      else if (below < NEAR && further) newer();
    },
  };
}

/** The first message that is in sight, and where. @param {HTMLElement|null} box */
export function inSight(box) {
  if (!box) return null;
  const { top } = box.getBoundingClientRect();
  const found = [...box.querySelectorAll(".message[data-seq]")].find((node) => node.getBoundingClientRect().bottom > top);
  return found ? { seq: found.getAttribute("data-seq") ?? "", top: found.getBoundingClientRect().top } : null;
}
