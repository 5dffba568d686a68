import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { all } from "../reading.js";
import { short } from "../words.js";
import { nameOf, Options, steer } from "./options.js";

/** @typedef {{id: string, shortcut: string, body: string, shared: boolean}} SavedReply */

/**
 * The saved replies, narrowed by what is typed: a shortcut that begins so first, then words of the text.
 * @param {{app: import("../app.js").App, pick: (reply: SavedReply) => void, close: (back: string) => void}} props `close` is given what was typed
 */
export function Templates({ app, pick, close }) {
  const [replies, setReplies] = useState(/** @type {SavedReply[]|null} */ (null));
  const [why, setWhy] = useState("");
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  // Enter came before the replies did: the first that fits is taken as soon as they are here.
  const hurried = useRef(false);
  const field = /** @type {{current: HTMLInputElement|null}} */ (useRef(null));
  // Before the next key: it belongs here already.
  useLayoutEffect(() => field.current?.focus(), []);
  useEffect(() => {
    all(app, "/saved-replies").then(setReplies, (problem) => setWhy(problem.message));
  }, []);
  const found = narrowed(replies ?? [], text);
  const options = found.map((reply) => ({ id: reply.id, words: `/${reply.shortcut}`, more: short(reply.body, 90) }));
  const take = (/** @type {{id: string}} */ { id }) => {
    const reply = found.find((each) => each.id === id);
    if (reply) pick(reply);
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (steer(event, { options, at, move: setAt, pick: take, leave: () => close(text) })) return;
    if (event.key === "Enter") {
      event.preventDefault();
      hurried.current = replies === null;
    }
    if (event.key !== "Backspace" || text) return;
    event.preventDefault();
    close("");
  };
  useEffect(() => {
    if (replies !== null && hurried.current && found[0]) pick(found[0]);
  }, [replies]);
  const type = (/** @type {string} */ words) => {
    setText(words);
    setAt(0);
  };
  const none = why || (replies === null ? "" : replies.length === 0 ? "There are no saved replies yet." : options.length === 0 ? "No saved reply matches." : "");
  return html`<div class="composer-list templates" role="group" aria-label="Saved replies"
      onFocusOut=${(/** @type {FocusEvent} */ event) => event.relatedTarget instanceof Node && !(/** @type {Node} */ (event.currentTarget).contains(event.relatedTarget)) && close("")}>
    <div class="templates-filter"><span aria-hidden="true">/</span>
      <input ref=${field} role="combobox" aria-label="Find a saved reply" autocomplete="off" spellcheck=${false} aria-autocomplete="list" aria-expanded=${options.length > 0}
        aria-controls="templates" aria-activedescendant=${nameOf("templates", options[at])} value=${text}
        onInput=${(/** @type {any} */ event) => type(event.currentTarget.value)} onKeyDown=${press} />
      <a class="templates-more" href="/settings/saved-replies">Manage</a></div>
    ${options.length > 0 && c(Options, { id: "templates", label: "Saved replies", options, at, pick: take })}
    ${none && html`<p class="templates-none" role="status">${none}</p>`}
  </div>`;
}

/** @param {SavedReply[]} replies @param {string} text @returns {SavedReply[]} */
export function narrowed(replies, text) {
  const wanted = text.trim().toLowerCase();
  const rank = (/** @type {SavedReply} */ { shortcut, body }) => (shortcut.startsWith(wanted) ? 0 : shortcut.includes(wanted) ? 1 : body.toLowerCase().includes(wanted) ? 2 : 3);
  return replies
    .map((reply) => ({ reply, at: rank(reply) }))
    .filter(({ at }) => at < 3)
    .sort((a, b) => a.at - b.at || (a.reply.shortcut < b.reply.shortcut ? -1 : 1))
    .map(({ reply }) => reply);
}
