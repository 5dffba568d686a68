import { useEffect, useState } from "preact/hooks";
import { buttonWords, DEEDS, doing, doneWords } from "../bulk.js";
import { filterOf } from "../contact_query.js";
import { contactsCounted } from "../contact_words.js";
import { c, html } from "../html.js";
import { Ask } from "./ask.js";
import { Icon } from "./icon.js";

/** @typedef {import("../bulk.js").Deed} Deed */

/** Picked ones go into an address. */
const MOST_EXPORTED = 200;

/**
 * What can be done to the picked contacts; the button says to how many.
 * @param {{app: import("../app.js").App, query: import("../contact_query.js").Query, total: number|null, picked: import("./contact_table.js").Picked,
 *   everything: import("./contact_table.js").Everything, unpick: () => void, changed: () => void, tags: Array<{tag: string, count: number}>}} props
 */
export function BulkBar({ app, query, total, picked, everything, unpick, changed, tags }) {
  const [deed, setDeed] = useState(/** @type {Deed} */ ("ready"));
  const [tag, setTag] = useState("");
  const [owner, setOwner] = useState("");
  const [people, setPeople] = useState(/** @type {import("../shapes.js").User[]} */ ([]));
  const [busy, setBusy] = useState(false);
  const [sure, setSure] = useState(false);
  useEffect(() => {
    if (deed === "owner" && people.length === 0) app.tell(app.acts.colleagues().then(setPeople));
  }, [deed]);
  const all = everything.value;
  const n = all ? total : picked.value.size;
  const tagged = deed === "add_tag" || deed === "remove_tag";
  const value = tagged ? tag.trim() : deed === "owner" ? (people.find((user) => user.id === owner)?.name ?? "") : "";
  const { live_filter, ready, tag: wanted, q } = query;
  const whom = all ? { query: withoutEmpty({ q, ready: ready && ready === "true", tag: wanted, live_filter }) } : { ids: [...picked.value] };
  const run = async () => {
    setBusy(true);
    const done = await app.tell(app.api.post("/contacts/bulk", { ...whom, do: doing(deed, tagged ? tag : owner) }));
    setBusy(false);
    if (!done) return;
    unpick();
    changed();
    const words = doneWords(deed, value, done.count, done.skipped);
    if (done.undo === null) app.toasts.add({ words });
    else app.undo.offer(words, () => app.api.post(`/contacts/bulk/${done.undo}/undo`).then(changed));
  };
  const begin = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (deed === "delete") setSure(true);
    else run();
  };
  const words = buttonWords(deed, value, n);
  return html`<form class="bulk" aria-label="Change many contacts" onSubmit=${begin}>
    <p class="bulk-count"><strong>${n === null ? "All" : n.toLocaleString("en-US")} selected</strong>
      ${!all && (total === null || total > picked.value.size) && html`<button class="link" type="button" onClick=${() => (everything.value = true)}>Select all${total === null ? "" : ` ${total.toLocaleString("en-US")}`}</button>`}
      <button class="link" type="button" onClick=${unpick}>Clear</button></p>
    <select aria-label="What to do" value=${deed} onChange=${(/** @type {any} */ event) => setDeed(event.currentTarget.value)}>
      ${DEEDS.map(([each, says]) => html`<option key=${each} value=${each} selected=${each === deed}>${says}</option>`)}
    </select>
    ${tagged && html`<input aria-label="Tag" placeholder="Tag" list="bulk-tags" maxlength="200" value=${tag} onInput=${(/** @type {any} */ event) => setTag(event.currentTarget.value)} />
      <datalist id="bulk-tags">${tags.map((each) => html`<option key=${each.tag} value=${each.tag} />`)}</datalist>`}
    ${deed === "owner" && html`<select aria-label="New owner" value=${owner} onChange=${(/** @type {any} */ event) => setOwner(event.currentTarget.value)}>
      <option value="">Nobody</option>${people.map((user) => html`<option key=${user.id} value=${user.id}>${user.name}</option>`)}</select>`}
    ${deed === "export"
      ? !all && picked.value.size > MOST_EXPORTED
        ? html`<span class="soft">Export takes up to ${MOST_EXPORTED} picked contacts, or all that match.</span>`
        : html`<a class="button primary" download href=${`/api/v1/contacts/export?${exported(all, picked.value, query)}`}>${c(Icon, { name: "download" })}${words}</a>`
      : html`<button class=${`button ${deed === "delete" ? "grave" : "primary"}`} disabled=${busy || (tagged && !tag.trim())} aria-busy=${busy}>${words}</button>`}
    ${sure && c(Ask, { title: `Delete ${n === null ? "more than 10,000 contacts" : contactsCounted(n)}?`, act: words, grave: true, close: () => setSure(false), run: async () => {
      setSure(false);
      await run();
    }, children: () => html`<p>Contacts with a conversation stay. You can take this back for 10 seconds.</p>` })}
  </form>`;
}

/** @param {boolean} all @param {Set<string>} ids @param {import("../contact_query.js").Query} query */
function exported(all, ids, query) {
  return all ? filterOf(query) : new URLSearchParams({ ids: [...ids].join(",") }).toString();
}

/** @param {{[name: string]: unknown}} asked */
function withoutEmpty(asked) {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== ""));
}
