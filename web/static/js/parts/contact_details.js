import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api.js";
import { changes, differing, draftOf, merge, WORDS } from "../contact_form.js";
import { calledContact } from "../contact_words.js";
import { c, html } from "../html.js";
import { go } from "../route.js";
import { clockTime } from "../words.js";
import { timeThere, ZONES } from "../zones.js";
import { Ask } from "./ask.js";
import { Consent } from "./consent.js";
import { FieldLines, PhoneLines, TagLine } from "./contact_lines.js";
import { faults, Field } from "./field.js";

/**
 * @typedef {import("../contact_form.js").Draft} Draft
 * @typedef {import("../contact_form.js").Part} Part
 * @typedef {import("../contact_query.js").Contact} Contact
 * @typedef {{draft: Draft|null, base: Draft|null, dirty: boolean, conflicts: Part[], by: string, change: (change: Partial<Draft>) => void,
 *   save: (call: () => Promise<Contact>) => Promise<Contact>, forget: () => void, theirs: () => void, mine: () => void}} Form
 */

/**
 * What is on the form. It outlives the tab, follows what others change, and keeps what was changed here.
 * @param {Contact|null} contact @param {string} by who changed it last @returns {Form}
 */
export function useForm(contact, by) {
  const [state, setState] = useState(/** @type {{base: Draft, draft: Draft, conflicts: Part[], by: string}|null} */ (null));
  const latest = useRef(contact);
  latest.current = contact;
  // What comes while a save is on its way may be the save itself.
  const saving = useRef(false);
  const follow = () => {
    const { current: now } = latest;
    if (now === null || saving.current) return;
    const theirs = draftOf(now);
    setState((now) => {
      if (now === null) return { base: theirs, draft: theirs, conflicts: [], by: "" };
      if (differing(now.base, theirs).length === 0) return now;
      const { draft, conflicts } = merge(now.base, now.draft, theirs);
      const still = now.conflicts.filter((part) => differing(draft, theirs).includes(part) && !conflicts.includes(part));
      return { base: theirs, draft, conflicts: [...still, ...conflicts], by: conflicts.length ? by : now.by };
    });
  };
  useEffect(follow, [contact]);
  const save = async (/** @type {() => Promise<Contact>} */ call) => {
    saving.current = true;
    const sent = state?.draft;
    try {
      const saved = await call();
      const theirs = draftOf(saved);
      setState((now) => now && { base: theirs, draft: sent ? merge(sent, now.draft, theirs).draft : theirs, conflicts: [], by: "" });
      saving.current = false;
      return saved;
    } catch (problem) {
      saving.current = false;
      follow();
      throw problem;
    }
  };
  const { base = null, draft = null, conflicts = [] } = state ?? {};
  const to = (/** @type {Partial<{draft: Draft, conflicts: Part[]}>} */ change) => setState((now) => now && { ...now, ...change });
  return {
    draft,
    base,
    dirty: base !== null && draft !== null && differing(base, draft).length > 0,
    conflicts,
    by: state?.by || "Somebody",
    save,
    change: (change) => setState((now) => now && { ...now, draft: { ...now.draft, ...change } }),
    forget: () => base && to({ draft: base, conflicts: [] }),
    theirs: () => setState((now) => now && { ...now, conflicts: [], draft: { ...now.draft, ...Object.fromEntries(now.conflicts.map((part) => [part, now.base[part]])) } }),
    mine: () => to({ conflicts: [] }),
  };
}

const FIELDS = ["name", "phones", "timezone", "tags", "fields"];

/**
 * The form of a contact.
 * @param {{app: import("../app.js").App, contact: Contact, form: Form, set: (contact: Contact) => void, talks: {items: any[]|null}}} props
 */
export function ContactDetails({ app, contact, form, set, talks }) {
  const [wrong, setWrong] = useState(/** @type {{[field: string]: string}} */ ({}));
  const [saving, setSaving] = useState(false);
  const [saved, setSaved] = useState("");
  const [deleting, setDeleting] = useState(false);
  const box = /** @type {{current: HTMLFormElement|null}} */ (useRef(null));
  useLayoutEffect(() => {
    const place = box.current?.querySelector("[aria-invalid=true], .form-fault");
    if (place instanceof HTMLElement) place.focus();
  }, [wrong]);
  const { draft, base, change } = form;
  if (draft === null || base === null) return null;
  const save = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (saving) return;
    if (draft.timezone && !timeThere(draft.timezone, 0)) return setWrong({ timezone: "There is no such time zone. Choose one of the list." });
    setSaving(true);
    try {
      set(await form.save(() => app.api.patch(`/contacts/${contact.id}`, changes(base, draft))));
      setWrong({});
      setSaved(clockTime(new Date(app.clock.now()).toISOString()));
      app.say("Saved.");
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      setWrong(faults(problem, FIELDS));
    } finally {
      setSaving(false);
    }
  };
  const there = draft.timezone ? timeThere(draft.timezone, app.screen.now.value || app.clock.now()) : "";
  return html`<div class="contact-tab"><div class="details">
    <form ref=${box} aria-label="Details" onSubmit=${save} noValidate aria-busy=${saving}>
      ${form.conflicts.length > 0 && html`<p class="contact-note" role="status"><span><bdi>${form.by}</bdi> changed the ${form.conflicts.map((part) => WORDS[part]).join(" and the ")} while you were editing.</span>
        <button type="button" class="button small" onClick=${form.theirs}>Take theirs</button><button type="button" class="button small" onClick=${form.mine}>Keep mine</button></p>`}
      ${c(Field, { label: "Name", name: "name", value: draft.name, input: (name) => change({ name }), required: true, maxlength: 200, autocomplete: "off", error: wrong["name"] })}
      ${c(PhoneLines, { lines: draft.phones, contact, error: wrong["phones"], change: (phones) => change({ phones }) })}
      ${c(Field, { label: "Time zone", name: "timezone", value: draft.timezone, input: (timezone) => change({ timezone }), autocomplete: "off", error: wrong["timezone"], list: "zones", hint: there ? `It is ${there} there.` : undefined })}
      <datalist id="zones">${ZONES.map((zone) => html`<option key=${zone} value=${zone} />`)}</datalist>
      ${c(TagLine, { app, tags: draft.tags, error: wrong["tags"], change: (tags) => change({ tags }) })}
      ${c(FieldLines, { lines: draft.fields, error: wrong["fields"], change: (fields) => change({ fields }) })}
      ${wrong[""] && html`<p class="form-fault" tabindex="-1">${wrong[""]}</p>`}
      <p class="form-end"><span class="soft" aria-live="off">${form.dirty ? "Not saved" : saved && `Saved ${saved}`}</span>
        <button type="button" class="button" disabled=${!form.dirty || saving} onClick=${() => (form.forget(), setWrong({}))}>Discard changes</button>
        <button class="button primary" disabled=${!form.dirty || saving}>Save</button></p>
    </form>
    <aside aria-label="Consent and removal">
      ${c(Consent, { app, contact })}
      ${app.me.role === "manager" && c(Removal, { contact, talks, ask: () => setDeleting(true) })}
    </aside>
    ${deleting && c(Ask, {
      title: `Delete ${calledContact(contact)}?`,
      act: "Delete contact",
      grave: true,
      close: () => setDeleting(false),
      run: async () => {
        form.forget();
        await app.api.delete(`/contacts/${contact.id}`);
        app.toasts.add({ words: `${calledContact(contact)} was deleted.` });
        go("/contacts");
      },
      children: () => html`<p>The contact, its tags and fields go. What is in the consent ledger stays.</p>`,
    })}
  </div></div>`;
}

/** @param {{contact: Contact, talks: {items: any[]|null}, ask: () => void}} props */
function Removal({ contact, talks, ask }) {
  if (talks.items === null) return null;
  return html`<h2>Removal</h2>
    ${talks.items.length > 0
      ? html`<p class="soft">There is a conversation with <bdi>${calledContact(contact)}</bdi>, so the contact stays: a conversation is kept for ever.</p>`
      : html`<p><button type="button" class="button grave" onClick=${ask}>Delete contact…</button></p>`}`;
}
