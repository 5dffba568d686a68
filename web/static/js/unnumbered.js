/**
 * Events that have no number in a conversation: what concerns me alone, and what concerns the account. Their states are absolute.
 *
 * @import {Event} from "./shapes.js"
 * @import {Store} from "./store.js"
 */
import { publicAt } from "./deadline.js";
import { ofConsent, telling } from "./lines.js";

/** What I have read or muted, in any of my tabs. @param {Store} store @param {Event} event */
export function ofPerson(store, event) {
  const record = store.records.get(/** @type {string} */ (event.conversation));
  if (!record) {
    // It may be one of those that the counts count all the same.
    if (store.tallied) store.loads.talliesSoon();
    return;
  }
  const before = record.row;
  if (event.type === "conversation.read") {
    if (event.position < record.read_position) return;
    record.read_position = event.position;
    record.read_told = { seq: event.data.read_seq, at: Date.parse(event.at) };
    const back = event.data.read_seq < record.read_seq;
    if (back) record.readBackTo(event.data.read_seq);
    const exact = !back && record.readTo(event.data.read_seq);
    if (!exact && !record.loading) store.loads.again(record);
    // A count that was read before this reading was written may have been believed.
    if (store.tallied) store.loads.talliesSoon();
  } else {
    record.personal += 1;
    if (!record.loading) store.loads.again(record);
  }
  store.doors.notice?.(event, record, store.phase !== "live");
  store.after(record, before);
}

/** Contacts, settings, users. @param {Store} store @param {Event} event */
export function ofAccount(store, event) {
  if (event.type === "settings.changed") {
    store.settings = { ...store.settings, ...event.data.settings };
    store.changed("settings");
    moveDeadlines(store);
  }
  const { contact } = event.data;
  if (!contact) return;
  for (const record of store.records.values()) {
    const { row } = record;
    if (row === null || row.contact.id !== contact.id) continue;
    const { name = row.contact.name, ready = row.contact.ready } = contact;
    record.row = { ...row, contact: { ...row.contact, name, ready } };
    if (ofConsent(event)) record.stands(contact);
    if (telling(event)) record.tell(event);
    store.changed("conversation", record.id);
    if (ofConsent(event) && !record.loading) store.loads.again(record);
  }
}

/** No conversation tells of its new deadline: it is derived from the account's minutes. @param {Store} store */
function moveDeadlines(store) {
  for (const record of store.records.values()) {
    const { row } = record;
    if (!row?.clock_start) continue;
    const public_at = publicAt(row, store.settings.sms_public_minutes);
    if (public_at === row.public_at) continue;
    record.row = { ...row, public_at };
    store.changed("conversation", record.id);
  }
  store.changed("lists");
}
