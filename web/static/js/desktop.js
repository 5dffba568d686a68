/** Notifications of the desktop. Permission is asked only by the person's own click; one of a conversation replaces the one before. */

export class Desktop {
  /** @param {{icon: string, open: (conversation: string) => void, changed: () => void}} doors */
  constructor(doors) {
    this.doors = doors;
    /** @type {Map<string, Notification>} */
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

  /** @param {string} conversation @param {{title: string, body: string}} words @param {boolean} secret the text itself stays hidden */
  show(conversation, { title, body }, secret) {
    if (this.permission !== "granted") return;
    const said = { body: secret ? "New text" : body, tag: conversation, renotify: false, silent: true, icon: this.doors.icon };
    const notification = new Notification(title, /** @type {NotificationOptions} */ (said));
    this.shown.set(conversation, notification);
    notification.onclick = () => {
      window.focus();
      this.close(conversation);
      this.doors.open(conversation);
    };
    notification.onclose = () => this.shown.get(conversation) === notification && this.shown.delete(conversation);
  }

  /** @param {string} conversation */
  close(conversation) {
    this.shown.get(conversation)?.close();
    this.shown.delete(conversation);
  }
}
