/**
 * What GSM-7 has in place of typographic characters: quotes, dashes, spaces, wide forms. Letters with accents and emoji have no twin:
 * another letter would be another word. Pure; nothing is swapped unless a person asks for it.
 */
import { lacks } from "./segments.js";

/** Each on the left stands for all on the right. */
const TWINS = /** @type {Array<[string, string]>} */ ([
  ["'", "‘’‚‛‹›′‵ʹʻʼʽˈˊˋ´`❛❜"],
  ['"', "“”„‟«»″‶ʺˮ❝❞〝〞〟"],
  ["-", "‐‑‒–—―−⁃•"],
  ["/", "⁄∕÷"],
  ["\\", "∖⧵"],
  ["|", "∣❘"],
  ["*", "∗⁎✱✻"],
  ["~", "∼˜"],
  ["^", "ˆ"],
  [":", "ː∶"],
  [",", "、"],
  [".", "。"],
  [" ", "\t"],
  ["\n", "\u2028\u2029"],
  ["", "\u200b\u2060\ufeff\u00ad"],
]);
const TWIN = new Map(TWINS.flatMap(([twin, all]) => [...all].map((one) => /** @type {[string, string]} */ ([one, twin]))));
/** What Unicode itself calls another form of plain characters: wide letters, spaces, an ellipsis, a fraction, a ligature. */
const FORMS = /^[\p{P}\p{S}\p{Zs}\uff01-\uff5e\ufb00-\ufb06¼½¾⅐-⅞]$/u;

/** Null where there is none. @param {string} character one that GSM-7 lacks @returns {string|null} */
function twinOf(character) {
  const own = TWIN.get(character);
  if (own !== undefined) return own;
  if (!FORMS.test(character)) return null;
  const form = [...character.normalize("NFKC")].map((each) => TWIN.get(each) ?? each).join("");
  return [...form].some(lacks) ? null : form;
}

/** @typedef {{from: string, to: string}} Swap */

/**
 * The text with the twins of what GSM-7 lacks, and which were swapped, each once.
 * @param {string} text @returns {{text: string, swaps: Swap[]}}
 */
export function plainer(text) {
  /** @type {Map<string, string>} */
  const swaps = new Map();
  let made = "";
  for (const character of text) {
    const twin = lacks(character) ? twinOf(character) : null;
    if (twin === null) made += character;
    else {
      swaps.set(character, twin);
      // One and a half is no eleven halves.
      made += /^\d\/\d$/.test(twin) && /\d$/.test(made) ? ` ${twin}` : twin;
    }
  }
  return { text: made, swaps: [...swaps].map(([from, to]) => ({ from, to })) };
}

const NAMES = new Map([
  ["\u00a0", "hard space"],
  ["\u202f", "narrow space"],
  ["\t", "tab"],
  ["\u200d", "joiner"],
]);

/** A character as it can be shown in a sentence. @param {string} character */
export function named(character) {
  if (character.trim() && !/^\p{C}/u.test(character)) return character;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return NAMES.get(character) ?? (/\s/.test(character) ? `space U+${code}` : `U+${code}`);
}

/** Both sides of a swap. @param {Swap} swap */
export function swapSaid({ from, to }) {
  return `${named(from)} → ${to === "" ? "nothing" : to === " " ? "space" : to === "\n" ? "new line" : to}`;
}
