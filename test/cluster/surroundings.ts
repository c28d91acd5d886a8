// What the lane's global setup hands to the tests, and the `describe` that is skipped where there is no control plane.
import { describe, inject } from "vitest";
import { createKubectl } from "../control-plane/kubectl.ts";
import type { Kubectl } from "../control-plane/kubectl.ts";
import type { Binaries } from "../control-plane/provision.ts";

export interface Surroundings {
  readonly binaries: Binaries;
  /** Of a cluster administrator. */
  readonly kubeconfig: string;
  readonly server: string;
  readonly folder: string;
  readonly prometheusUrl: string;
  /** First live day, unix ms: see demand.ts. */
  readonly liveDayMs: number;
}

declare module "vitest" {
  interface ProvidedContext {
    surroundings: Surroundings | undefined;
  }
}

/** Skipped where the global setup found no binaries; it has said so in one line. */
export const describeCluster = inject("surroundings") === undefined ? describe.skip : describe;

/** The surroundings, and kubectl as an administrator. Empty where the tests are skipped: bodies of skipped suites run all the same. */
export function surroundings(): Surroundings & { readonly kubectl: Kubectl } {
  const given = inject("surroundings");
  if (given === undefined) return {} as Surroundings & { readonly kubectl: Kubectl };
  return { ...given, kubectl: createKubectl(given.binaries.kubectl, given.kubeconfig) };
}
