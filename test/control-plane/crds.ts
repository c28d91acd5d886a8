// Kinds that were applied just now: waiting until the API server really serves them.
import { waitFor } from "../cluster/wait-for.ts";
import type { Kubectl } from "./kubectl.ts";

/** The product's own. */
export const SCALER_CRD = "predictivescalers.predictivescaler.io";

const DEADLINE_MS = 60_000;

/**
 * Resolves when each of the CRDs `names` (`plural.group`) is established and found by discovery, so that objects of it can be applied and watched.
 * Throws what kubectl said last when that is not so in time.
 */
export async function untilServed(kubectl: Kubectl, ...names: readonly string[]): Promise<void> {
  await waitFor(`${names.join(", ")}: served`, DEADLINE_MS, async () => {
    // A CRD that has no condition at all yet is an error to kubectl wait.
    await kubectl("wait", "--for=condition=Established", "crd", ...names, "--timeout=20s");
    // Discovery lists it a little later than it is established.
    await kubectl("get", names.join(","), "--all-namespaces", "--output=name");
  });
}
