// The runner's lanes: `unit` needs nothing installed, `image` needs buildah, `cluster` needs the real control plane.
import { defineConfig } from "vitest/config";
import { TotalsReporter } from "./test/totals-reporter.ts";

export default defineConfig({
  test: {
    passWithNoTests: false,
    reporters: ["default", new TotalsReporter()],
    coverage: { provider: "v8", include: ["src/**/*.ts"], reporter: ["text-summary"] },
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/control-plane/**", "test/cluster/**", "test/bench/**", "test/image/**", "test/faults/**"],
          setupFiles: ["test/seeded.ts"],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          globalSetup: ["test/control-plane/global-setup.ts"],
          fileParallelism: false,
          maxConcurrency: 5,
          // A busy machine gets more time; a run on a quiet one takes 10 minutes.
          testTimeout: 1_200_000,
          hookTimeout: 300_000,
        },
      },
      { test: { name: "image", include: ["test/image/**/*.test.ts"], fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 } },
      {
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          globalSetup: ["test/control-plane/global-setup.ts"],
          // Much of it waits for clocks of the servers. Each operator watches the namespaces of its own file, or has a cluster of its own.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
