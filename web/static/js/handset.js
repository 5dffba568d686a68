/** `/sandbox`: a contact's phone. Polls once a second while it is visible; the sandbox carrier is at the other end. */
import { render } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Api } from "./api.js";
import { Shelves } from "./attachments.js";
import { c, html } from "./html.js";
import { useAttachments } from "./parts/attachments.js";
import { Words } from "./parts/bubble.js";
import { Icon } from "./parts/icon.js";
import { Pictures } from "./parts/pictures.js";
import { shrink } from "./shrink.js";
import { uploader } from "./upload.js";
import { clockTime, initials, phone } from "./words.js";

/** @typedef {{id: string, number: string, label: string|null}} Did */
/** @typedef {{number: string, name: string, did: Did|null}} Phone */
/** @typedef {{id: string, direction: "to_phone"|"from_phone", did: string, body: string, media: import("./shapes.js").Media[], at: string,
 *   state: string}} Text */

const POLL_MS = 1000;
/** What a message may carry into the house, bytes. */
const MOST_BYTES = 5_000_000;
const NUMBER = /^(\+[1-9]\d{6,14}|\d{3,8})$/;

/** @param {{api: Api, shelves: Shelves}} props */
function Sandbox({ api, shelves }) {
  const [phones, setPhones] = useState(/** @type {Phone[]} */ ([]));
  const [dids, setDids] = useState(/** @type {Did[]} */ ([]));
  const [number, setNumber] = useState(sessionStorage.getItem("partyline.phone") ?? "");
  const [did, setDid] = useState("");
  const [why, setWhy] = useState("");
  useEffect(() => {
    api.get("/phones").then((found) => {
      setPhones(found.phones);
      setDids(found.dids);
      setDid((now) => now || found.phones[0]?.did?.number || found.dids[0]?.number || "");
      setNumber((now) => now || found.phones[0]?.number || "");
    }, (problem) => setWhy(problem.message));
  }, []);
  const known = phones.find((each) => each.number === number);
  const good = NUMBER.test(number);
  const pick = (/** @type {string} */ typed) => {
    const next = typed.replace(/[\s().-]/g, "");
    setNumber(next);
    sessionStorage.setItem("partyline.phone", next);
    const own = phones.find((each) => each.number === next)?.did;
    if (own) setDid(own.number);
  };
  return html`<section class="sandbox" aria-label="Simulated phone">
    <div class="sandbox-choice">
      <h1>A contact’s phone</h1>
      <p>Play the person at the other end. Nothing leaves this machine.</p>
      <label class="field"><span>Phone number</span>
        <input type="tel" list="phones" value=${number} placeholder="+1 555 010 2233" autocomplete="off" spellcheck=${false}
          aria-invalid=${number !== "" && !good} onInput=${(/** @type {any} */ event) => pick(event.currentTarget.value)} /></label>
      <datalist id="phones">${phones.map((each) => html`<option key=${each.number} value=${each.number}>${each.name}</option>`)}</datalist>
      <label class="field"><span>Texts to</span>
        <select value=${did} onChange=${(/** @type {any} */ event) => setDid(event.currentTarget.value)}>
          ${dids.map((each) => html`<option key=${each.id} value=${each.number}>${each.label ? `${each.label} · ` : ""}${phone(each.number)}</option>`)}
        </select></label>
      ${phones.length > 0 && html`<h2>Phones</h2><ul class="phones">${phones.slice(0, 12).map((each) => html`<li key=${each.number}>
        <button class="phone-pick" aria-pressed=${each.number === number} onClick=${() => pick(each.number)}>
          <span class="avatar small" aria-hidden="true">${initials(each.name)}</span><span><bdi>${each.name}</bdi></span><small>${phone(each.number)}</small></button></li>`)}</ul>`}
      ${why && html`<p class="door-error" role="alert">${why}</p>`}
    </div>
    ${c(Handset, { key: number, api, shelves, number: good ? number : "", name: known?.name ?? (good ? phone(number) : "No number"), did, dids })}
  </section>`;
}

/** @param {{api: Api, shelves: Shelves, number: string, name: string, did: string, dids: Did[]}} props */
function Handset({ api, shelves, number, name, did, dids }) {
  const [texts, why] = useTexts(api, number);
  const [body, setBody] = useState("");
  const [refused, setRefused] = useState("");
  const { media, ids, busy, clear, picker, strip } = useAttachments({ shelf: shelves.of(number), limit: number ? MOST_BYTES : null });
  const box = /** @type {{current: HTMLDivElement|null}} */ (useRef(null));
  useLayoutEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [texts.length]);
  const text = async (/** @type {string} */ words, pictures = ids) => {
    if ((!words.trim() && pictures.length === 0) || busy || !number || !did) return;
    try {
      setRefused("");
      await api.call("POST", "/texts", { phone: number, did, body: words, media: pictures });
      setBody((now) => (now === words ? "" : now));
      if (pictures.length > 0) clear();
    } catch (problem) {
      setRefused(problem instanceof Error ? problem.message : String(problem));
    }
  };
  const label = (/** @type {string} */ to) => dids.find((each) => each.number === to)?.label ?? phone(to);
  return html`<div class="handset" role="region" aria-label=${`Phone of ${name}`}>
    <header><span class="avatar" aria-hidden="true">${initials(name)}</span><div><h2><bdi>${name}</bdi></h2><p>${number ? phone(number) : "Choose or type one"}</p></div></header>
    <div class="handset-log" ref=${box} role="log" aria-label="Texts on this phone" tabindex="0">
      ${texts.length === 0 && html`<p class="log-note">${number ? "No texts yet." : "No phone."}</p>`}
      <ol>${texts.map((each) => html`<li key=${each.id} class=${`message ${each.direction === "from_phone" ? "outbound" : "inbound"}`}>
        <div class="bubble">${each.body && c(Words, { body: each.body })}
          ${each.media.length > 0 && c(Pictures, { media: each.media, by: each.direction === "from_phone" ? name : label(each.did), at: each.at })}
          <p class="message-meta"><time datetime=${each.at}>${clockTime(each.at)}</time><span>${each.direction === "from_phone" ? "to" : "from"} ${label(each.did)}</span></p></div></li>`)}</ol>
    </div>
    ${(why || refused) && html`<p class="handset-why" role="alert">${refused || why}</p>`}
    <div class="handset-quick" role="group" aria-label="Quick texts">
      ${["STOP", "START", "HELP"].map((word) => html`<button class="button small" type="button" key=${word} disabled=${!number} onClick=${() => text(word, [])}>${word}</button>`)}
    </div>
    ${strip}
    <form onSubmit=${(/** @type {Event} */ event) => (event.preventDefault(), text(body))}>
      ${picker}
      <textarea rows="1" aria-label="Text message" placeholder="Text message" value=${body} disabled=${!number}
        onInput=${(/** @type {any} */ event) => setBody(event.currentTarget.value)}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && (event.preventDefault(), text(body))}></textarea>
      <button class="button primary square round" aria-label="Text in" disabled=${!number || busy || (!body.trim() && media.length === 0)}>${c(Icon, { name: "arrow-up" })}</button>
    </form>
  </div>`;
}

/** The phone's texts, followed by polling. @param {Api} api @param {string} number @returns {[Text[], string]} */
function useTexts(api, number) {
  const [texts, setTexts] = useState(/** @type {Text[]} */ ([]));
  const [why, setWhy] = useState("");
  useEffect(() => {
    if (!number) return undefined;
    let [cursor, busy] = ["", false];
    const poll = async () => {
      if (busy || document.visibilityState !== "visible") return;
      busy = true;
      try {
        const found = await api.get(`/texts?phone=${encodeURIComponent(number)}${cursor ? `&after=${encodeURIComponent(cursor)}` : ""}`);
        cursor = found.next ?? cursor;
        if (found.items.length > 0) setTexts((now) => merge(now, found.items));
        setWhy("");
      } catch (problem) {
        setWhy(problem instanceof Error ? problem.message : String(problem));
      }
      busy = false;
    };
    poll();
    const timer = setInterval(poll, POLL_MS);
    return () => clearInterval(timer);
  }, [number]);
  return [texts, why];
}

/** @param {Text[]} now @param {Text[]} more */
function merge(now, more) {
  const all = new Map([...now, ...more].map((text) => [text.id, text]));
  return [...all.values()];
}

const csrf = document.querySelector("meta[name=csrf-token]")?.getAttribute("content") ?? "";
const newKey = () => crypto.randomUUID();
const api = new Api({ fetch: (...request) => fetch(...request), csrf, newKey, base: "/sandbox" });
const shelves = new Shelves({
  upload: uploader({ csrf, newKey }),
  shrink,
  preview: (file) => URL.createObjectURL(file),
  forget: (preview) => URL.revokeObjectURL(preview),
  keep: () => undefined,
  kept: () => [],
  say: () => undefined,
});
render(c(Sandbox, { api, shelves }), /** @type {HTMLElement} */ (document.getElementById("main")));
