// The lease taken from whoever holds it, for long enough that nobody starts again while the operator is taken away.
import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { KubeError } from "../../kube/index.ts";
import type { LeaseName, Leases } from "../../kube/index.ts";

/** `from`: who held it, "" if nobody did. */
export type Taken = { readonly kind: "none" } | { readonly kind: "taken"; readonly from: string };

/** Longer than an uninstallation takes, s; the operator goes on after it if it is still there. */
const HOLD_SECONDS = 300;
/** Its holder renews every 2 s: to lose so many races is no chance. */
const TRIES = 10;

/** Throws KubeError. */
export async function takeLease(leases: Leases, lease: LeaseName, clock: Clock, signal: AbortSignal): Promise<Taken> {
  for (let tries = 0; tries < TRIES; tries++) {
    const found = await leases.read(lease, signal);
    if (found === undefined) return { kind: "none" };
    const nowMs = clock.nowMs();
    const record = {
      holderIdentity: `release_${randomUUID()}`,
      leaseDurationSeconds: HOLD_SECONDS,
      acquireTimeMs: nowMs,
      renewTimeMs: nowMs,
      leaseTransitions: found.record.leaseTransitions + 1,
    };
    if ((await leases.write(lease, record, found.resourceVersion, signal)) !== undefined) return { kind: "taken", from: found.record.holderIdentity };
  }
  const message = `The lease ${lease.namespace}/${lease.name} changed each of ${TRIES} times that it was to be taken.`;
  throw new KubeError(message, { reason: "Conflict", retry: "backoff", hint: "Run it again." });
}
