// Who may write: the holder of the Lease, every member with a Lease of its own (sharding), or the only process there is.
// Invariant: a process that leads alone and members never write at the same time: members hold the leader's Lease together.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { monotonicMs } from "../../clock.ts";
import type { Clock } from "../../clock.ts";
import { createJointLease, createLeaderElection, createLeases, createMemberLeases, createMembership, LEASE_TIMING, memberLeaseName } from "../../kube/index.ts";
import type { KubeConnection, KubeError, LeaderElection, MemberStanding } from "../../kube/index.ts";
import type { Log } from "../../telemetry/index.ts";
import type { RunOptions } from "./options.ts";

/** The Lease that makes one of several replicas the leader. */
export const LEASE_NAME = "predictive-scaler";
/** One call about the lease takes at most half the renew deadline, ms: there is time for another. */
export const LEASE_CALL_MS = 5_000;

export interface ElectionParts {
  readonly connection: KubeConnection;
  /** Leases live in wall-clock time. */
  readonly clock: Clock;
  readonly log: Log;
  readonly onStanding: (standing: MemberStanding) => void;
  readonly hasLetGo: () => boolean;
}

/** Unique to this process. */
export function identityOf(): string {
  return `${hostname()}_${randomUUID()}`;
}

/** The election that the options ask for, or one that is won for good. */
export function electionFor(options: RunOptions, identity: string, parts: ElectionParts): LeaderElection {
  if (!options.leaderElect) return { isLeader: () => true, run: (lead, signal) => lead(signal) };
  const { connection, clock, log } = parts;
  const lease = { namespace: options.leaderElectNamespace ?? connection.namespace, name: LEASE_NAME };
  const leases = createLeases(connection, LEASE_CALL_MS);
  const onError = (error: KubeError) => log.warn({ reason: error.reason }, `The lease: ${error.sentence}`);
  log.info({ identity, lease: `${lease.namespace}/${lease.name}` }, options.sharding === true ? "joining the members" : "competing for the lease");
  if (options.sharding !== true) {
    const onHolder = (holder: string) => log.info({ holder }, holder === identity ? "holding the lease" : "another replica holds the lease");
    return createLeaderElection({ leases, clock, lease, identity, random: Math.random, onHolder, onError });
  }
  const onHolder = (holder: string) => log.info({ holder }, "the lease of all members has a holder");
  return createMembership({
    leases: createMemberLeases({ connection, clock, namespace: lease.namespace, timeoutMs: LEASE_CALL_MS }),
    joint: createJointLease({ leases, lease, clock, timing: LEASE_TIMING, monotonicMs, onHolder }),
    clock,
    identity,
    name: memberLeaseName(),
    random: Math.random,
    onStanding(standing) {
      log.info({ members: standing.wanted, agreed: standing.isAgreed }, standing.isAgreed ? "all members agree" : "the members have changed");
      parts.onStanding(standing);
    },
    hasLetGo: parts.hasLetGo,
    onError,
  });
}
