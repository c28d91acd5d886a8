// One member among several: keeps its Lease, watches the others', and says which sets of members its work must fit.
// Invariant: a term ends, by this process's own monotonic clock, before others count this member as gone; a term that has lapsed works on nothing any more.
import type { Clock } from "../../clock.ts";
import { monotonicMs } from "../../clock.ts";
import { KubeError } from "../failure.ts";
import type { LeaderElection } from "../leader-election.ts";
import { LEASE_TIMING } from "../leader-election.ts";
import type { JointLease } from "./joint-lease.ts";
import type { ListedLease, MemberLeases } from "./member-lease.ts";
import { hashOf, isOver, look, NOTHING, stand } from "./standing.ts";
import type { Standing, View } from "./standing.ts";

/** While members do not agree, or work is let go of, it is looked so often, ms. */
const UNSETTLED_RETRY_MS = 500;
/** Pauses differ by up to this share, so that members do not march in step. */
const JITTER = 0.2;

export interface MembershipOptions {
  readonly leases: MemberLeases;
  readonly joint: JointLease;
  readonly clock: Clock;
  readonly identity: string;
  /** Of this member's Lease. */
  readonly name: string;
  /** In [0, 1). */
  readonly random: () => number;
  readonly timing?: { readonly leaseMs: number; readonly renewDeadlineMs: number; readonly retryMs: number };
  /** Called when the sets change: from now on nothing is worked on but what each of them gives. */
  readonly onStanding: (standing: Standing) => void;
  /** Whether all that the sets have taken away is let go of: nothing of it is under way. Another set is published only then. */
  readonly hasLetGo: () => boolean;
  /** Called when the server fails for the first time after it did not. */
  readonly onError?: (error: KubeError) => void;
  readonly monotonicMs?: () => number;
}

/** `isLeader`: this member may write. Each term of `run` is a time as a member. */
export function createMembership(options: MembershipOptions): LeaderElection {
  return new Member(options);
}

class Member implements LeaderElection {
  readonly #options: MembershipOptions;
  readonly #timing: { readonly leaseMs: number; readonly renewDeadlineMs: number; readonly retryMs: number };
  readonly #monotonicMs: () => number;
  #view: View = new Map();
  #standing: Standing = NOTHING;
  /** Of the own Lease as last seen or written. */
  #version: string | undefined;
  /** Of the Lease that the last write made; undefined while its outcome is not known. */
  #writtenVersion: string | undefined;
  /** The hash that the Lease says, or may say. */
  #published = "";
  #renewedMs = -Infinity;
  #isInTerm = false;
  #hasLapsed = false;
  #isFailing = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#timing = options.timing ?? LEASE_TIMING;
    this.#monotonicMs = options.monotonicMs ?? monotonicMs;
  }

  isLeader(): boolean {
    return this.#isInTerm && !this.#hasLapsed && this.#leftMs() > 0;
  }

  async run(lead: (term: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#turn(signal);
      if (this.#leftMs() <= 0) {
        await this.#pause(signal);
        continue;
      }
      this.#isInTerm = true;
      const term = new AbortController();
      const ends = AbortSignal.any([term.signal, signal]);
      const work = lead(ends).finally(() => term.abort(new Error("the member's work has ended")));
      await this.#keep(ends);
      term.abort(new Error("the member's lease was lost"));
      try {
        await work;
      } finally {
        this.#isInTerm = false;
        this.#hasLapsed = false;
        this.#renewedMs = -Infinity;
        this.#take(NOTHING);
      }
    }
    await this.#release();
  }

  /** How long this member may still write, ms. */
  #leftMs(): number {
    return Math.min(this.#renewedMs, this.#options.joint.heldMs) + this.#timing.renewDeadlineMs - this.#monotonicMs();
  }

  async #keep(ends: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!ends.aborted && this.isLeader()) {
      const deadline = new AbortController();
      const timer = clock.after(this.#leftMs(), () => deadline.abort(new Error("the renew deadline has passed")));
      const limit = AbortSignal.any([ends, deadline.signal]);
      await this.#pause(limit);
      if (!limit.aborted) await this.#turn(limit);
      timer.cancel();
    }
  }

  /** One look at everybody and one renewal. A failure of the server counts as nothing seen. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { leases, joint } = this.#options;
    try {
      const [listed] = await Promise.all([leases.list(signal), this.#unlessLapsed(() => joint.hold(signal))]);
      this.#noteLapse();
      this.#look(listed);
      // Without the Lease of all there are no members, and theirs may be about to be removed.
      if (joint.heldMs === -Infinity) return;
      await this.#renew(signal);
      await this.#removeDead(listed, signal);
      this.#isFailing = false;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof KubeError)) throw error;
      if (!this.#isFailing) this.#options.onError?.(error);
      this.#isFailing = true;
    }
  }

  /** A renewal that comes too late does not bring a term back. */
  async #unlessLapsed(renew: () => Promise<void>): Promise<void> {
    this.#noteLapse();
    const leftMs = this.#leftMs();
    const sentMs = this.#monotonicMs();
    await renew();
    if (this.#isInTerm && this.#monotonicMs() - sentMs >= leftMs) this.#hasLapsed = true;
  }

  #noteLapse(): void {
    if (this.#isInTerm && this.#leftMs() <= 0) this.#hasLapsed = true;
  }

  #look(listed: readonly ListedLease[]): void {
    const { identity } = this.#options;
    const nowMs = this.#monotonicMs();
    this.#view = look(this.#view, listed, nowMs);
    this.#version = listed.find((one) => one.identity === identity)?.version;
    const standing = stand(this.#standing, this.#view, identity, this.#writtenVersion, nowMs);
    // What was agreed on outside of a term, or in one that has lapsed, may have been taken over by others since.
    this.#take(this.#isInTerm && !this.#hasLapsed ? standing : { ...NOTHING, wanted: standing.wanted });
  }

  #take(standing: Standing): void {
    const isSame = JSON.stringify(standing) === JSON.stringify(this.#standing);
    this.#standing = standing;
    if (!isSame) this.#options.onStanding(standing);
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { leases, name, identity, hasLetGo } = this.#options;
    if (hasLetGo()) this.#published = hashOf(this.#standing.wanted);
    const own = { name, identity, leaseMs: this.#timing.leaseMs, setHash: this.#published, isReleased: false };
    await this.#unlessLapsed(async () => {
      const sentMs = this.#monotonicMs();
      this.#writtenVersion = undefined;
      const written = await leases.write(own, this.#version, signal);
      if (written === undefined) return;
      this.#version = written;
      this.#writtenVersion = written;
      this.#renewedMs = sentMs;
    });
  }

  /** Leases that have been over for as long again, so that all have seen it. */
  async #removeDead(listed: readonly ListedLease[], signal: AbortSignal): Promise<void> {
    const nowMs = this.#monotonicMs();
    for (const { identity, name, version } of listed) {
      const sighting = this.#view.get(identity);
      if (identity === this.#options.identity || sighting === undefined) continue;
      const seenForMs = nowMs - sighting.sinceMs;
      if (isOver(sighting, nowMs) && seenForMs >= sighting.leaseMs + this.#timing.leaseMs) await this.#options.leases.remove(name, version, signal);
    }
  }

  /** Lets the others take over at once. Nothing is lost if it fails: the lease then runs out. */
  async #release(): Promise<void> {
    if (this.#version === undefined) return;
    const { leases, name, identity } = this.#options;
    const own = { name, identity, leaseMs: this.#timing.leaseMs, setHash: "", isReleased: true };
    try {
      await leases.write(own, this.#version, new AbortController().signal);
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { clock, random, hasLetGo } = this.#options;
    const isSettled = this.#standing.isAgreed && hasLetGo() && this.isLeader();
    const pauseMs = (isSettled ? this.#timing.retryMs : Math.min(UNSETTLED_RETRY_MS, this.#timing.retryMs)) * (1 + JITTER * random());
    await clock.delay(pauseMs, signal).catch(() => undefined);
  }
}
