/**
 * Notifications of the desktop. Permission is asked only by the person's own click; one of a conversation replaces the one before.
 *
 * @import {Alert} from "./alerts.js"
 */

export class Desktop {
  /** @param {{icon: string, open: (conversation: string) => void, changed: () => void}} doors */
  constructor(doors) {
    this.doors = doors;
    /** By conversation. @type {Map<string, {alert: Alert, notification: Notification}>} */
    this.shown = new Map();
  }

  /** @returns {NotificationPermission|"missing"} */
  get permission() {
    return "Notification" in window ? Notification.permission : "missing";
  }

  /** Only from a click. */
  async ask() {
    await Notification.requestPermission();
    this.doors.changed();
  }

  /** @param {Alert} alert @param {boolean} secret the text itself stays hidden */
  show(alert, secret) {
    const { open: conversation, desktop } = alert;
    if (this.permission !== "granted" || conversation === null || desktop === null) return;
    const { title, body } = desktop;
    const said = { body: secret ? "New text" : body, tag: conversation, renotify: false, silent: true, icon: this.doors.icon };
    const notification = new Notification(title, /** @type {NotificationOptions} */ (said));
    this.shown.set(conversation, { alert, notification });
    notification.onclick = () => {
      window.focus();
      this.close(conversation);
      this.doors.open(conversation);
    };
    notification.onclose = () => this.shown.get(conversation)?.notification === notification && this.shown.delete(conversation);
  }

  /** @param {string} conversation */
  close(conversation) {
    this.shown.get(conversation)?.notification.close();
    this.shown.delete(conversation);
  }

  /** Something changed: what does not hold any more is closed. */
  settle() {
    for (const [conversation, { alert }] of this.shown) if (!alert.holds()) this.close(conversation);
  }
}
