import { useState } from "preact/hooks";
import { c, html } from "../../html.js";
import { Ask } from "../../parts/ask.js";
import { Field } from "../../parts/field.js";
import { grouped, named } from "../../webhooks.js";

/**
 * Where to, what for, and which events; a new one, or another look at one.
 * @param {{app: import("../../app.js").App, types: string[], webhook?: import("../../webhooks.js").Webhook, close: () => void,
 *   done: (answer: any) => Promise<boolean>}} props `types` are all that there are
 */
export function WebhookForm({ app, types, webhook, close, done }) {
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [some, setSome] = useState(Boolean(webhook?.types.length));
  const [chosen, setChosen] = useState(webhook?.types ?? []);
  const [order, setOrder] = useState(webhook?.order ?? "account");
  const run = async () => {
    const said = { url, description, types: some ? chosen : [], order };
    return done(await (webhook ? app.api.patch(`/webhooks/${webhook.id}`, said) : app.api.post("/webhooks", said)));
  };
  return c(Ask, {
    title: webhook ? `Edit ${named(webhook)}` : "Add webhook",
    act: webhook ? "Save" : "Add webhook",
    close,
    fields: ["url", "description", "types", "order"],
    disabled: some && chosen.length === 0,
    run,
    children: (wrong) => [
      c(Field, { label: "Address", value: url, input: setUrl, type: "url", required: true, maxlength: 2000, placeholder: "https://example.com/partyline", hint: "A public https address.", autocomplete: "off", error: wrong["url"] ?? "" }),
      c(Field, { label: "Description", value: description, input: setDescription, maxlength: 200, hint: "What it is for.", autocomplete: "off", error: wrong["description"] ?? "" }),
      html`<fieldset class="choices"><legend>Events</legend>
        ${radio("which", "All, also those that come with a later version", !some, () => setSome(false))}
        ${radio("which", "Only some", some, () => setSome(true))}
        ${some && c(Types, { types, chosen, choose: setChosen })}
        ${wrong["types"] && html`<p class="field-error">${wrong["types"]}</p>`}
      </fieldset>`,
      html`<fieldset class="choices" aria-describedby="order-hint"><legend>Order</legend>
        ${radio("order", "All events one after another", order === "account", () => setOrder("account"))}
        ${radio("order", "Each contact's one after another, up to 10 contacts at a time", order === "contact", () => setOrder("contact"))}
        <p class="field-hint" id="order-hint">The second is faster where much happens and the receiver is far away.</p>
        ${wrong["order"] && html`<p class="field-error">${wrong["order"]}</p>`}
      </fieldset>`,
    ],
  });
}

/** @param {string} name @param {string} words @param {boolean} on @param {() => void} choose */
function radio(name, words, on, choose) {
  return html`<label class="check"><input type="radio" name=${name} checked=${on} onChange=${choose} />${words}</label>`;
}

/** @param {{types: string[], chosen: string[], choose: (types: string[]) => void}} props */
function Types({ types, chosen, choose }) {
  const turn = (/** @type {string} */ type) => () => choose(chosen.includes(type) ? chosen.filter((each) => each !== type) : [...chosen, type]);
  return html`<div class="event-types">${grouped(types).map(([noun, group]) => html`<fieldset key=${noun}><legend>${noun.replaceAll("_", " ")}</legend>
    ${group.map((type) => html`<label class="check" key=${type}><input type="checkbox" checked=${chosen.includes(type)} onChange=${turn(type)} />${type}</label>`)}</fieldset>`)}</div>`;
}
