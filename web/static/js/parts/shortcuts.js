import { html } from "../html.js";
import { pressed } from "../keys.js";
import { Dialog } from "./dialog.js";

/** The keyboard map: exactly the keys that are registered now. @param {{app: import("../app.js").App, close: () => void}} props */
export function Shortcuts({ app, close }) {
  const { all } = app.keys;
  const places = [...new Set(all.map((key) => key.where))];
  const { single_keys } = app.preferences.value;
  return html`<${Dialog} title="Keyboard" close=${close}>
    ${places.map((where) => html`<h3 key=${where}>${where}</h3>
      <dl class="keys">${all.filter((key) => key.where === where).map((key) => html`
        <div key=${key.words}><dt>${pressed(key).map((name) => html`<kbd key=${name}>${name}</kbd>`)}</dt><dd>${key.words}</dd></div>`)}</dl>`)}
    <label class="check"><input type="checkbox" checked=${single_keys} onChange=${() => app.prefer({ single_keys: !single_keys })} />Single-letter keys (Alt+Shift+letter always works)</label>
  <//>`;
}
