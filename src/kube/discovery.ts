// Which resource an apiVersion and kind stand for, and whether it has /scale; asked of the server and kept for a while.
import type { Clock } from "../clock.ts";
import { KubeError } from "./failure.ts";
import type { KubeConnection } from "./kube.ts";

/** A CRD may be replaced: what was found is asked for again after so long, ms. */
const FOUND_MAX_AGE_MS = 10 * 60_000;
/** What was not found may just have been installed, ms. */
const MISSING_MAX_AGE_MS = 30_000;
/** Group versions that are kept: far more than targets ever name. */
const GROUPS_MAX = 64;

export interface Resource {
  readonly plural: string;
  readonly isNamespaced: boolean;
  readonly hasScale: boolean;
}

export interface Discovery {
  /** undefined when the server knows no such kind. Throws KubeError when the server cannot be asked. */
  find(apiVersion: string, kind: string): Promise<Resource | undefined>;
}

export function createDiscovery({ connection, clock }: { readonly connection: KubeConnection; readonly clock: Pick<Clock, "nowMs"> }): Discovery {
  const groups = new Map<string, { readonly atMs: number; readonly kinds: Promise<ReadonlyMap<string, Resource>> }>();
  const ask = (apiVersion: string) => {
    const kinds = readKinds(connection, apiVersion);
    groups.delete(apiVersion);
    groups.set(apiVersion, { atMs: clock.nowMs(), kinds });
    kinds.catch(() => groups.delete(apiVersion));
    for (const oldest of groups.keys()) if (groups.size > GROUPS_MAX) groups.delete(oldest);
    return kinds;
  };
  return {
    async find(apiVersion, kind) {
      const kept = groups.get(apiVersion);
      const ageMs = kept === undefined ? Infinity : clock.nowMs() - kept.atMs;
      if (kept === undefined || ageMs > FOUND_MAX_AGE_MS) return (await ask(apiVersion)).get(kind);
      const found = (await kept.kinds).get(kind);
      if (found?.hasScale || ageMs <= MISSING_MAX_AGE_MS) return found;
      return (await ask(apiVersion)).get(kind);
    },
  };
}

/** The path of a group version: `v1` is the core group. */
export function groupPath(apiVersion: string): string {
  const parts = apiVersion.split("/").map(encodeURIComponent);
  return parts.length === 1 ? `/api/${parts[0]}` : `/apis/${parts.join("/")}`;
}

async function readKinds(connection: KubeConnection, apiVersion: string): Promise<ReadonlyMap<string, Resource>> {
  let body: unknown;
  try {
    body = await connection.request({ method: "GET", path: groupPath(apiVersion) });
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return new Map();
    throw error;
  }
  const { resources = [] } = body as { resources?: readonly { name: string; kind: string; namespaced: boolean }[] };
  const names = new Set(resources.map((resource) => resource.name));
  const kinds = new Map<string, Resource>();
  for (const { name, kind, namespaced } of resources)
    if (!name.includes("/")) kinds.set(kind, { plural: name, isNamespaced: namespaced, hasScale: names.has(`${name}/scale`) });
  return kinds;
}
