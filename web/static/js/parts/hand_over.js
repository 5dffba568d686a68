import { useEffect, useState } from "preact/hooks";
import { html } from "../html.js";
import { called } from "../words.js";
import { Dialog } from "./dialog.js";

/** Names a new owner. @param {{app: import("../app.js").App, record: import("../record.js").Record, row: import("../shapes.js").Conversation, close: () => void}} props */
export function HandOver({ app, record, row, close }) {
  const [people, setPeople] = useState(/** @type {import("../shapes.js").User[]|null} */ (null));
  const [why, setWhy] = useState("");
  useEffect(() => {
    app.acts.colleagues().then(
      (users) => setPeople(users.filter((user) => user.id !== row.owner?.id)),
      (problem) => setWhy(problem.message),
    );
  }, []);
  const submit = async (/** @type {SubmitEvent & {currentTarget: HTMLFormElement}} */ event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    try {
      await app.acts.change(record, "transfer", { user: form.get("user") });
      close();
    } catch (problem) {
      setWhy(problem instanceof Error ? problem.message : String(problem));
    }
  };
  return html`<${Dialog} title=${`Hand over ${called(row.contact)}`} close=${close}>
    <form onSubmit=${submit}>
      <label class="field"><span>New owner</span>
        <select name="user" required disabled=${people === null}>
          ${people?.map((user) => html`<option key=${user.id} value=${user.id}>${user.name}${user.id === app.me.id ? " (you)" : ""}</option>`)}
        </select></label>
      <p class="hint">The clock starts anew for the new owner. The old one keeps getting alerts as a subscriber.</p>
      ${why && html`<p class="door-error" role="alert">${why}</p>`}
      <p class="dialog-acts"><button class="button quiet" type="button" onClick=${close}>Cancel</button>
        <button class="button primary" disabled=${!people?.length}>Hand over</button></p>
    </form>
  <//>`;
}
