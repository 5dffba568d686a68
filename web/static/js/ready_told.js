/** What sending does to Ready is said once for each contact in this tab: a person who has read it knows. */
const KEY = "partyline.ready_told";

/** @returns {string[]} */
function told() {
  return JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
}

/** @param {string} contact */
export function toldReady(contact) {
  return told().includes(contact);
}

/** @param {string} contact */
export function tellReady(contact) {
  if (!toldReady(contact)) sessionStorage.setItem(KEY, JSON.stringify([...told(), contact].slice(-200)));
}
