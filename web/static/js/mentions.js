/** Colleagues named in a note with `@`. Pure. @import {User} from "./shapes.js" */

/**
 * The name that is being typed behind an `@` right before the caret, null when there is none.
 * @param {string} text @param {number} caret @returns {{from: number, typed: string}|null}
 */
export function beingTyped(text, caret) {
  const found = /(?:^|[\s(])@([^\s@]{0,40})$/u.exec(text.slice(0, caret));
  return found ? { from: caret - (found[1] ?? "").length - 1, typed: found[1] ?? "" } : null;
}

/** Whom the typed letters may mean: a name of which a word begins so. @param {User[]} users @param {string} typed */
export function meant(users, typed) {
  const wanted = typed.toLowerCase();
  return users.filter(({ name }) => name.toLowerCase().split(/\s+/).some((word) => word.startsWith(wanted)));
}

/**
 * The text cut into what is a mention and what is not; the longest name wins, and a name goes on to the end of a word.
 * @param {string} text @param {User[]} users @returns {Array<{text: string, user: User|null}>}
 */
export function cut(text, users) {
  const names = [...users].sort((a, b) => b.name.length - a.name.length);
  /** @type {Array<{text: string, user: User|null}>} */
  const found = [];
  let from = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const user = at < from ? undefined : names.find(({ name }) => named(text, at + 1, name));
    if (!user) continue;
    if (at > from) found.push({ text: text.slice(from, at), user: null });
    from = at + 1 + user.name.length;
    found.push({ text: text.slice(at, from), user });
  }
  if (from < text.length) found.push({ text: text.slice(from), user: null });
  return found;
}

/** @param {string} text @param {number} at @param {string} name */
function named(text, at, name) {
  return text.startsWith(name, at) && !/[\p{L}\p{N}]/u.test(text.charAt(at + name.length));
}

/** The ids of those whom the text mentions, each once. @param {string} text @param {User[]} users */
export function mentioned(text, users) {
  return [...new Set(cut(text, users).flatMap(({ user }) => (user ? [user.id] : [])))];
}
