import { Component } from "preact";
import { clockSeconds, stamp } from "../../figures.js";
import { c, html } from "../../html.js";
import { Icon } from "../../parts/icon.js";
import { whyOff } from "../../webhooks.js";
import { lasting, phone, state } from "../../words.js";

/** @typedef {import("../../feed.js").FeedRow} FeedRow */

/** @type {{[kind: string]: {chip: string, word: string, icon: string, look: string}}} */
export const KIND_WORDS = {
  in: { chip: "texts in", word: "in", icon: "arrow-down-left", look: "info" },
  out: { chip: "texts out", word: "out", icon: "arrow-up-right", look: "" },
  claims: { chip: "claims", word: "claim", icon: "hand", look: "good" },
  public: { chip: "public", word: "public", icon: "users", look: "warn" },
  failed: { chip: "failed", word: "failed", icon: "circle-alert", look: "bad" },
  opt_out: { chip: "opt-out", word: "opt-out", icon: "ban", look: "bad" },
  notes: { chip: "notes", word: "note", icon: "sticky-note", look: "" },
  people: { chip: "people", word: "people", icon: "user", look: "" },
  webhooks: { chip: "webhooks", word: "webhook", icon: "external-link", look: "bad" },
};

/**
 * One line of the feed. It is drawn again only when its row changed: a storm touches few of five hundred.
 * @typedef {{row: FeedRow, open: boolean, tabbable: boolean, observe: (id: string) => void}} LineProps
 * @extends {Component<LineProps>}
 */
export class Line extends Component {
  /** @param {LineProps} next */
  shouldComponentUpdate(next) {
    return next.row !== this.props.row || next.open !== this.props.open || next.tabbable !== this.props.tabbable;
  }

  render() {
    const { row, open, tabbable, observe } = this.props;
    const { at, conversation } = row.first;
    const { word = row.kind, icon = "clock", look = "" } = KIND_WORDS[row.kind] ?? {};
    const parts = html`<time datetime=${at} title=${stamp(at, 0)}>${clockSeconds(at)}</time>
      <span class=${`badge ${look}`}>${c(Icon, { name: icon })}${word}</span>
      <span class="feed-who">${who(row)}</span>
      <span class="feed-words"><bdi>${words(row)}</bdi></span>
      <span class=${`feed-state ${row.kind === "failed" ? "bad-words" : ""}`}>${outcome(row)}</span>`;
    if (conversation === null) return html`<li><span class="feed-line" tabindex=${tabbable ? 0 : -1}>${parts}</span></li>`;
    const click = (/** @type {MouseEvent} */ event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      observe(conversation);
    };
    return html`<li><a class="feed-line" href=${`/sms/${conversation}`} data-conversation=${conversation} tabindex=${tabbable ? 0 : -1}
      aria-current=${open ? "true" : undefined} onClick=${click}>${parts}</a></li>`;
  }
}

/** @param {FeedRow["first"]["contact"]} contact */
function name(contact) {
  if (!contact) return "";
  return contact.name === contact.phone ? phone(contact.phone) : contact.name;
}

/** Who wrote, by right: of texts the sender, then whom to. @param {FeedRow} row */
function who({ kind, first }) {
  const { contact, actor, did, message } = first;
  const arrow = html`<span class="arrow"><span aria-hidden="true">→</span><span class="unseen"> to </span></span>`;
  const sender = message?.user?.name ?? actor.name ?? "Automatic";
  if (kind === "in") return html`<bdi>${name(contact)}</bdi>${did && html`${arrow}<bdi class="soft">${phone(did)}</bdi>`}`;
  if (message && kind !== "notes") return html`<bdi>${message.user ? sender : "Automatic"}</bdi>${arrow}<bdi>${name(contact)}</bdi>`;
  if (kind === "notes") return html`<bdi>${sender}</bdi><span class="soft"> on </span><bdi>${name(contact)}</bdi>`;
  if (kind === "webhooks") return html`<bdi>${first.webhook}</bdi>`;
  return html`<bdi>${name(contact) || (first.user?.name ?? actor.name)}</bdi>`;
}

/** @param {FeedRow} row */
function words({ kind, first }) {
  const { message, actor, user, owner, reason, type, wait } = first;
  const by = actor.name ?? "Somebody";
  if (message) return message.body || (message.pictures ? "Picture" : "");
  if (kind === "webhooks") return `switched off${whyOff(reason)}`;
  if (kind === "public") return gonePublic(reason, wait, owner?.name);
  if (type === "conversation.claimed") return reason === "message" ? `${owner?.name ?? by} claimed it by replying` : `${owner?.name ?? by} claimed it`;
  if (type === "conversation.released") return `${by} released it to the pool`;
  if (type === "conversation.transferred") return transferred(first);
  if (type === "contact.opted_out") return { user: `opted out by ${by}`, review: `opted out: ${by} read a text so`, import: `opted out by a list of ${by}`, keyword: "opted out by texting STOP" }[reason ?? ""] ?? "opted out: the carrier says so";
  if (type === "contact.opted_in") return "opted in again by texting START";
  if (type === "subscriber.added") return user && user.id !== actor.id ? `${by} added ${user.name}` : `${user?.name ?? by} joined`;
  if (type === "subscriber.removed") return user && user.id !== actor.id ? `${by} removed ${user.name}` : `${user?.name ?? by} left`;
  return USER_WORDS[reason] ? `${USER_WORDS[reason]} by ${by}` : `changed by ${by}`;
}

/** @type {{[reason: string]: string}} */
const USER_WORDS = { created: "added", disabled: "disabled", changed: "changed" };

/** @param {string} reason @param {number|null} wait @param {string|undefined} owner */
function gonePublic(reason, wait, owner) {
  const was = owner ? `, was ${owner}’s` : "";
  if (reason === "no_owner") return "at once: nobody owned it";
  if (reason === "user_disabled") return "its owner was disabled";
  return wait === null ? `at once${was}` : `after ${lasting(wait)}${was}`;
}

/** @param {FeedRow["first"]} first */
function transferred({ actor, user, owner, reason }) {
  const to = user?.name ?? owner?.name ?? "nobody";
  if (reason === "first_answer") return `${to} owns it by answering`;
  if (reason === "user_disabled") return "its owner was disabled";
  return user && user.id === actor.id ? `${to} took it over` : `${actor.name ?? "Somebody"} handed it to ${to}`;
}

/** @param {FeedRow} row */
function outcome({ kind, first, state: now, error, claimed }) {
  if (claimed) return html`claimed by <bdi>${claimed.name}</bdi> <time datetime=${claimed.at}>${clockSeconds(claimed.at)}</time>`;
  if (kind === "in") return first.owner ? html`owner <bdi>${first.owner.name}</bdi>` : "no owner";
  if (kind === "notes" || !first.message) return "";
  return state(/** @type {any} */ ({ kind: "message", direction: "outbound", state: now, error: error ? { code: "", says: error } : null }));
}
