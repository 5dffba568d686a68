/** What a webhook and its deliveries are in words. Pure. */
import { some } from "./words.js";

/**
 * @typedef {{id: string, url: string, description: string, types: string[], order: "account"|"contact", enabled: boolean, off_why: "paused"|"failing"|"gone"|null,
 *   off_at: string|null, failing_since: string|null, old_secret_until: string|null, created_at: string}} Webhook
 * @typedef {{id: string, type: string, position: number, state: "waiting"|"delivered"|"failed", attempts: number, next_at: string|null,
 *   at: string|null, code: number|null, error: string|null, answer: string|null, took_ms: number|null,
 *   headers: {[name: string]: string}, created_at: string}} Delivery
 * @typedef {{words: string, look: "good"|"warn"|"bad"|"", why?: string}} Standing
 */

/** Of an address only the host: the rest may hold a key. @param {Webhook} webhook */
export function named({ description, url }) {
  return description || hostOf(url);
}

/** @param {string} url */
export function hostOf(url) {
  return url.replace(/^https?:\/\//, "").split(/[/?#]/)[0] ?? "";
}

/** @param {string[]} types */
export function wants(types) {
  return types.length ? some(types.length, "type") : "All events";
}

/** @param {Webhook} webhook @returns {Standing} */
export function standing({ enabled, off_why, failing_since }) {
  if (off_why === "paused") return { words: "Paused", look: "" };
  if (off_why === "gone") return { words: "Switched off", look: "bad", why: "Its receiver answered 410 Gone." };
  if (!enabled) return { words: "Switched off", look: "bad", why: "Its receiver took nothing for a day." };
  return failing_since ? { words: "Failing", look: "warn" } : { words: "On", look: "good" };
}

/** @param {Delivery} delivery @returns {Standing} */
export function outcome({ state, attempts }) {
  if (state === "delivered") return { words: "Delivered", look: "good" };
  if (state === "failed") return { words: "Failed", look: "bad" };
  return attempts ? { words: "Trying again", look: "warn" } : { words: "Waiting", look: "" };
}

/** What the receiver said last: `204 in 38 ms`, or why there was no answer. @param {Delivery} delivery */
export function answered({ code, error, took_ms }) {
  if (code === null) return error ?? "–";
  return `${code} in ${took_ms} ms${error ? `. ${error}` : ""}`;
}

/** Whether something is about to become of one of them. @param {Delivery[]} deliveries @param {number} now ms */
export function moving(deliveries, now) {
  return deliveries.some(({ next_at }) => next_at !== null && Date.parse(next_at) < now + 10_000);
}

/** Types by their first word, in their order. @param {string[]} types @returns {Array<[string, string[]]>} */
export function grouped(types) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const type of types) {
    const noun = type.split(".")[0] ?? "";
    groups.set(noun, [...(groups.get(noun) ?? []), type]);
  }
  return [...groups];
}

/** @param {string} name @param {string} [reason] */
export function givenUp(name, reason) {
  return `The webhook ${name} was switched off${whyOff(reason)}. See Settings > Webhooks.`;
}

/** @param {string} [reason] */
export function whyOff(reason) {
  return { gone: ": its receiver answered 410 Gone", failing: ": its receiver took nothing for a day" }[reason ?? ""] ?? "";
}
