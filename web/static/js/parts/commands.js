import { useEffect, useRef, useState } from "preact/hooks";
import { actions, colleagues, found, known, narrowed } from "../commands.js";
import { c, html } from "../html.js";
import { pressed } from "../keys.js";
import { some } from "../words.js";
import { nameOf, Options, steer } from "./options.js";

const PAUSE_MS = 120;
const LIST = "commands-list";

/** Finds and does anything by a few letters. @param {{app: import("../app.js").App, close: () => void}} props */
export function Commands({ app, close }) {
  const box = /** @type {{current: HTMLDialogElement|null}} */ (useRef(null));
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [server, setServer] = useState({ text: "", commands: /** @type {import("../commands.js").Command[]} */ ([]) });
  const [people, setPeople] = useState(/** @type {import("../commands.js").Command[]} */ ([]));
  // As they stood before this dialog was there: it hushes the keys.
  const able = useRef(/** @type {import("../commands.js").Command[]|null} */ (null));
  able.current ??= actions(app, (key) => pressed(key).join(" "));
  const asked = text.trim();
  useEffect(() => {
    box.current?.showModal();
    colleagues(app).then(setPeople);
    return () => box.current?.close();
  }, []);
  useEffect(() => {
    if (asked.length < 2) return undefined;
    let left = false;
    const timer = setTimeout(() => found(app, asked).then((commands) => left || setServer({ text: asked, commands })), PAUSE_MS);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [asked]);

  const here = asked ? known(app, asked) : [];
  const there = server.text === asked ? server.commands.filter(({ id }) => !here.some((each) => each.id === id)) : [];
  const options = asked ? [...here, ...there, ...narrowed([...(able.current ?? []), ...people], asked)] : [...(able.current ?? []), ...people];
  const marked = Math.min(at, Math.max(0, options.length - 1));
  const pick = (/** @type {any} */ option) => {
    close();
    // The dialog gives the focus back first.
    setTimeout(() => option.run());
  };
  const type = (/** @type {string} */ words) => {
    setText(words);
    setAt(0);
  };
  const press = (/** @type {KeyboardEvent} */ event) => event.key !== "Tab" && steer(event, { options, at: marked, move: setAt, pick, leave: close });
  return html`<dialog ref=${box} class="dialog commands" aria-label="Search and do" onClose=${close}
      onClick=${(/** @type {MouseEvent} */ event) => event.target === box.current && close()}>
    <input class="commands-field" role="combobox" autocomplete="off" spellcheck=${false} aria-label="Search contacts, conversations and actions"
      placeholder="Search contacts, conversations and actions" aria-autocomplete="list" aria-expanded=${options.length > 0} aria-controls=${LIST}
      aria-activedescendant=${nameOf(LIST, options[marked])} value=${text} onInput=${(/** @type {any} */ event) => type(event.currentTarget.value)} onKeyDown=${press} />
    ${c(Options, { id: LIST, label: "Found", options, at: marked, pick })}
    <p class="commands-none" role="status">${options.length === 0 ? html`Nothing matches “<bdi>${text}</bdi>”.` : html`<span class="unseen">${asked && some(options.length, "match", "matches")}</span>`}</p>
  </dialog>`;
}
