// In which share of the last seven days the ready replicas really covered the demand, kept in sums per hour.
// Invariant: only time in which both demand and readiness were known counts. A restart goes on from what the status said.

const HOUR_MS = 3_600_000;
const HOURS = 168;

export class ServiceLedger {
  readonly #known = new Float32Array(HOURS);
  readonly #covered = new Float32Array(HOURS);
  /** The hour (unix hours) of the newest slot; NaN while empty. */
  #hour = NaN;

  /** Takes over what was known before: the share `met` of the time since `sinceMs`. */
  resume(sinceMs: number, met: number, nowMs: number): void {
    const first = Math.max(Math.floor(sinceMs / HOUR_MS), Math.floor(nowMs / HOUR_MS) - HOURS + 1);
    for (let hour = first; hour * HOUR_MS < nowMs; hour++) {
      const seconds = (Math.min(nowMs, (hour + 1) * HOUR_MS) - Math.max(sinceMs, hour * HOUR_MS)) / 1000;
      this.#add(hour, seconds, met * seconds);
    }
  }

  /** `seconds` up to `nowMs` in which demand was covered or not. */
  take(nowMs: number, seconds: number, isCovered: boolean): void {
    this.#add(Math.floor(nowMs / HOUR_MS), seconds, isCovered ? seconds : 0);
  }

  /** Share of the known time that was covered, NaN if none is known; and since when there is something known, unix ms. */
  met(): { readonly share: number; readonly sinceMs: number } {
    let [known, covered, first] = [0, 0, NaN];
    for (let hour = this.#hour - HOURS + 1; hour <= this.#hour; hour++) {
      const seconds = this.#known[hour % HOURS]!;
      if (seconds === 0) continue;
      if (Number.isNaN(first)) first = hour;
      known += seconds;
      covered += this.#covered[hour % HOURS]!;
    }
    return { share: known > 0 ? covered / known : NaN, sinceMs: first * HOUR_MS };
  }

  #add(hour: number, seconds: number, covered: number): void {
    if (!(seconds > 0)) return;
    for (let h = Math.max(this.#hour + 1, hour - HOURS + 1); h <= hour; h++) this.#known[h % HOURS] = this.#covered[h % HOURS] = 0;
    if (!(hour <= this.#hour)) this.#hour = hour;
    this.#known[hour % HOURS] = this.#known[hour % HOURS]! + seconds;
    this.#covered[hour % HOURS] = this.#covered[hour % HOURS]! + covered;
  }
}
