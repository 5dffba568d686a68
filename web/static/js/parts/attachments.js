import { useEffect, useId, useRef, useState } from "preact/hooks";
import { ACCEPT, NO_PICTURES, asks, sized } from "../attachments.js";
import { c, html } from "../html.js";
import { Icon } from "./icon.js";

/** @typedef {import("../attachments.js").Shelf} Shelf */
/** @typedef {import("../attachments.js").Item} Item */

const DROPPED_MS = 150;

/**
 * Attachments for a composer: the `picker` is the paperclip for its row of buttons, the `strip` shows what is attached, with what
 * stands in the way. Files may also be dropped on the pane around the picker and pasted into it.
 *
 * @param {{shelf: Shelf, limit: number|null}} props `limit`: the bytes that a message from the chosen number takes, 0 for none, null
 *   while that is not known
 * @returns {{media: import("../shapes.js").Media[], ids: string[], busy: boolean, clear: () => void, picker: any, strip: any}}
 *   `media` goes with the text (`acts.send`), then `clear`; while `busy` the text may not leave
 */
export function useAttachments({ shelf, limit }) {
  const id = useId();
  const button = /** @type {{current: HTMLButtonElement|null}} */ (useRef(null));
  const chooser = /** @type {{current: HTMLInputElement|null}} */ (useRef(null));
  /** They came before it was known what the number takes. */
  const [early, setEarly] = useState(/** @type {File[]} */ ([]));
  const add = useRef((/** @type {File[]} */ _files) => undefined);
  add.current = (files) => {
    if (limit === null) setEarly((before) => [...before, ...files]);
    else shelf.add(files, limit);
  };
  useEffect(() => {
    if (limit === null || early.length === 0) return;
    setEarly([]);
    shelf.add(early, limit);
  }, [limit, early]);
  const can = useRef(true);
  can.current = limit !== 0;
  useEffect(() => receive(button.current?.closest(".thread-pane, .handset") ?? button.current?.closest("form") ?? null, can, (files) => add.current(files)), []);
  const { media } = shelf;
  const stuck = limit !== null && shelf.items.value.length > 0 && shelf.size > limit;
  const choose = () => {
    if (limit) chooser.current?.click();
    else if (limit === 0) shelf.refuse(`${NO_PICTURES}.`);
  };
  const chosen = () => {
    const input = /** @type {HTMLInputElement} */ (chooser.current);
    add.current([...(input.files ?? [])]);
    input.value = "";
  };
  const not = limit === 0 ? NO_PICTURES : null;
  const picker = html`<button type="button" ref=${button} class="attach button square quiet" aria-label="Attach a file" aria-disabled=${limit ? undefined : "true"}
      aria-describedby=${not ? id : undefined} title=${not ?? "Attach a file (A)"} onClick=${choose}>${c(Icon, { name: "paperclip" })}</button>
    ${not && html`<span id=${id} class="unseen">${not}</span>`}
    <input ref=${chooser} class="attach-chooser" type="file" multiple accept=${ACCEPT} hidden onChange=${chosen} />`;
  const strip = c(Strip, { shelf, stuck: stuck ? tooMuch(shelf, limit) : "" });
  return { media, ids: media.map((each) => each.id), busy: shelf.busy || stuck || early.length > 0, clear: () => shelf.clear(), picker, strip };
}

/** What is attached already, where another number was chosen after. @param {Shelf} shelf @param {number} limit */
function tooMuch(shelf, limit) {
  return limit ? `The attachments have ${sized(shelf.size)}; this number takes up to ${sized(limit)}. Remove some.` : `${NO_PICTURES}. Remove them, or choose another number.`;
}

/** @param {{shelf: Shelf, stuck: string}} props */
function Strip({ shelf, stuck }) {
  const items = shelf.items.value;
  const [question] = shelf.questions.value;
  const why = stuck || shelf.why.value;
  if (items.length === 0 && !question && !why && shelf.copying.value === 0) return null;
  return html`<div class="attachments" role="group" aria-label="Attachments">
    ${items.length > 0 && html`<ul class="attachment-cards">${items.map((item) => c(Card, { key: item.key, item, remove: () => shelf.remove(item.key) }))}</ul>`}
    ${shelf.copying.value > 0 && html`<p class="attachment-note">Making a smaller copy…</p>`}
    ${question && c(Question, { key: `${question.name} ${question.size}`, question, answer: (yes) => shelf.answer(yes) })}
    ${why && html`<p class="attachment-note bad-words">${c(Icon, { name: "circle-alert" })}<span><bdi>${why}</bdi></span>
      ${!stuck && html`<button type="button" class="button square small quiet" aria-label="Close this notice" onClick=${() => (shelf.why.value = "")}>${c(Icon, { name: "x" })}</button>`}</p>`}
  </div>`;
}

/** @param {{item: Item, remove: () => void}} props */
function Card({ item, remove }) {
  const { name, size, preview, media, share } = item;
  return html`<li class="attachment-card">
    ${preview ? html`<img src=${preview} alt=${name} width="56" height="56" />` : html`<span class="attachment-kind">${c(Icon, { name: "file-text" })}</span>`}
    <span class="attachment-words"><bdi class="attachment-name">${name}</bdi><span class="attachment-size">${media ? sized(size) : `${Math.round(share * 100)} % of ${sized(size)}`}</span>
      ${!media && html`<progress max="1" value=${share} aria-label=${`Uploading ${name}`}></progress>`}</span>
    <button type="button" class="button square small quiet" aria-label=${`Remove ${name}`} title="Remove" onClick=${remove}>${c(Icon, { name: "x" })}</button>
  </li>`;
}

/** @param {{question: import("../attachments.js").Question, answer: (yes: boolean) => void}} props */
function Question({ question, answer }) {
  const first = /** @type {{current: HTMLButtonElement|null}} */ (useRef(null));
  useEffect(() => first.current?.focus(), []);
  const decide = (/** @type {boolean} */ yes) => {
    answer(yes);
    document.getElementById("message")?.focus();
  };
  return html`<div class="attachment-ask" role="group" aria-label="Too large" onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && (event.stopPropagation(), decide(false))}>
    <p><bdi>${asks(question)}</bdi></p>
    <p class="attachment-acts"><button type="button" ref=${first} class="button small primary" onClick=${() => decide(true)}>Send copy</button>
      <button type="button" class="button small" onClick=${() => decide(false)}>Cancel</button></p>
  </div>`;
}

/**
 * Files dropped on the pane or pasted into it. A file that misses the pane is not opened in place of the page.
 * @param {Element|null} pane @param {{current: boolean}} can @param {(files: File[]) => void} add
 */
function receive(pane, can, add) {
  if (!(pane instanceof HTMLElement)) return undefined;
  /** @type {any} */
  let timer = 0;
  const leave = () => delete pane.dataset["dropping"];
  const over = (/** @type {DragEvent} */ event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    const inside = event.target instanceof Node && pane.contains(event.target);
    // Of several panes on a page the one below the file decides.
    if (inside || !event.defaultPrevented) event.dataTransfer.dropEffect = inside && can.current ? "copy" : "none";
    event.preventDefault();
    if (inside) pane.dataset["dropping"] = can.current ? "Drop to attach" : NO_PICTURES;
    clearTimeout(timer);
    timer = setTimeout(leave, DROPPED_MS);
  };
  const drop = (/** @type {DragEvent} */ event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    leave();
    if (event.target instanceof Node && pane.contains(event.target)) add([...event.dataTransfer.files]);
  };
  const paste = (/** @type {ClipboardEvent} */ event) => {
    const given = event.clipboardData;
    // A table copied from a spreadsheet is text and a picture: the text was meant.
    if (!given || given.files.length === 0 || given.types.includes("text/plain")) return;
    event.preventDefault();
    add([...given.files]);
  };
  addEventListener("dragover", over);
  addEventListener("drop", drop);
  pane.addEventListener("paste", paste);
  return () => {
    removeEventListener("dragover", over);
    removeEventListener("drop", drop);
    pane.removeEventListener("paste", paste);
    clearTimeout(timer);
    leave();
  };
}
