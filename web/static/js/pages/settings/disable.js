import { useState } from "preact/hooks";
import { c, html } from "../../html.js";
import { Ask } from "../../parts/ask.js";
import { Field } from "../../parts/field.js";
import { some } from "../../words.js";

/**
 * Who is disabled gives up every open conversation: where they go must be chosen.
 * @param {{app: import("../../app.js").App, person: import("./users.js").Person, others: import("./users.js").Person[],
 *   close: () => void, done: () => Promise<void>}} props
 */
export function Disable({ app, person, others, close, done }) {
  const open = person.open_conversations ?? 0;
  const [way, setWay] = useState("");
  const [to, setTo] = useState(others[0]?.id ?? "");
  const run = async () => {
    const conversations = way === "to" ? { to } : way === "public" ? "public" : undefined;
    try {
      await app.api.patch(`/users/${person.id}`, conversations ? { disabled: true, conversations } : { disabled: true });
    } finally {
      await done();
    }
  };
  const choice = (/** @type {string} */ value, /** @type {string} */ words) => html`<label class="check"><input type="radio" name="conversations" value=${value}
    checked=${way === value} onChange=${() => setWay(value)} />${words}</label>`;
  return c(Ask, {
    title: `Disable ${person.name}?`,
    act: "Disable",
    grave: true,
    close,
    disabled: open > 0 && !way,
    fields: ["to"],
    run,
    children: (wrong) => html`<p>${person.name} is signed out everywhere and cannot sign in. Nothing that ${person.name} wrote is lost.</p>
      ${open > 0 && html`<fieldset class="choices"><legend>${person.name} owns ${some(open, "open conversation")}. What happens to ${open === 1 ? "it" : "them"}?</legend>
        ${choice("to", "Hand over to a colleague")}
        ${way === "to" && c(Field, { label: "New owner", value: to, input: setTo, choices: others.map((each) => ({ value: each.id, words: each.name })), error: wrong["to"] ?? "" })}
        ${choice("public", "Make public, for everybody to claim")}
      </fieldset>`}`,
  });
}
