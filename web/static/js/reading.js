/**
 * What a page reads of the API and keeps fresh: read when it is shown, after a reset, when the tab is looked at again, and
 * soon after an event that says it changed.
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Reader } from "./reader.js";

const SOON_MS = 150;

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
  const [shown, show] = useState(/** @type {import("./reader.js").Shown} */ ({ data: null, why: "" }));
  const changes = useRef(stale);
  changes.current = stale;
  const reader = useMemo(
    () => new Reader({ get: (asked) => app.api.get(asked), later: (run, ms) => setTimeout(run, ms), cancel: (timer) => clearTimeout(timer), shown: show }, pause),
    [],
  );
  useEffect(() => void reader.go(path), [path]);
  useEffect(() => {
    const end = app.listen({ heard: (event) => changes.current(event) && reader.soon(), reload: () => reader.read() });
    const seen = () => document.visibilityState === "visible" && reader.soon();
    document.addEventListener("visibilitychange", seen);
    return () => {
      end();
      document.removeEventListener("visibilitychange", seen);
      reader.end();
    };
  }, []);
  return { ...shown, again: () => reader.read(), set: (data) => reader.set(data) };
}

/**
 * What no event tells of is read again until it is there, while the tab is looked at; who comes back to it reads it anyway.
 * @param {Reading<any>} reading @param {string|boolean} awaited what is still to come: once it is something else, counting begins anew
 * @param {(times: number) => number} wait after how long, ms, when it was read in vain so often
 */
export function useAwaiting(reading, awaited, wait) {
  const vain = useRef({ awaited, times: 0 });
  useEffect(() => {
    if (vain.current.awaited !== awaited) vain.current = { awaited, times: 0 };
    if (!awaited) return undefined;
    const timer = setTimeout(() => document.visibilityState === "visible" && reading.again(), wait(vain.current.times++));
    return () => clearTimeout(timer);
  }, [reading.data]);
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
