import { useEffect, useState } from "preact/hooks";
import { c } from "../html.js";

/**
 * A component whose module is loaded when it is first shown, so that no page waits for it before:
 * `const HandOver = onDemand(() => import("./hand_over.js").then((m) => m.HandOver));`, then `c(HandOver, {…})`. Nothing is drawn until it is here; what does
 * not come is told, and closed.
 * @template {(props: any) => any} C @param {() => Promise<C>} load @returns {C}
 */
export function onDemand(load) {
  /** @type {C|null} */
  let part = null;
  const OnDemand = (/** @type {any} */ props) => {
    const [, drawn] = useState(part !== null);
    useEffect(() => {
      if (part !== null) return;
      load().then(
        (loaded) => {
          part = loaded;
          drawn(true);
        },
        () => {
          props.app?.toasts.add({ words: "This could not be loaded. The connection may be gone.", urgent: true });
          props.close?.();
        },
      );
    }, []);
    return part === null ? null : c(part, props);
  };
  return /** @type {C} */ (OnDemand);
}
