import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { clockTime, initials, phone } from "../words.js";
import { useAttachments } from "./attachments.js";
import { Words } from "./bubble.js";
import { Icon } from "./icon.js";
import { Pictures } from "./pictures.js";

/** @typedef {import("../api.js").Api} Api */
/** @typedef {import("../attachments.js").Shelves} Shelves */
/** @typedef {{id: string, number: string, label: string|null}} Did */
/** @typedef {{id: string, direction: "to_phone"|"from_phone", did: string, body: string, media: import("../shapes.js").Media[], at: string,
 *   state: string}} Text */

const POLL_MS = 1000;
/** What a message may carry into the house, bytes. */
const MOST_BYTES = 5_000_000;

/**
 * One phone, as its owner holds it; `did` is the number of ours that it texts to, `head` what else stands at its head.
 * @param {{api: Api, shelves: Shelves, number: string, name: string, did: string, dids: Did[], head?: any}} props
 */
export function Handset({ api, shelves, number, name, did, dids, head }) {
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
    <header><span class="avatar" aria-hidden="true">${initials(name)}</span><div><h2><bdi>${name}</bdi></h2><p>${number ? phone(number) : "Choose or type one"}</p></div>${head}</header>
    <div class="handset-log" ref=${box} role="log" aria-label=${`Texts on the phone of ${name}`} tabindex="0">
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
