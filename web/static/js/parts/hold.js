import { useEffect, useRef } from "preact/hooks";

const RELEASE_MS = 300;

/**
 * Whether the order of a list is held: while the pointer is over it or the focus is in it, and a moment longer.
 * @param {{current: HTMLElement|null}} box @param {() => void} released draws again
 * @returns {{current: boolean}}
 */
export function useHold(box, released) {
  const held = useRef(false);
  const then = useRef(released);
  then.current = released;
  useEffect(() => {
    const node = box.current;
    if (!node) return undefined;
    const over = new AbortController();
    /** @type {any} */
    let timer = null;
    const hold = () => {
      clearTimeout(timer);
      held.current = true;
    };
    const leave = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (node.matches(":hover") || node.contains(document.activeElement)) return;
        held.current = false;
        then.current();
      }, RELEASE_MS);
    };
    for (const name of ["pointerenter", "focusin"]) node.addEventListener(name, hold, over);
    for (const name of ["pointerleave", "focusout"]) node.addEventListener(name, leave, over);
    return () => {
      clearTimeout(timer);
      over.abort();
    };
  }, []);
  return held;
}
