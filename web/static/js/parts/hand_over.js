import { useEffect, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { called } from "../words.js";
import { Ask } from "./ask.js";
import { Choose } from "./choose.js";
import { Field } from "./field.js";

/** @typedef {import("./options.js").Option} Option */

/** Names a new owner. @param {import("./talk_dialog.js").TalkProps} props */
export function HandOver({ app, record, row, close }) {
  const [people, setPeople] = useState(/** @type {Option[]|null} */ (null));
  const [to, setTo] = useState(/** @type {Option|null} */ (null));
  const [note, setNote] = useState("");
  const [why, setWhy] = useState("");
  useEffect(() => {
    app.acts.colleagues().then(
      (users) => setPeople(users.filter((user) => user.id !== row.owner?.id).map((user) => asOption(user, app.me.id))),
      (problem) => setWhy(problem.message),
    );
  }, []);
  return c(Ask, {
    title: `Hand over ${called(row.contact)}`,
    act: "Hand over",
    fields: ["user", "note"],
    close,
    disabled: to === null,
    run: () => app.acts.change(record, "transfer", { user: to?.id, ...(note.trim() ? { note: note.trim() } : {}) }),
    children: (faults) => html`
      ${c(Choose, { label: "New owner", options: people, chosen: to, pick: setTo, focus: true, placeholder: "Name of a colleague", error: faults["user"] || why })}
      ${c(Field, { label: "Note", value: note, input: setNote, rows: 3, maxlength: 5000, placeholder: "What the new owner should know", hint: "Only colleagues see it, in the conversation.", error: faults["note"] })}
      <p class="hint">The clock starts anew for the new owner. The old one keeps getting alerts as a subscriber.</p>`,
  });
}

/** @param {import("../shapes.js").User} user @param {string} me @returns {Option} */
export function asOption(user, me) {
  return { id: user.id, words: user.name, more: user.id === me ? "you" : user.role === "manager" ? "manager" : undefined };
}
