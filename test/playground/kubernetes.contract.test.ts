// The playground's API server behaves as the real one, as far as the operator relies on it.
import { createClock } from "../../src/clock.ts";
import { startPlaygroundKubernetes } from "../../src/playground/kubernetes/index.ts";
import { kubeContract } from "../kube/contract.ts";

kubeContract("the playground's API server", async () => {
  const server = await startPlaygroundKubernetes({ clock: createClock(), readyDelayMs: 3_600_000 });
  return {
    server: server.url,
    expireVersions: async () => server.expireVersions(),
    close: () => server.close(),
  };
});
