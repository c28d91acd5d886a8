// Prints the totals of a run as one last line: `N passed, N failed` (and `, N skipped` where there are any).
import type { Reporter, TestModule } from "vitest/node";

export class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[], reason: "passed" | "failed" | "interrupted"): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      let own = 0;
      for (const test of module.children.allTests()) {
        own++;
        const { state } = test.result();
        if (state === "passed" || state === "failed" || state === "skipped") counts[state]++;
        else counts.failed++;
      }
      // A file that could not even be loaded is a failure of its own.
      if (own === 0 || module.errors().length > 0) counts.failed++;
    }
    counts.failed += errors.length;
    // What failed before any test began, such as a cluster that cannot be had, is a failure too.
    if (counts.failed === 0 && reason !== "passed") counts.failed++;
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    process.on("exit", () => process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`));
  }
}
