import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../../api.js";
import { count as counted, size } from "../../figures.js";
import { c, html } from "../../html.js";
import { Field, faults } from "../../parts/field.js";
import { Icon } from "../../parts/icon.js";
import { all, useFeed, useReading } from "../../reading.js";
import { clockTime, phone, some } from "../../words.js";
import { timeThere } from "../../zones.js";
import { hoursOf, hoursSaid, QuietHoursPart, written, wrongHours } from "./quiet_hours.js";

/** @typedef {{[name: string]: any}} Settings */

const PAUSE_MS = 150;
/** @type {{[name: string]: string}} */
const NAMES = {
  sms_public_minutes: "SMS Conversation Public Minutes",
  opt_out_text: "Opt-out text on first message",
  stop_answer: "STOP answer",
  start_answer: "START answer",
  help_answer: "HELP answer",
  default_did: "Default number",
  claim_limit: "Claim limit",
  quiet_hours: "Quiet hours",
  timezone: "Time zone of the account",
};
const TEXTS = [
  ["opt_out_text", "Added to the first text that a contact gets."],
  ["stop_answer", "Sent once to who texts STOP; after it nothing is. Left empty, ours is sent."],
  ["start_answer", "Sent to who texts START and may be texted again. Left empty, ours is sent."],
  ["help_answer", "Sent once to who texts HELP or INFO. Left empty, ours is sent."],
];

/**
 * Defaults of the account. What a person is editing stays; what others save meanwhile shows, and is said where both
 * changed the same.
 * @param {{app: import("../../app.js").App}} props
 */
export function Messaging({ app }) {
  const reading = useReading(app, "/settings", (event) => event.type === "settings.changed");
  /** @type {Settings|null} */
  const saved = reading.data;
  const [draft, setDraft] = useState(/** @type {Settings} */ ({}));
  const [wrong, setWrong] = useState(/** @type {{[field: string]: string}} */ ({}));
  const [when, setWhen] = useState("");
  const [busy, setBusy] = useState(false);
  const [crossed, setCrossed] = useCrossed(app, saved, draft);
  const dids = useDids(app);
  const form = /** @type {{current: HTMLFormElement|null}} */ (useRef(null));
  if (!saved) return html`<h1 id="section">Messaging</h1>${reading.why && html`<p>The settings could not be loaded: ${reading.why}</p>`}`;

  const shown = (/** @type {string} */ name) => draft[name] ?? textOf(name, saved[name]);
  const edit = (/** @type {string} */ name) => (/** @type {string} */ value) => {
    setDraft(({ [name]: _, ...rest }) => (value === textOf(name, saved[name]) ? rest : { ...rest, [name]: value }));
    setWhen("");
  };
  const refuse = (/** @type {{[field: string]: string}} */ why) => {
    setWrong(why);
    setTimeout(() => /** @type {HTMLElement|null|undefined} */ (form.current?.querySelector("[aria-invalid=true]"))?.focus());
  };
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    for (const name of ["sms_public_minutes", "claim_limit"]) {
      const value = draft[name] === undefined ? null : valueOf(name, draft[name]);
      if (typeof value === "string") return refuse({ [name]: name === "claim_limit" ? "Write a number from 1 to 200, or nothing." : "Write a number of minutes, or choose never." });
    }
    const hours = wrongHours(shown("quiet_hours"));
    if (hours) return refuse({ quiet_hours: hours });
    if (!timeThere(shown("timezone"), 0)) return refuse({ timezone: "There is no such time zone. Choose one of the list." });
    const changes = Object.fromEntries(Object.entries(draft).map(([name, value]) => [name, valueOf(name, value)]));
    setBusy(true);
    try {
      reading.set(await app.api.patch("/settings", changes));
      setDraft({});
      setWrong({});
      setCrossed(null);
      setWhen(clockTime(new Date(app.clock.now()).toISOString()));
      app.say("Saved.");
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      refuse(faults(problem, Object.keys(NAMES)));
    } finally {
      setBusy(false);
    }
  };
  const takeTheirs = () => {
    setDraft(Object.fromEntries(Object.entries(draft).filter(([name]) => !crossed?.fields.includes(name))));
    setCrossed(null);
  };
  const never = shown("sms_public_minutes") === "never";
  const dirty = Object.keys(draft).length > 0;
  return html`<header class="section-head"><h1 id="section">Account > Settings > Voice/Messaging Default Settings</h1></header>
    ${crossed && html`<div class="section-notice" role="note">${c(Icon, { name: "circle-alert" })}
      <p><bdi>${crossed.who}</bdi> changed ${crossed.fields.map((name) => `${NAMES[name]} to “${words(name, saved[name], dids)}”`).join(", ")} at ${clockTime(crossed.at)}, while you were editing. Saving writes yours over it.</p>
      <button class="button small" onClick=${takeTheirs}>Take theirs</button><button class="button small quiet" onClick=${() => setCrossed(null)}>Keep mine</button></div>`}
    <form class="section-form" ref=${form} onSubmit=${save} noValidate>
      <fieldset class="form-part"><legend>Answering</legend>
        <div class="minutes">
          ${c(Field, {
            label: NAMES["sms_public_minutes"] ?? "",
            value: never ? "" : shown("sms_public_minutes"),
            input: edit("sms_public_minutes"),
            type: "number",
            min: 0,
            max: 10080,
            inputmode: "numeric",
            disabled: never,
            short: true,
            after: "minutes",
            described: "effect",
            hint: "An unanswered text becomes available to all agents after this time.",
            error: wrong["sms_public_minutes"],
          })}
          <label class="check"><input type="checkbox" checked=${never}
            onChange=${(/** @type {any} */ event) => edit("sms_public_minutes")(event.currentTarget.checked ? "never" : String(saved["sms_public_minutes"] ?? 20))} />Never: texts stay with their owner</label>
        </div>
        ${c(Effect, { app, minutes: shown("sms_public_minutes"), changed: draft["sms_public_minutes"] !== undefined })}
        ${c(Field, {
          label: "Claim limit",
          value: shown("claim_limit"),
          input: edit("claim_limit"),
          type: "number",
          min: 1,
          max: 200,
          inputmode: "numeric",
          short: true,
          after: "unanswered conversations",
          hint: "Who owns so many unanswered conversations cannot claim another one. Empty: no limit.",
          error: wrong["claim_limit"],
        })}
      </fieldset>
      <fieldset class="form-part"><legend>Automatic texts</legend>
        ${TEXTS.map(([name = "", hint = ""]) => c(Field, { key: name, label: NAMES[name] ?? "", value: shown(name), input: edit(name), rows: 1, hint: `${size(shown(name))}. ${hint}`, error: wrong[name] ?? "" }))}
      </fieldset>
      <fieldset class="form-part"><legend>Sending</legend>
        ${c(Field, {
          label: "Default number",
          value: shown("default_did"),
          input: edit("default_did"),
          choices: [{ value: "", words: "None" }, ...dids.map((did) => ({ value: did.id, words: didName(did) }))],
          hint: "Texts leave from here when neither the contact nor the agent has a number of their own.",
          error: wrong["default_did"],
        })}
      </fieldset>
      ${c(QuietHoursPart, { app, hours: shown("quiet_hours"), zone: shown("timezone"), edit, wrong })}
      ${wrong[""] && html`<p class="form-fault">${wrong[""]}</p>`}
      <p class="section-acts"><button class="button primary" disabled=${!dirty || busy} aria-busy=${busy}>Save</button>
        <button type="button" class="button quiet" disabled=${!dirty} onClick=${() => (setDraft({}), setWrong({}), setCrossed(null))}>Discard changes</button>
        ${when && html`<span class="saved">${c(Icon, { name: "check" })}(saved ${when})</span>`}</p>
    </form>`;
}

/**
 * The line that says what a number of minutes would do now, before it is saved.
 * @param {{app: import("../../app.js").App, minutes: string, changed: boolean}} props
 */
function Effect({ app, minutes, changed }) {
  const [effect, setEffect] = useState(/** @type {{unanswered: number, public_at_once: number, minutes: string}|null} */ (null));
  const minute = app.screen.minute.value;
  const known = minutes === "never" || /^\d{1,5}$/.test(minutes);
  useFeed(app);
  useEffect(() => {
    if (!known) return undefined;
    let over = false;
    const ask = async () => {
      const asked = minutes === "never" ? "null" : minutes;
      const told = await app.api.get(`/settings/effect?sms_public_minutes=${asked}`).catch(() => null);
      if (told && !over) setEffect({ ...told, minutes });
    };
    /** @type {any} */
    let timer = 0;
    const soon = () => (timer ||= setTimeout(() => ((timer = 0), ask()), PAUSE_MS));
    soon();
    const heard = (/** @type {import("../../shapes.js").Event} */ event) => {
      if (!event.type.startsWith("conversation.") && !event.type.startsWith("message.")) return;
      soon();
    };
    const end = app.listen({ heard, reload: ask });
    return () => {
      over = true;
      clearTimeout(timer);
      end();
    };
  }, [minutes, minute]);
  return html`<div class="effect" id="effect">
    ${known && effect?.minutes === minutes && html`<p class=${changed && minutes !== "never" && effect.public_at_once ? "strong" : ""}>${effectWords(effect.unanswered, effect.public_at_once, minutes)}</p>`}
    ${minutes === "0" && html`<p>With 0 a new text is public at once. A claimed or transferred conversation stays with its owner until it is released or a new wait begins.</p>`}
    ${minutes === "never" && html`<p>A text that arrives for nobody is still public at once, and agents can release by hand.</p>`}
  </div>`;
}

/** @param {number} unanswered @param {number} now @param {string} minutes */
function effectWords(unanswered, now, minutes) {
  const are = `${counted(unanswered)} ${unanswered === 1 ? "conversation is" : "conversations are"} unanswered now`;
  if (minutes === "never") return `${are}; none of them goes public by time.`;
  const go = now === 0 ? "none of them goes public at once" : now === 1 ? "1 of them goes public at once" : `${counted(now)} of them go public at once`;
  return `${are}; with ${some(Number(minutes), "minute")} ${go}.`;
}

/** @typedef {{who: string, at: string, fields: string[]}} Crossed */

/**
 * Told when somebody else has saved what is being edited here.
 * @param {import("../../app.js").App} app @param {Settings|null} saved @param {Settings} draft
 * @returns {[Crossed|null, (crossed: Crossed|null) => void]}
 */
function useCrossed(app, saved, draft) {
  const [crossed, setCrossed] = useState(/** @type {Crossed|null} */ (null));
  const known = useRef(saved);
  const last = useRef(/** @type {import("../../shapes.js").Event|null} */ (null));
  useEffect(() => {
    const heard = (/** @type {import("../../shapes.js").Event} */ event) => {
      if (event.type === "settings.changed") last.current = event;
    };
    return app.listen({ heard, reload: () => undefined });
  }, []);
  useEffect(() => {
    const before = known.current;
    known.current = saved;
    const by = last.current;
    if (!before || !saved || by?.actor.id === app.me.id) return;
    const fields = Object.keys(draft).filter((name) => textOf(name, before[name]) !== textOf(name, saved[name]) && textOf(name, saved[name]) !== draft[name]);
    if (fields.length) setCrossed({ who: by?.actor.name ?? "Somebody", at: by?.at ?? new Date(app.clock.now()).toISOString(), fields });
  }, [saved]);
  return [crossed, setCrossed];
}

/** @param {import("../../app.js").App} app @returns {any[]} */
function useDids(app) {
  const [dids, setDids] = useState(/** @type {any[]} */ ([]));
  useEffect(() => {
    all(app, "/dids").then(setDids, () => undefined);
  }, []);
  return dids;
}

/** @param {any} did */
function didName(did) {
  return did.label ? `${did.label} ${phone(did.number)}` : phone(did.number);
}

/** As it stands in its field. @param {string} name @param {any} value */
function textOf(name, value) {
  if (name === "sms_public_minutes" && value === null) return "never";
  if (name === "quiet_hours") return written(value ?? null);
  return value === null || value === undefined ? "" : String(value);
}

/** As the API takes it. @param {string} name @param {string} text */
function valueOf(name, text) {
  if (name === "sms_public_minutes" && text === "never") return null;
  if (name === "claim_limit" && text === "") return null;
  if (name === "sms_public_minutes" || name === "claim_limit") return /^-?\d{1,6}$/.test(text) ? Number(text) : text;
  if (name.endsWith("_answer") && text.trim() === "") return null;
  if (name === "default_did") return text || null;
  if (name === "quiet_hours") return hoursOf(text);
  return text;
}

/** @param {string} name @param {any} value @param {any[]} dids */
function words(name, value, dids) {
  if (name === "sms_public_minutes") return value === null ? "never" : String(value);
  if (name === "default_did") return didName(dids.find((did) => did.id === value) ?? { number: "none" });
  return name === "quiet_hours" ? hoursSaid(value) : (value ?? "none");
}
