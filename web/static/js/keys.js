/** The keyboard: one table that acts and that `?` shows. Single letters rest in fields and dialogs and can be turned off. */

/** @typedef {{key: string, code?: string, shift?: boolean, words: string, where: string, run: (event: KeyboardEvent) => void,
 *   when?: (event: KeyboardEvent) => boolean}} Key */

const OFF = "partyline.keys";

export class Keys {
  /** @param {Key[]} table */
  constructor(table) {
    this.table = table;
  }

  get on() {
    return localStorage.getItem(OFF) !== "off";
  }

  set on(on) {
    localStorage.setItem(OFF, on ? "on" : "off");
  }

  listen() {
    document.addEventListener("keydown", (event) => this.press(event));
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.defaultPrevented || event.isComposing || event.getModifierState("AltGraph")) return;
    if (event.ctrlKey || event.metaKey) return;
    const chord = event.altKey && event.shiftKey;
    if (event.altKey && !chord) return;
    if (document.querySelector("dialog[open], :popover-open")) return;
    if (event.key !== "Escape" && inField(event.target)) return;
    if (!this.on && !chord && event.key.length === 1) return;
    const found = this.table.find((key) => (chord ? matchesChord(key, event) : matches(key, event)));
    if (!found || found.when?.(event) === false) return;
    event.preventDefault();
    found.run(event);
  }
}

/** @param {Key} key @param {KeyboardEvent} event */
function matches(key, event) {
  if (key.key.length > 1 || !/[a-z]/i.test(key.key)) return event.key === key.key;
  return event.key.toLowerCase() === key.key && event.shiftKey === Boolean(key.shift);
}

/** Alt+Shift+letter works also when single letters are off; by position, since Option types characters. @param {Key} key @param {KeyboardEvent} event */
function matchesChord(key, event) {
  return !key.shift && key.key.length === 1 && event.code === `Key${key.key.toUpperCase()}`;
}

/** @param {EventTarget|null} target */
function inField(target) {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
