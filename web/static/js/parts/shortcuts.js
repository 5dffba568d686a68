import { useState } from "preact/hooks";
import { html } from "../html.js";
import { Dialog } from "./dialog.js";

/** The keyboard map: exactly the keys that are registered. @param {{keys: import("../keys.js").Keys, close: () => void}} props */
export function Shortcuts({ keys, close }) {
  const [on, setOn] = useState(keys.on);
  const toggle = () => {
    keys.on = !keys.on;
    setOn(keys.on);
  };
  const places = [...new Set(keys.table.map((key) => key.where))];
  return html`<${Dialog} title="Keyboard" close=${close}>
    ${places.map((where) => html`<h3 key=${where}>${where}</h3>
      <dl class="keys">${keys.table.filter((key) => key.where === where).map((key) => html`
        <div key=${key.key + key.shift}><dt>${key.shift && html`<kbd>Shift</kbd>`}<kbd>${name(key)}</kbd></dt><dd>${key.words}</dd></div>`)}</dl>`)}
    <label class="check"><input type="checkbox" checked=${on} onChange=${toggle} />Single-letter keys (Alt+Shift+letter always works)</label>
  <//>`;
}

/** @param {import("../keys.js").Key} key */
function name(key) {
  return key.key.length === 1 ? key.key.toUpperCase() : key.key.replace("Escape", "Esc");
}
