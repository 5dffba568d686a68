/**
 * What a carrier bills (3GPP TS 23.038 and 23.040): GSM-7 in 160 or 153 units, else UTF-16 in 70 or 67. An escape pair or a
 * surrogate pair is never cut, so a part may be one unit short. server/domain/segments.py gives the same from the same table.
 */
import table from "../data/gsm7.json" with { type: "json" };

const BASIC = new Set(table.basic);
const EXTENSION = new Set(table.extension);

/** @typedef {{encoding: "GSM-7"|"UCS-2", units: number, segments: number, per_segment: number, remaining: number, parts: number[], odd: string|null}} Count */

/** @param {string} character @returns {number} septets, or 0 when GSM-7 has no such character */
function septets(character) {
  if (BASIC.has(character)) return 1;
  return EXTENSION.has(character) ? 2 : 0;
}

/** Whether GSM-7 has no such character. @param {string} character */
export function lacks(character) {
  return septets(character) === 0;
}

/**
 * @param {string} text
 * @returns {Count} `odd` is the first character that GSM-7 lacks; `remaining` what still fits into the last segment
 */
export function count(text) {
  const characters = [...text];
  const odd = characters.find((character) => septets(character) === 0) ?? null;
  const sizes = characters.map((character) => (odd === null ? septets(character) : character.length));
  const [single, joined] = odd === null ? [160, 153] : [70, 67];
  const units = sizes.reduce((sum, size) => sum + size, 0);
  const parts = units <= single ? (units ? [units] : []) : fill(sizes, joined);
  const per_segment = parts.length > 1 ? joined : single;
  return {
    encoding: odd === null ? "GSM-7" : "UCS-2",
    units,
    segments: parts.length,
    per_segment,
    remaining: per_segment - (parts.at(-1) ?? 0),
    parts,
    odd,
  };
}

/** @param {number[]} sizes of the characters @param {number} room of a part @returns {number[]} units of each part */
function fill(sizes, room) {
  const parts = [0];
  for (const size of sizes) {
    const last = parts.length - 1;
    if (/** @type {number} */ (parts[last]) + size > room) parts.push(size);
    else parts[last] = /** @type {number} */ (parts[last]) + size;
  }
  return parts;
}

/**
 * The text cut where the characters that GSM-7 lacks begin and end.
 * @param {string} text @returns {Array<{text: string, odd: boolean}>}
 */
export function pieces(text) {
  /** @type {Array<{text: string, odd: boolean}>} */
  const found = [];
  for (const character of text) {
    const odd = septets(character) === 0;
    const last = found.at(-1);
    if (last?.odd === odd) last.text += character;
    else found.push({ text: character, odd });
  }
  return found;
}

const CLUSTERS = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The characters that GSM-7 lacks as a person sees them, each once: a family is one, however many make it up. @param {string} text @returns {string[]} */
export function oddOnes(text) {
  const found = new Set();
  for (const { segment } of CLUSTERS.segment(text)) if ([...segment].some(lacks)) found.add(segment);
  return [...found];
}

/** In how many parts a carrier sends a Unicode text that leaves whole what a person sees as one character. @param {string} text */
export function partsOfWholes(text) {
  const sizes = [...CLUSTERS.segment(text)].map(({ segment }) => segment.length);
  return text.length <= 70 ? Math.min(1, sizes.length) : fill(sizes.flatMap((size) => (size > 67 ? Array(size).fill(1) : size)), 67).length;
}

/** The text as it is sent first: the server adds the opt-out sentence the same way. @param {string} body @param {string} sentence */
export function withOptOut(body, sentence) {
  return sentence ? `${body.trimEnd()} ${sentence}` : body;
}
