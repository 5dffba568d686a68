/** The part of a text about the words that were looked for, and where in it they stand. Pure. */

/** Letters before the words that were looked for, and in all. */
const BEFORE = 16;
const SHOWN = 56;

/** @typedef {{text: string, found: boolean}} Piece */

/** Finds the words as the server does, in letters of either case. @param {string} words */
function finder(words) {
  return new RegExp(words.trim().replace(/[\\^$.*+?()[\]{}|]/g, "\\$&").replace(/\s+/g, " "), "giu");
}

/** On one line. @param {string} body @param {string} words */
export function around(body, words) {
  const line = body.replace(/\s+/g, " ");
  const at = line.search(finder(words));
  const word = at <= BEFORE ? 0 : line.indexOf(" ", at - BEFORE) + 1;
  const start = Math.min(word, Math.max(0, at));
  // Not half of a character.
  const shown = line.slice(start, start + SHOWN).replace(/[\uD800-\uDBFF]$/, "");
  return (start > 0 ? "… " : "") + shown.trim() + (start + SHOWN < line.length ? " …" : "");
}

/** Cut into the words that were looked for and what stands between. @param {string} line @param {string} words @returns {Piece[]} */
export function pieces(line, words) {
  /** @type {Piece[]} */
  const found = [];
  let from = 0;
  for (const { 0: text, index } of line.matchAll(finder(words))) {
    if (index > from) found.push({ text: line.slice(from, index), found: false });
    found.push({ text, found: true });
    from = index + text.length;
  }
  if (from < line.length) found.push({ text: line.slice(from), found: false });
  return found;
}
