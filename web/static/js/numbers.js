/** The numbers that this person may send from. No event tells of them, so they are read again when they are asked for later. */
import { signal } from "@preact/signals";

/** @typedef {{id: string, number: string, label: string|null, capabilities: string[], media_limit: number|null, keeps_clusters: boolean, user: any, default: boolean}} OwnNumber */

/** What was read is believed for so long, ms. */
const FRESH_MS = 60_000;
const RETRY_MS = 5000;

export class Numbers {
  /** @param {{get: (path: string) => Promise<any>}} api @param {() => number} now ms @param {(run: () => void, ms: number) => void} later */
  constructor(api, now, later) {
    this.api = api;
    this.now = now;
    this.later = later;
    /** Null before the first reading. @type {import("@preact/signals").Signal<OwnNumber[]|null>} */
    this.mine = signal(null);
    this.read_at = -Infinity;
  }

  /** Reads them unless that was just done. */
  async want() {
    if (this.now() - this.read_at < FRESH_MS) return;
    this.read_at = this.now();
    const page = await this.api.get("/dids/mine").catch(() => null);
    if (page) this.mine.value = page.items;
    else {
      this.read_at = -Infinity;
      if (this.mine.value === null) this.later(() => this.want(), RETRY_MS);
    }
  }
}
