import { useEffect, useId, useRef, useState } from "preact/hooks";
import { c, html } from "../html.js";
import { calledContact, readySays } from "../contact_words.js";
import { Switch } from "./switch.js";

/** @typedef {import("../contact_query.js").Contact} Contact */

const PAUSE_MS = 300;

/**
 * Turns Ready on or off; it can be taken back for a while.
 * @param {import("../app.js").App} app @param {Contact} contact @param {boolean} on
 * @param {(change: Partial<Contact>) => void} [mine] is told at once, and again when the server refused
 */
export async function setReady(app, contact, on, mine = () => undefined) {
  const turn = async (/** @type {boolean} */ ready) => {
    mine({ ready });
    try {
      return await app.api.patch(`/contacts/${contact.id}`, { ready });
    } catch (problem) {
      mine({ ready: !ready });
      throw problem;
    }
  };
  const done = await app.tell(turn(on));
  if (done) app.undo.offer(`Ready turned ${on ? "on" : "off"} for ${calledContact(contact)}.`, () => turn(!on));
}

/**
 * Ready in a row: a switch for those who may turn it there, a word for the others; who turned it last is said on its card.
 * @param {{app: import("../app.js").App, contact: Contact, turn?: ((on: boolean) => void)|null}} props
 */
export function Ready({ app, contact, turn = null }) {
  const id = useId();
  const [card, setCard] = useState(/** @type {{x: number, y: number}|null} */ (null));
  const box = /** @type {{current: HTMLElement|null}} */ (useRef(null));
  const timer = useRef(/** @type {any} */ (null));
  const hide = () => {
    clearTimeout(timer.current);
    setCard(null);
  };
  const show = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const place = box.current?.getBoundingClientRect();
      if (place) setCard({ x: place.left, y: place.bottom });
    }, PAUSE_MS);
  };
  useEffect(() => hide, []);
  const { ready } = contact;
  return html`<span class="ready" ref=${box} onMouseEnter=${show} onMouseLeave=${hide} onFocusIn=${show} onFocusOut=${hide}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && hide()}>
    ${turn
      ? c(Switch, { on: ready, label: `Ready, ${calledContact(contact)}`, change: turn, describedby: card ? id : undefined })
      : html`<span class="ready-word"><span class=${`dot ${ready ? "on" : ""}`}></span>${ready ? "on" : "off"}</span>`}
    ${card && c(Card, { app, contact, id, card })}
  </span>`;
}

/** @param {{app: import("../app.js").App, contact: Contact, id: string, card: {x: number, y: number}}} props */
function Card({ app, contact, id, card }) {
  const [words, setWords] = useState("");
  useEffect(() => {
    let gone = false;
    app.api.get(`/contacts/${contact.id}/activity`).then(
      ({ items }) => gone || setWords(readySays(contact, items, app.clock.now())),
      () => gone || setWords(readySays(contact, [], app.clock.now())),
    );
    return () => {
      gone = true;
    };
  }, [contact.ready, contact.updated_at]);
  return html`<span class="ready-card" role="tooltip" id=${id} style=${{ left: `${card.x}px`, top: `${card.y + 4}px` }} hidden=${!words}>${words}</span>`;
}
