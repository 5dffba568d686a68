import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { go, holdRoute } from "../route.js";
import { Dialog } from "./dialog.js";

/**
 * Asks before a page with unsaved changes is left.
 * @param {boolean} dirty @param {string} inside addresses that begin so belong to the page @param {() => void} forget gives the changes up
 * @returns {any} the question while it is open
 */
export function useLeaveGuard(dirty, inside, forget) {
  const [to, setTo] = useState(/** @type {string|null} */ (null));
  const leaving = useRef(false);
  useEffect(() => {
    if (!dirty) return undefined;
    const end = holdRoute((address) => {
      if (leaving.current || address === inside || address.startsWith(`${inside}/`)) return true;
      setTo(address);
      return false;
    });
    const warn = (/** @type {BeforeUnloadEvent} */ event) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => {
      end();
      removeEventListener("beforeunload", warn);
    };
  }, [dirty, inside]);
  if (to === null) return null;
  const stay = () => setTo(null);
  const leave = () => {
    leaving.current = true;
    setTo(null);
    forget();
    go(to);
  };
  return html`<${Dialog} title="Leave without saving?" close=${stay}>
    <p>Your changes of this contact are not saved.</p>
    <p class="dialog-acts"><button class="button" onClick=${leave}>Discard changes</button><button class="button primary" onClick=${stay}>Stay here</button></p>
  <//>`;
}
