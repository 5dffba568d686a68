/**
 * The manager's feed as its page has it: the page's own reader, and when it shows what a tab was given.
 */
import { MOST, wanted } from "../../web/static/js/feed.js";
import { FeedReader } from "../../web/static/js/feed_reader.js";

const ALL = { kinds: [], did: "", user: "" };
/** So many of the newest are compared. */
const NEWEST = 300;

export class Feed {
  /** @param {{get: (path: string) => Promise<any>, later: (run: () => void, ms: number) => any}} doors */
  constructor(doors) {
    this.reader = new FeedReader(ALL, { ...doors, changed: () => this.note() });
    /** What came and is not shown yet, by position: entries of the ledger. @type {Map<number, any[]>} */
    this.coming = new Map();
    this.seen = new Set();
  }

  /**
   * An entry is applied when the page shows it, as of the instant at which it came: the page puts in four times a second what was heard.
   * What the feed has no line for is done with as it comes.
   */
  hear(event, entry) {
    const first = !this.seen.has(event.position);
    this.seen.add(event.position);
    if (first && wanted(event, ALL)) this.coming.set(event.position, entry);
    else if (first) entry[6] = entry[5];
    this.reader.hear(event);
    this.note();
  }

  note() {
    const { lines } = this.reader;
    for (const [position, entry] of this.coming) {
      // A page that was away for long has newer ones in place of it.
      if (!lines.positions.has(position) && !(lines.rows.size >= MOST && position < (lines.oldest ?? 0))) continue;
      entry[6] = entry[5];
      this.coming.delete(position);
    }
  }

  get settled() {
    return this.reader.state === "ready" && !this.reader.flushing;
  }

  get oldest() {
    return this.reader.lines.oldest ?? 0;
  }

  /** The newest facts that its lines are made of, from a position on. @param {number} from */
  since(from) {
    return this.reader.lines.facts.filter((one) => one.position >= from).slice(-NEWEST);
  }
}
