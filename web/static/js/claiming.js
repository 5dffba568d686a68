/** Claiming, and what a person is told of it. */
import { Problem } from "./api.js";
import { route } from "./route.js";
import { called } from "./words.js";

/** @typedef {import("./app.js").App} App */

/**
 * Claims, and tells who was first when it was somebody else.
 * @param {App} app @param {import("./record.js").Record} record
 * @returns {Promise<boolean>} whether it is theirs and they are still where they asked for it
 */
export async function claim(app, record) {
  const where = route.value;
  try {
    await app.acts.claim(record);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    lose(app, record, problem);
    return false;
  }
  const still = route.value === where;
  if (still || app.store.open_id === record.id) app.say("You own this conversation now.");
  else app.toasts.add({ words: owned(record.row?.contact), open: record.id });
  return still;
}

/** Claims the longest waiting. @param {App} app */
export async function claimNext(app) {
  const where = route.value;
  const row = await app.tell(app.acts.claimNext());
  if (row === null) app.toasts.add({ words: "The pool is empty." });
  if (row) app.arrive(row.id, { still: route.value === where, words: owned(row.contact) });
}

/** @param {App} app @param {import("./record.js").Record} record @param {Problem} problem */
function lose(app, record, problem) {
  const before = record.row;
  const winner = problem.body.owner?.name;
  if (problem.code !== "already_claimed" || !winner) return app.toasts.add({ words: problem.message, urgent: true });
  if (before) record.row = { ...before, owner: problem.body.owner, public_since: null };
  app.store.after(record, before);
  return app.toasts.add({ words: `${winner} claimed ${before ? called(before.contact) : "it"} first.`, urgent: true });
}

/** @param {import("./shapes.js").Contact} [contact] */
function owned(contact) {
  return `You own ${contact ? `the conversation with ${called(contact)}` : "it"} now.`;
}
