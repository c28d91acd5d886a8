// From asking to Ready, as seen from outside: a raise of the target's replicas is awaited until so many are Ready.
// Invariant: only undisturbed starts count. What is lowered, rolled out, unknown or pending for hours meanwhile teaches nothing.
import { MOST_LEAD_MS, withObservation } from "../decision/index.ts";
import type { TargetScale } from "../kube/index.ts";

/** Raises that may be awaited at once; a target that asks faster is judged by the older ones. */
const MOST_AWAITED = 16;

interface Ask {
  readonly replicas: number;
  readonly atMs: number;
}

export class Readiness {
  #awaited: Ask[] = [];
  /** Replicas asked for as last known; NaN before the first look. */
  #asked = NaN;
  #observations: readonly number[];

  /** `observations`: durations in ms that are known from before, oldest first. */
  constructor(observations: readonly number[] = []) {
    this.#observations = observations;
  }

  /** Observed durations from asking to Ready, ms, oldest first. */
  get observations(): readonly number[] {
    return this.#observations;
  }

  /** The operator has just asked for `replicas`. */
  asked(replicas: number, nowMs: number): void {
    if (replicas > this.#asked && this.#awaited.length < MOST_AWAITED) this.#awaited.push({ replicas, atMs: nowMs });
    else if (replicas < this.#asked) this.#awaited = this.#awaited.filter((ask) => ask.replicas <= replicas);
    this.#asked = replicas;
  }

  /** The target as it is at `nowMs`. Raises by others are taken as asked for now. Where the target has minReadySeconds a pod has arrived only after them. */
  seen({ replicas, isRollingOut, ...target }: Pick<TargetScale, "replicas" | "readyReplicas" | "availableReplicas" | "isRollingOut">, nowMs: number): void {
    const readyReplicas = target.availableReplicas ?? target.readyReplicas;
    const isKnown = !Number.isNaN(this.#asked);
    if (!isKnown) this.#asked = replicas;
    else if (replicas !== this.#asked) this.asked(replicas, nowMs);
    if (isRollingOut || Number.isNaN(readyReplicas)) {
      this.#awaited = [];
      return;
    }
    for (const { replicas: wanted, atMs } of this.#awaited)
      if (wanted <= readyReplicas) this.#observations = withObservation(this.#observations, nowMs - atMs);
    this.#awaited = this.#awaited.filter((ask) => ask.replicas > readyReplicas && nowMs - ask.atMs <= MOST_LEAD_MS);
  }
}
