import { useEffect, useRef, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { beingTyped, meant, mentioned } from "../mentions.js";
import { some } from "../words.js";
import { Icon } from "./icon.js";
import { nameOf, Options, steer } from "./options.js";
import { pressed, useCalled, Writing } from "./writing.js";

/** @typedef {import("../shapes.js").User} User */

const SHOWN = 8;

/**
 * An internal note: for colleagues, never sent. `@` names one, who is alerted.
 * @param {{app: import("../app.js").App, record: import("../record.js").Record, initial: string, keep: (body: string) => void}} props
 */
export function Note({ app, record, initial, keep }) {
  const [body, setBody] = useState(initial);
  const [people, setPeople] = useState(/** @type {User[]} */ ([]));
  const [naming, setNaming] = useState(/** @type {{from: number, typed: string}|null} */ (null));
  const [at, setAt] = useState(0);
  const field = /** @type {{current: HTMLTextAreaElement|null}} */ (useRef(null));
  useCalled(app, record.id, field);
  useEffect(() => {
    app.acts.colleagues().then(setPeople, () => undefined);
  }, []);
  const others = people.filter((user) => user.id !== app.me.id);
  const found = naming ? meant(others, naming.typed).slice(0, SHOWN) : [];
  const options = found.map((user) => ({ id: user.id, words: user.name }));
  const write = (/** @type {string} */ text) => {
    setBody(text);
    keep(text);
    const next = beingTyped(text, field.current?.selectionStart ?? text.length);
    setNaming(next);
    setAt(0);
    if (next && !naming) app.say(some(meant(others, next.typed).length, "colleague"));
  };
  const pick = (/** @type {import("./options.js").Option} */ { words }) => {
    const node = field.current;
    if (!naming || !node) return;
    node.setRangeText(`@${words} `, naming.from, naming.from + 1 + naming.typed.length, "end");
    write(node.value);
    setNaming(null);
    node.focus();
  };
  const send = () => {
    const text = field.current?.value.trim();
    if (!text || !field.current) return;
    field.current.value = "";
    write("");
    app.at_end = true;
    app.tell(app.acts.send(record, { kind: "note", body: text, mentions: mentioned(text, others) }));
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (found.length > 0 && steer(event, { options, at, move: setAt, pick, leave: () => setNaming(null) })) return;
    pressed(event, { app, id: record.id, send });
  };
  return html`<form class="composer-form" aria-label="Write a note" onSubmit=${(/** @type {Event} */ event) => (event.preventDefault(), send())}>
    <div class="composer-box note">
      ${found.length > 0 && html`<div class="composer-list">${c(Options, { id: "mentions", label: "Colleagues", options, at, pick })}</div>`}
      ${c(Writing, {
        id: "message",
        label: "Note",
        placeholder: "Write a note for your colleagues; @ names one",
        value: body,
        field,
        input: write,
        press,
        more: {
          maxlength: 5000,
          "aria-autocomplete": "list",
          "aria-controls": found.length > 0 ? "mentions" : undefined,
          "aria-activedescendant": found.length > 0 ? nameOf("mentions", options[at]) : undefined,
          onBlur: () => setNaming(null),
        },
      })}
    </div>
    <div class="composer-end">
      <p class="composer-hint">Only your team sees a note. It answers nothing.</p>
      <button class="button primary" disabled=${!body.trim()}>${c(Icon, { name: "sticky-note" })}Add note</button>
    </div>
  </form>`;
}
