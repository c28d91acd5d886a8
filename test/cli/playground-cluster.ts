// A playground API server for commands, as their users have a cluster: by a kubeconfig.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock } from "../../src/clock.ts";
import { startPlaygroundKubernetes } from "../../src/playground/index.ts";

export interface PlaygroundCluster {
  /** Its own; it goes with the cluster. */
  readonly folder: string;
  /** A path. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

export async function startPlaygroundCluster(): Promise<PlaygroundCluster> {
  const kubernetes = await startPlaygroundKubernetes({ clock: createManualClock(1_800_000_000_000), readyDelayMs: 0 });
  const folder = mkdtempSync(join(tmpdir(), "playground-"));
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, kubernetes.kubeconfig);
  return {
    folder,
    kubeconfig,
    async close() {
      await kubernetes.close();
      rmSync(folder, { recursive: true });
    },
  };
}
