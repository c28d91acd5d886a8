// Registers an aggregated API, one at a time a group and version: test files that run side by side on one cluster wait for each other.
import type { Kubectl } from "./kubectl.ts";

export interface ApiServiceSpec {
  readonly group: string;
  readonly version: string;
  readonly service: { readonly name: string; readonly namespace: string; readonly port: number };
}

/** Longer than any test file keeps one. */
const DEADLINE_MS = 110_000;
const POLL_MS = 500;

/** Creates the APIService, after whoever has it has deleted it. Its certificate is not looked at. */
export async function registerApi(kubectl: Kubectl, { group, version, service }: ApiServiceSpec): Promise<void> {
  const object = {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: `${version}.${group}` },
    spec: { group, version, service, insecureSkipTLSVerify: true, groupPriorityMinimum: 100, versionPriority: 100 },
  };
  const endMs = Date.now() + DEADLINE_MS;
  for (;;) {
    const { code, stderr } = await kubectl.said(["create", "-f", "-"], JSON.stringify(object));
    if (code === 0) return;
    if (!stderr.includes("AlreadyExists") || Date.now() > endMs) throw new Error(`The API ${version}.${group} cannot be registered: ${stderr}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
