// The operator's one Lease, held by all members together: so that a replica that leads alone, or `release`, and members never act at the same time.
// Invariant: a member counts it as held only from a moment after which it was renewed, so it stops before anybody else may take the Lease.
import type { Clock } from "../../clock.ts";
import type { LeaseName, LeaseRecord, Leases, StoredLease } from "../lease.ts";

/** Who holds the Lease while its members do. */
export const JOINT_HOLDER = "predictive-scaler-members";

export interface JointLease {
  /** Looks, and takes or renews where that is due. Throws KubeError. */
  hold(signal: AbortSignal): Promise<void>;
  /** The Lease was renewed at this moment or later, on the monotonic clock; -Infinity if it is somebody else's. */
  readonly heldMs: number;
}

export interface JointLeaseOptions {
  readonly leases: Leases;
  readonly lease: LeaseName;
  readonly clock: Pick<Clock, "nowMs">;
  readonly timing: { readonly leaseMs: number; readonly retryMs: number };
  readonly monotonicMs: () => number;
  /** Called when the holder changes. */
  readonly onHolder?: (identity: string) => void;
}

export function createJointLease(options: JointLeaseOptions): JointLease {
  return new Joint(options);
}

class Joint implements JointLease {
  heldMs = -Infinity;
  readonly #options: JointLeaseOptions;
  #seen: StoredLease | undefined;
  /** When it first looked as it does, and when the look before this one was asked for. */
  #seenMs = -Infinity;
  #askedMs: number | undefined;
  #holder = "";

  constructor(options: JointLeaseOptions) {
    this.#options = options;
  }

  async hold(signal: AbortSignal): Promise<void> {
    const { leases, lease, timing, monotonicMs } = this.#options;
    const askedMs = monotonicMs();
    const found = await leases.read(lease, signal);
    this.#see(found, askedMs);
    if (this.#isOthers() && !this.#isExpired()) {
      this.heldMs = -Infinity;
      return;
    }
    if (askedMs - this.heldMs < timing.retryMs) return;
    const sentMs = monotonicMs();
    const written = await leases.write(lease, this.#record(), found?.resourceVersion, signal);
    // Somebody was faster: the next look tells who. Another member's renewal serves all.
    if (written === undefined) return;
    this.#see(written, sentMs);
    this.heldMs = sentMs;
  }

  #see(found: StoredLease | undefined, askedMs: number): void {
    const isChanged = found?.resourceVersion !== this.#seen?.resourceVersion;
    const holder = found?.record.holderIdentity ?? "";
    if (isChanged) {
      // Another member has renewed it since the look before.
      if (holder === JOINT_HOLDER && this.#askedMs !== undefined) this.heldMs = Math.max(this.heldMs, this.#askedMs);
      this.#seenMs = this.#options.monotonicMs();
    }
    this.#askedMs = askedMs;
    this.#seen = found;
    if (holder === this.#holder) return;
    this.#holder = holder;
    if (holder !== "") this.#options.onHolder?.(holder);
  }

  #isOthers(): boolean {
    const holder = this.#seen?.record.holderIdentity ?? "";
    return holder !== "" && holder !== JOINT_HOLDER;
  }

  /** By our own observation only. */
  #isExpired(): boolean {
    return this.#options.monotonicMs() - this.#seenMs >= 1000 * (this.#seen?.record.leaseDurationSeconds ?? 0);
  }

  #record(): LeaseRecord {
    const nowMs = this.#options.clock.nowMs();
    const before = this.#seen?.record;
    const isOwn = before?.holderIdentity === JOINT_HOLDER;
    return {
      holderIdentity: JOINT_HOLDER,
      leaseDurationSeconds: Math.ceil(this.#options.timing.leaseMs / 1000),
      acquireTimeMs: isOwn && Number.isFinite(before.acquireTimeMs) ? before.acquireTimeMs : nowMs,
      renewTimeMs: nowMs,
      leaseTransitions: isOwn || before === undefined ? (before?.leaseTransitions ?? 0) : before.leaseTransitions + 1,
    };
  }
}
