import { useEffect, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { called } from "../words.js";
import { Choose } from "./choose.js";
import { Dialog } from "./dialog.js";
import { asOption } from "./hand_over.js";
import { Icon } from "./icon.js";

/** Who takes part: a manager adds and removes subscribers. @param {import("./talk_dialog.js").TalkProps} props */
export function People({ app, record, row, close }) {
  const [users, setUsers] = useState(/** @type {import("../shapes.js").User[]|null} */ (null));
  const [turn, setTurn] = useState(0);
  const [why, setWhy] = useState("");
  useEffect(() => {
    app.acts.colleagues().then(setUsers, (problem) => setWhy(problem.message));
  }, []);
  const there = new Set([row.owner?.id, ...row.subscribers.map((user) => user.id)]);
  const others = users?.filter((user) => !there.has(user.id)).map((user) => asOption(user, app.me.id)) ?? null;
  const add = async (/** @type {import("./options.js").Option|null} */ option) => {
    if (option === null) return;
    await app.tell(app.acts.subscriber(record, option.id, true));
    setTurn(turn + 1);
  };
  return html`<${Dialog} title=${`Subscribers of ${called(row.contact)}`} close=${close}>
    <p class="field-hint">Subscribers are alerted of every text. ${row.owner ? html`<bdi>${row.owner.id === app.me.id ? "You" : row.owner.name}</bdi> ${row.owner.id === app.me.id ? "own" : "owns"} this conversation.` : "Nobody owns this conversation."}</p>
    ${row.subscribers.length === 0 && html`<p>There are no subscribers yet.</p>`}
    <ul class="people" aria-label="Subscribers">${row.subscribers.map((user) => html`<li key=${user.id}>
      <bdi>${user.name}</bdi>
      <button class="button small quiet" onClick=${() => app.tell(app.acts.subscriber(record, user.id, false))}>${c(Icon, { name: "user-minus" })}Remove<span class="unseen"> ${user.name}</span></button>
    </li>`)}</ul>
    ${c(Choose, { key: turn, label: "Add a colleague", options: others, chosen: null, pick: add, placeholder: "Name of a colleague", error: why, empty: "Nobody else by that name." })}
    <p class="dialog-acts"><button class="button" onClick=${close}>Done</button></p>
  <//>`;
}
