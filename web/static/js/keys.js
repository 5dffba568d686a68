/** The keyboard: tables that act and that `?` shows. Single characters rest in fields and dialogs and can be turned off. */

/**
 * @typedef {{key: string, shift?: boolean, alt?: boolean, command?: boolean, after?: string, fields?: boolean, words: string, where: string,
 *   run: (event: KeyboardEvent) => void, when?: (event: KeyboardEvent) => boolean}} Key
 *   `key` as in KeyboardEvent, letters in lower case; `command` is Ctrl or ⌘; `after` the key pressed before it (G, then S); `fields`: also while
 *   typing; `where` the heading in the map; `when`: only then, and the key is free for others otherwise
 */

/** The second key of two comes within, ms. */
const TOGETHER_MS = 1500;
/** Where Alt+Shift finds a character that is no letter, by its place on the keyboard. */
const PLACES = new Map([["?", "Slash"], ["[", "BracketLeft"], ["]", "BracketRight"]]);

export class Keys {
  /** @param {{single?: () => boolean}} [doors] `single`: single characters act at all */
  constructor({ single = () => true } = {}) {
    this.single = single;
    /** A dialog is on its way: what is typed is meant for it. */
    this.hushed = false;
    /** Newest first: a page's key goes before the frame's. @type {Key[][]} */
    this.tables = [];
    /** @type {{key: string, at: number}|null} */
    this.first = null;
  }

  /** @param {Key[]} table @returns {() => void} takes it away again; made for useEffect */
  add(table) {
    this.tables = [table, ...this.tables];
    return () => {
      this.tables = this.tables.filter((each) => each !== table);
    };
  }

  /** Every key that is registered now, in the order of registration. */
  get all() {
    return [...this.tables].reverse().flat();
  }

  listen() {
    document.addEventListener("keydown", (event) => this.press(event));
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.defaultPrevented || event.isComposing || event.getModifierState("AltGraph")) return;
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    const dialog = document.querySelector("dialog[open]") !== null;
    // It is here: once it is closed keys act at once, though its page is told of that a moment later.
    if (dialog) this.hushed = false;
    if (dialog || this.hushed || document.querySelector(":popover-open")) return;
    const first = this.first && event.timeStamp - this.first.at < TOGETHER_MS ? this.first.key : "";
    this.first = null;
    const chord = event.altKey && event.shiftKey && !event.ctrlKey && !event.metaKey;
    const typing = event.key !== "Escape" && inField(event.target);
    const single = !event.ctrlKey && !event.metaKey && !event.altKey && event.key.length === 1;
    const fits = (/** @type {Key} */ key) => matches(key, event) || (chord && matchesChord(key, event));
    if (single && !this.single() && !first) return;
    const candidates = this.tables.flat().filter((key) => (!typing || key.fields) && fits(key));
    const found = candidates.find((key) => (key.after ?? "") === first && key.when?.(event) !== false);
    if (found) {
      event.preventDefault();
      found.run(event);
    } else if (!typing && !first) this.begin(event, chord);
  }

  /** Remembers the first key of two. @param {KeyboardEvent} event @param {boolean} chord */
  begin(event, chord) {
    const key = chord ? event.code.replace(/^Key/, "").toLowerCase() : event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey || (event.altKey && !chord)) return;
    if (this.tables.flat().some((each) => each.after === key)) this.first = { key, at: event.timeStamp };
  }
}

/** @param {Key} key @param {KeyboardEvent} event */
function matches(key, event) {
  if (Boolean(key.alt) !== event.altKey || Boolean(key.command) !== (event.ctrlKey || event.metaKey)) return false;
  if (/^[a-z]$/.test(key.key)) return letter(event) === key.key && event.shiftKey === Boolean(key.shift);
  if (key.key.length > 1) return event.key === key.key && event.shiftKey === Boolean(key.shift);
  return event.key === key.key;
}

/** By what is typed; by position on a keyboard without Latin letters. @param {KeyboardEvent} event */
function letter(event) {
  if (event.key.length === 1 && event.key > "\u007f" && event.code.startsWith("Key")) return event.code.charAt(3).toLowerCase();
  return event.key.toLowerCase();
}

/** Alt+Shift and the key also when single ones are off; by position, since Option types characters. @param {Key} key @param {KeyboardEvent} event */
function matchesChord(key, event) {
  if (key.shift || key.alt || key.command || key.key.length !== 1) return false;
  return event.code === (PLACES.get(key.key) ?? `Key${key.key.toUpperCase()}`);
}

/** @param {EventTarget|null} target */
function inField(target) {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

const NAMES = new Map([["Escape", "Esc"], ["ArrowDown", "↓"], ["ArrowUp", "↑"]]);
export const MAC = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

/** What to press, one after another. @param {Key} key */
export function pressed(key) {
  const name = NAMES.get(key.key) ?? (key.key.length === 1 ? key.key.toUpperCase() : key.key);
  const held = [key.command && (MAC ? "⌘" : "Ctrl"), key.alt && "Alt", key.shift && "Shift"].filter((each) => typeof each === "string");
  return [...(key.after ? [key.after.toUpperCase()] : []), ...held, name];
}
