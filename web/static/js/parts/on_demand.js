import { useEffect, useState } from "preact/hooks";
import { c } from "../html.js";

/**
 * A component whose module is loaded when it is first shown, so that no page waits for it before:
 * `const HandOver = onDemand(() => import("./hand_over.js").then((m) => m.HandOver));`, then `c(HandOver, {…})`. Nothing is drawn until it is here.
 * @template P @param {() => Promise<(props: P) => any>} load @returns {(props: P) => any}
 */
export function onDemand(load) {
  /** @type {((props: P) => any)|null} */
  let part = null;
  return function OnDemand(props) {
    const [, drawn] = useState(part !== null);
    useEffect(() => {
      if (part !== null) return;
      load().then((loaded) => {
        part = loaded;
        drawn(true);
      });
    }, []);
    return part === null ? null : c(/** @type {any} */ (part), props);
  };
}
