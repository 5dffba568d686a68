/**
 * What a page reads of the API and keeps fresh: read when it is shown, after a reset, when the tab is looked at again, and
 * soon after an event that says it changed. An answer is believed only if nothing was asked after it.
 */
import { useEffect, useRef, useState } from "preact/hooks";

const SOON_MS = 150;
const RETRY_MS = 5000;

/**
 * @template T
 * @typedef {{data: T|null, why: string, again: () => Promise<void>, set: (data: T) => void}} Reading
 *   `why` says what went wrong when the last try failed; what was read before stays
 */

/**
 * @param {import("./app.js").App} app @param {string|null} path null reads nothing
 * @param {(event: import("./shapes.js").Event) => boolean} [stale] does this event change it?
 * @param {number} [pause] how long after such an event it is read, ms
 * @returns {Reading<any>}
 */
export function useReading(app, path, stale = () => false, pause = SOON_MS) {
  const [got, setGot] = useState({ path, data: /** @type {any} */ (null), why: "" });
  const now = useRef({ path, stale, turn: 0, timer: /** @type {any} */ (0) });
  Object.assign(now.current, { path, stale });
  const read = async () => {
    const asked = now.current.path;
    const turn = ++now.current.turn;
    clearTimeout(now.current.timer);
    if (asked === null) return;
    try {
      const data = await app.api.get(asked);
      if (turn === now.current.turn) setGot({ path: asked, data, why: "" });
    } catch (problem) {
      if (turn !== now.current.turn) return;
      setGot((before) => ({ ...before, path: asked, why: problem instanceof Error ? problem.message : String(problem) }));
      now.current.timer = setTimeout(read, RETRY_MS);
    }
  };
  useEffect(() => {
    read();
  }, [path]);
  useEffect(() => {
    let soon = /** @type {any} */ (0);
    const later = () => (soon ||= setTimeout(() => ((soon = 0), read()), pause));
    const end = app.listen({ heard: (event) => now.current.stale(event) && later(), reload: read });
    const seen = () => document.visibilityState === "visible" && later();
    document.addEventListener("visibilitychange", seen);
    return () => {
      end();
      document.removeEventListener("visibilitychange", seen);
      clearTimeout(soon);
      clearTimeout(now.current.timer);
      now.current.turn += 1;
    };
  }, []);
  const set = (/** @type {any} */ data) => {
    now.current.turn += 1;
    setGot({ path, data, why: "" });
  };
  return { data: got.data, why: got.why, again: read, set };
}

/** What depends on everything that happens, far more than a person can follow, is read this long after it, ms. */
export const CALM_MS = 1000;

/** While this is on screen a manager's tab hears all that happens in the account. @param {import("./app.js").App} app */
export function useFeed(app) {
  useEffect(() => {
    app.store.watches.want("feed", true);
    return () => app.store.watches.want("feed", false);
  }, []);
}

/** Every item of a list that is read whole; lists of settings are short. @param {import("./app.js").App} app @param {string} path */
export async function all(app, path) {
  /** @type {any[]} */
  const items = [];
  let cursor = "";
  do {
    const page = await app.api.get(`${path}${path.includes("?") ? "&" : "?"}limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    items.push(...page.items);
    cursor = page.next ?? "";
  } while (cursor);
  return items;
}
