import { useEffect, useRef, useState } from "preact/hooks";
import { actions, colleagues, found, known, narrowed, older } from "../commands.js";
import { c, html } from "../html.js";
import { pressed } from "../keys.js";
import { some } from "../words.js";
import { nameOf, Options, steer } from "./options.js";

const PAUSE_MS = 120;
const LIST = "commands-list";
const BACK = "further-back";

/** @typedef {import("../commands.js").Found & {text: string, back?: "looks"|"end"}} Answered `back`: older texts are being looked at, or all have been */

/** What stands behind the texts that were found, where older ones were not looked at. @param {Answered} server */
function furtherBack({ further, back }) {
  if (back === "end") return [{ id: BACK, words: "No older texts", more: "Looked at all", off: true }];
  if (!further) return [];
  return [{ id: BACK, words: back ? "Searching further back…" : "Search further back", more: `Looked back to ${further.to}`, off: back === "looks" }];
}

/** Finds and does anything by a few letters. @param {{app: import("../app.js").App, close: () => void}} props */
export function Commands({ app, close }) {
  const box = /** @type {{current: HTMLDialogElement|null}} */ (useRef(null));
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [server, setServer] = useState(/** @type {Answered} */ ({ text: "", commands: [], further: null }));
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
    const timer = setTimeout(() => found(app, asked).then((now) => left || setServer({ text: asked, ...now })), PAUSE_MS);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [asked]);

  const here = asked ? known(app, asked) : [];
  const answered = server.text === asked;
  const there = answered ? server.commands.filter(({ id }) => !here.some((each) => each.id === id)) : [];
  const back = answered ? furtherBack(server) : [];
  const options = asked ? [...here, ...there, ...back, ...narrowed([...(able.current ?? []), ...people], asked)] : [...(able.current ?? []), ...people];
  const matched = some(options.length - back.length, "match", "matches");
  const looked = back.map(({ words, more }) => ` ${more}. ${words}.`).join("");
  const marked = Math.min(at, Math.max(0, options.length - 1));
  const lookBack = async () => {
    const { further } = server;
    if (!further) return;
    const take = (/** @type {(before: Answered) => Answered} */ now) => setServer((before) => (before.further === further ? now(before) : before));
    take((before) => ({ ...before, back: "looks" }));
    const now = await older(app, asked, further).catch(() => ({ commands: [], further }));
    take(({ text, commands }) => ({ text, commands: [...commands, ...now.commands], further: now.further, back: now.further ? undefined : "end" }));
  };
  const pick = (/** @type {any} */ option) => {
    if (option.id === BACK) {
      lookBack();
      return;
    }
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
    <p class="commands-none" role="status">${options.length === back.length ? html`Nothing matches “<bdi>${text}</bdi>”.<span class="unseen">${looked}</span>` : html`<span class="unseen">${asked && `${matched}.${looked}`}</span>`}</p>
  </dialog>`;
}
