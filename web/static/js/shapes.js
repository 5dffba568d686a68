/**
 * What comes over the wire, as types. Names and meanings are those of the API's OpenAPI document.
 *
 * @typedef {{id: string, name: string, role?: string}} User
 * @typedef {{id: string, name: string, phone: string, ready: boolean, opted_out: boolean}} Contact
 * @typedef {{id: string, number: string, label: string|null}} Did
 * @typedef {{code: string, says: string}} Failure
 * @typedef {{
 *   id: string, content_type: string|null, size: number|null, state: "pending"|"ready"|"blocked"|"too_large"|"failed", url: string|null,
 *   name: string|null, width: number|null, height: number|null, thumbnail_url: string|null,
 * }} Media
 * @typedef {{
 *   id: string, conversation: string, seq: number, kind: "message"|"note", direction: "inbound"|"outbound", body: string,
 *   media: Media[], did: Did|string|null, user: User|null, client_id: string|null, state: string, error: Failure|null,
 *   encoding: string|null, segments: number|null, send_at: string|null, held_until?: string|null, created_at: string, sent_at?: string|null, mentions?: User[], also_to?: string[],
 * }} Message
 * @typedef {{
 *   id: string, contact: Contact, owner: User|null, subscribers: User[], did: Did|null, seq: number,
 *   last_message: Message|null, waiting_since: string|null, clock_start: string|null, public_at: string|null,
 *   public_since: string|null, claimed_at: string|null, closed_at: string|null, snoozed_until: string|null, active_at?: string,
 *   opted_out: boolean, repliable?: boolean, introduced?: boolean, unread: number, muted: boolean, role: "owner"|"subscriber"|null,
 *   draft?: string|null, consent_review?: string|null, consent_review_why?: "sounds_like"|"no_words"|null,
 * }} Conversation
 * @typedef {{kind: "user"|"contact"|"system", id: string|null, name: string|null}} Actor
 * @typedef {{
 *   type: string, conversation: string|null, seq: number|null, position: number, at: string, actor: Actor,
 *   alert: string[], data: any,
 * }} Event
 * @typedef {"mine"|"subscribed"|"pool"|"unanswered"|"all"|"closed"} View
 * @typedef {{all: number, unread: number}} Tally
 * @typedef {{sms_public_minutes: number|null, opt_out_text: string, timezone?: string, quiet_hours?: import("./opening.js").QuietHours|null}} Settings
 * @typedef {{
 *   user: User, account: {id: string, name: string}, settings: Settings, sandbox: boolean, now: string,
 *   conversation: string|null, preferences?: Partial<import("./preferences.js").Chosen>, webhooks_off?: string[],
 * }} Boot
 */

/** @type {View[]} */
export const VIEWS = ["mine", "subscribed", "pool", "unanswered", "all", "closed"];
