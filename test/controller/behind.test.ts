// A pass that takes so long that what it saw is old when it decides: nothing is lowered on that, whatever held the pass up.
import { expect, test } from "vitest";
import { startOperator } from "./operator.ts";
import { MINUTE_MS } from "./world.ts";

test("what was seen too long ago lowers nothing; the next pass, which looks again, does", async () => {
  const operator = await startOperator({ value: () => 200, replicas: 30 });
  try {
    await operator.start();
    await operator.passes(9 * MINUTE_MS);
    expect(await operator.replicas()).toBe(30);
    await operator.clock.advance(6 * MINUTE_MS);
    const stored = await operator.scaler();
    // The pass has read the clock and waits for its answers when half an hour goes by.
    const slow = operator.pass(stored);
    await operator.clock.advance(30 * MINUTE_MS);
    await slow;
    expect(await operator.replicas()).toBe(30);
    expect(operator.memory()?.lastDecision).toMatchObject({ kind: "hold", reason: "MetricMissing" });
    expect(operator.memory()?.lastDecision?.message).toContain("the operator is behind");
    await operator.passes(30 * MINUTE_MS);
    expect(await operator.replicas()).toBeLessThan(10);
  } finally {
    await operator.close();
  }
});
