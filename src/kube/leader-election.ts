// Leader election on a Lease with client-go's semantics: one process leads at a time, and one that cannot renew stops before another may start.
// Invariant: a term ends, by this process's own monotonic clock, before the lease that others wait out does. Others' clocks are never trusted.
// Source: k8s.io/client-go/tools/leaderelection.
import type { Clock } from "../clock.ts";
import { monotonicMs } from "../clock.ts";
import { KubeError } from "./failure.ts";
import type { LeaseName, LeaseRecord, Leases, StoredLease } from "./lease.ts";

/** client-go's defaults, ms. */
export const LEASE_TIMING = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 } as const;
/** Each pause is up to so much longer, so that candidates do not march in step. */
const JITTER = 1.2;
/** A lease that is given up is free after so long, s: 0 is not allowed. */
const RELEASED_SECONDS = 1;

export interface LeaderElectionOptions {
  readonly leases: Leases;
  /** Wall time for what the lease shows, and pauses. */
  readonly clock: Clock;
  readonly lease: LeaseName;
  /** Unique to this process. */
  readonly identity: string;
  /** In [0, 1): spreads the candidates. */
  readonly random: () => number;
  readonly timing?: { readonly leaseMs: number; readonly renewDeadlineMs: number; readonly retryMs: number };
  /** Called when the holder changes, and when the server fails for the first time after it did not. */
  readonly onHolder?: (identity: string) => void;
  readonly onError?: (error: KubeError) => void;
  /** Ms from an arbitrary zero that neither jumps nor stands still while the process is stopped. */
  readonly monotonicMs?: () => number;
}

export interface LeaderElection {
  /** Whether this process may write: its lease, as it counts it, has not passed the renew deadline. */
  isLeader(): boolean;
  /**
   * Competes until `signal` fires. For each term runs `lead` with a signal that fires when the term ends, and competes again when `lead` has ended.
   * Gives the lease up at the end if it holds it. Rejects when `lead` does.
   */
  run(lead: (term: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
}

export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  return new Election(options);
}

/** What a term that cannot go on ends with. */
class TermOver extends Error {}

class Election implements LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #timing: { readonly leaseMs: number; readonly renewDeadlineMs: number; readonly retryMs: number };
  readonly #monotonicMs: () => number;
  /** The lease as last seen, and when it last looked different, on our own monotonic clock. */
  #seen: StoredLease | undefined;
  #seenMs = -Infinity;
  /** When the last renewal that succeeded was sent; the lease cannot be older than that. */
  #renewedMs = -Infinity;
  #isFailing = false;
  #holder: string | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#timing = options.timing ?? LEASE_TIMING;
    this.#monotonicMs = options.monotonicMs ?? monotonicMs;
  }

  isLeader(): boolean {
    return this.#monotonicMs() - this.#renewedMs < this.#timing.renewDeadlineMs && !this.#isTaken();
  }

  async run(lead: (term: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!(await this.#tried(signal))) {
        await this.#pause(signal);
        continue;
      }
      const term = new AbortController();
      const ends = AbortSignal.any([term.signal, signal]);
      const work = lead(ends).finally(() => term.abort(new TermOver("the leader's work has ended")));
      await this.#keep(ends);
      term.abort(new TermOver("the lease was lost"));
      try {
        await work;
      } finally {
        if (this.isLeader()) await this.#release();
        this.#renewedMs = -Infinity;
      }
    }
  }

  /** Renews until the term is over: the signal fired, the renew deadline passed, or somebody else holds the lease. */
  async #keep(ends: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!ends.aborted) {
      const deadline = new AbortController();
      const leftMs = this.#renewedMs + this.#timing.renewDeadlineMs - this.#monotonicMs();
      const timer = clock.after(leftMs, () => deadline.abort(new TermOver("the renew deadline has passed")));
      const limit = AbortSignal.any([ends, deadline.signal]);
      await this.#pause(limit, true);
      const isKept = !limit.aborted && (await this.#tried(limit));
      timer.cancel();
      if (!isKept && !this.isLeader()) return;
    }
  }

  #isTaken(): boolean {
    const holder = this.#seen?.record.holderIdentity;
    return holder !== undefined && holder !== "" && holder !== this.#options.identity;
  }

  /** One attempt to take or renew the lease; a failure of the server counts as not having it now. */
  async #tried(signal: AbortSignal): Promise<boolean> {
    try {
      const has = await this.#takeOrRenew(signal);
      this.#isFailing = false;
      return has;
    } catch (error) {
      if (!(error instanceof KubeError)) {
        if (signal.aborted) return false;
        throw error;
      }
      // What was last seen may have been overwritten by a write whose answer is lost.
      if (this.isLeader()) await this.#look(signal);
      if (!this.#isFailing) this.#options.onError?.(error);
      this.#isFailing = true;
      return false;
    }
  }

  async #takeOrRenew(signal: AbortSignal): Promise<boolean> {
    const { lease, identity } = this.#options;
    const startedMs = this.#monotonicMs();
    if (!this.isLeader()) {
      this.#see(await this.#options.leases.read(lease, signal));
      if (this.#isTaken() && !this.#isExpired()) return false;
    }
    const written = await this.#options.leases.write(lease, this.#record(), this.#seen?.resourceVersion, signal);
    if (written === undefined) {
      this.#see(await this.#options.leases.read(lease, signal));
      return false;
    }
    this.#see(written);
    this.#renewedMs = startedMs;
    return written.record.holderIdentity === identity;
  }

  async #look(signal: AbortSignal): Promise<void> {
    try {
      this.#see(await this.#options.leases.read(this.#options.lease, signal));
    } catch {
      // The attempt before this one has been told of.
    }
  }

  /** Takes note of the lease; its age begins when it looks different from before. */
  #see(found: StoredLease | undefined): void {
    if (found?.resourceVersion !== this.#seen?.resourceVersion) this.#seenMs = this.#monotonicMs();
    this.#seen = found;
    const holder = found?.record.holderIdentity ?? "";
    if (holder === this.#holder) return;
    this.#holder = holder;
    if (holder !== "") this.#options.onHolder?.(holder);
  }

  /** By our own observation only: it has not changed for as long as it says that it lasts. */
  #isExpired(): boolean {
    const seconds = this.#seen?.record.leaseDurationSeconds ?? 0;
    return this.#monotonicMs() - this.#seenMs >= seconds * 1000;
  }

  #record(): LeaseRecord {
    const { identity, clock } = this.#options;
    const before = this.#seen?.record;
    const nowMs = clock.nowMs();
    const isOwn = before?.holderIdentity === identity;
    const transitions = before?.leaseTransitions ?? 0;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#timing.leaseMs / 1000),
      acquireTimeMs: isOwn && Number.isFinite(before.acquireTimeMs) ? before.acquireTimeMs : nowMs,
      renewTimeMs: nowMs,
      leaseTransitions: isOwn || before === undefined ? transitions : transitions + 1,
    };
  }

  /** Lets the next candidate start at once. Nothing is lost if it fails: the lease then runs out. */
  async #release(): Promise<void> {
    const record = { ...this.#record(), holderIdentity: "", leaseDurationSeconds: RELEASED_SECONDS };
    try {
      await this.#options.leases.write(this.#options.lease, record, this.#seen?.resourceVersion, new AbortController().signal);
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
    }
  }

  /** A leader renews at an even pace; candidates jitter. Ends early when the signal fires. */
  async #pause(signal: AbortSignal, isEven = false): Promise<void> {
    const { clock, random } = this.#options;
    const pauseMs = this.#timing.retryMs * (isEven ? 1 : 1 + JITTER * random());
    await clock.delay(pauseMs, signal).catch(() => undefined);
  }
}
