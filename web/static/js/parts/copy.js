import { useEffect, useRef, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { Icon } from "./icon.js";

const SAID_MS = 3000;

/** Puts a text on the clipboard; where that is not allowed the text is selected instead. @param {{app: import("../app.js").App, text: string, what: string}} props */
export function Copy({ app, text, what }) {
  const [done, setDone] = useState(false);
  const place = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      app.say(`${what} copied.`);
    } catch {
      if (place.current) getSelection()?.selectAllChildren(place.current);
      app.say(`${what} selected.`);
    }
  };
  return html`<span class="copy"><code ref=${place}>${text}</code>
    <button type="button" class="button small" onClick=${copy}>${c(Icon, { name: done ? "check" : "copy" })}${done ? "Copied" : "Copy"}<span class="unseen"> ${what}</span></button></span>`;
}
