/**
 * The server's clock, estimated in the browser. Every observation says "the server read `server` (known to `grain` ms)
 * some time between `sent` and `came` here"; the estimates intersect, and a client clock that jumped starts anew.
 */
export class ServerClock {
  /** @param {() => number} here milliseconds of this machine's clock */
  constructor(here) {
    this.here = here;
    this.low = 0;
    this.high = 0;
    this.known = false;
  }

  /** @param {number} server ms since 1970 @param {number} grain ms @param {number} sent ms here @param {number} came ms here */
  observe(server, grain, sent, came) {
    if (!Number.isFinite(server)) return;
    const low = server - came;
    const high = server + grain - sent;
    const apart = low > this.high || high < this.low;
    if (!this.known || apart) [this.low, this.high] = [low, high];
    else [this.low, this.high] = [Math.max(low, this.low), Math.min(high, this.high)];
    this.known = true;
  }

  /** An event of the server's `at` has arrived: its clock is not before that. @param {string} at */
  passed(at) {
    const least = Date.parse(at) - this.here();
    if (!(least > this.low)) return;
    this.low = least;
    this.high = Math.max(this.high, least);
    this.known = true;
  }

  /** @param {string|null} date a Date header @param {number} sent @param {number} came */
  header(date, sent, came) {
    if (date) this.observe(Date.parse(date), 1000, sent, came);
  }

  /** Milliseconds since 1970 by the server's clock. */
  now() {
    return this.here() + (this.low + this.high) / 2;
  }
}
