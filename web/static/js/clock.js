/** Instants are read here to so many ms. */
const GRAIN = 1;

/**
 * The server's clock, estimated in the browser. Every observation says "the server read `at` some time between
 * `sent` and `came` here"; the estimates intersect, and a client clock that jumped starts anew.
 */
export class ServerClock {
  /** @param {() => number} here milliseconds of this machine's clock */
  constructor(here) {
    this.here = here;
    this.low = 0;
    this.high = 0;
    this.known = false;
  }

  /** @param {string|null} at what an answer says, RFC 3339; what stands before the server says nothing @param {number} sent ms here @param {number} came ms here */
  told(at, sent, came) {
    const server = Date.parse(at ?? "");
    if (!Number.isFinite(server)) return;
    const low = server - came;
    const high = server + GRAIN - sent;
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

  /** Milliseconds since 1970 by the server's clock. */
  now() {
    return this.here() + (this.low + this.high) / 2;
  }
}
