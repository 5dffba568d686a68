import { useState } from "preact/hooks";
import { Problem } from "../api.js";
import { c, html } from "../html.js";
import { faults, Field } from "../parts/field.js";
import { Icon } from "../parts/icon.js";
import { Permission } from "../parts/notices.js";
import { Switch } from "../parts/switch.js";

/** @typedef {import("../preferences.js").Chosen} Chosen */

/** @type {Array<[value: Chosen["theme"], words: string]>} */
const THEMES = [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]];
/** @type {Array<[value: Chosen["send_key"], words: string]>} */
const SEND_KEYS = [["enter", "Enter sends, Shift+Enter begins a line"], ["ctrl_enter", "Ctrl+Enter sends, Enter begins a line"]];

/** What a person chose for all tabs and devices; each change counts at once. @param {{app: import("../app.js").App}} props */
export function Preferences({ app }) {
  const chosen = app.preferences.value;
  const [tested, setTested] = useState("");
  const test = async () => setTested((await app.alerting.sound.test()) ? "You should have heard it." : "The browser did not play it. Click once more.");
  /** @param {"sound"|"desktop"|"private_notifications"|"repeat_unread"|"pool_alerts"|"single_keys"} name @param {string} label @param {string} hint @param {any} [more] */
  const line = (name, label, hint, more) => html`<div class="preference" key=${name}>
    <p><strong>${label}</strong><span id=${`about-${name}`}>${hint}</span></p>
    ${c(Switch, { on: chosen[name], label, change: (on) => app.prefer({ [name]: on }), describedby: `about-${name}` })}${more}
  </div>`;
  return html`<h1 id="section">Preferences</h1>
    <p>They are yours, in every tab and on every device, and count at once.</p>
    <section class="preferences" aria-labelledby="look"><h2 id="look">Look and writing</h2>
      ${c(Choices, { legend: "Theme", name: "theme", choices: THEMES, value: chosen.theme, pick: (theme) => app.prefer({ theme }) })}
      ${c(Choices, { legend: "Key that sends", name: "send_key", choices: SEND_KEYS, value: chosen.send_key, pick: (send_key) => app.prefer({ send_key }) })}
      ${line("single_keys", "Single-letter keys", "J, K, C and the others. Alt+Shift and the letter always works.")}
    </section>
    <section class="preferences" aria-labelledby="alerts"><h2 id="alerts">Alerts</h2>
      ${line("sound", "Sound", "A short sound for a text to you, at most one in three seconds.",
        html`<p class="preference-more"><button class="button small" onClick=${test}>${c(Icon, { name: "volume-2" })}Test sound</button><span role="status">${tested}</span></p>`)}
      ${line("desktop", "Desktop notifications", "While no window of ours has the focus.", html`<div class="preference-more">${c(Permission, { app })}</div>`)}
      ${line("private_notifications", "Private notifications", "They say “New text” and not what it says.")}
      ${line("repeat_unread", "Repeat until read", "The sound comes again every 30 seconds until the text is read.")}
      ${line("pool_alerts", "Alert me about the pool", "Also when a conversation of somebody else goes public.")}
    </section>
    ${c(Password, { app })}`;
}

/** @param {{legend: string, name: string, choices: Array<[value: string, words: string]>, value: string, pick: (value: any) => void}} props */
function Choices({ legend, name, choices, value, pick }) {
  return html`<fieldset class="preference choices"><legend>${legend}</legend>
    ${choices.map(([each, words]) => html`<label class="check" key=${each}><input type="radio" name=${name} value=${each} checked=${each === value} onChange=${() => pick(each)} />${words}</label>`)}
  </fieldset>`;
}

/** @param {{app: import("../app.js").App}} props */
function Password({ app }) {
  const [words, setWords] = useState({ current: "", new: "" });
  const [wrong, setWrong] = useState(/** @type {{[field: string]: string}} */ ({}));
  const [done, setDone] = useState("");
  const input = (/** @type {"current"|"new"} */ name) => (/** @type {string} */ value) => {
    setWords({ ...words, [name]: value });
    setDone("");
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setWrong({});
    try {
      await app.api.put("/me/password", words);
      setWords({ current: "", new: "" });
      setDone("Changed. All your other sessions were signed out.");
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      setWrong(faults(problem, ["current", "new"]));
    }
  };
  return html`<section class="preferences" aria-labelledby="password"><h2 id="password">Password</h2>
    <form class="password-form" onSubmit=${submit}>
      ${c(Field, { label: "Current password", type: "password", autocomplete: "current-password", value: words.current, input: input("current"), required: true, error: wrong["current"] ?? "" })}
      ${c(Field, { label: "New password", type: "password", autocomplete: "new-password", value: words.new, input: input("new"), required: true, hint: "At least 12 characters. Your other sessions are signed out.", error: wrong["new"] ?? "" })}
      ${wrong[""] && html`<p class="door-error" role="alert">${wrong[""]}</p>`}
      <p class="dialog-acts"><span role="status">${done}</span><button class="button">Change password</button></p>
    </form>
  </section>`;
}
