// Two operators on one API server: one leads, and whatever happens to it the other takes over without both ever writing.
// The lease lives in wall-clock time, so this test takes what leases take.
import { afterAll, beforeAll, expect, test } from "vitest";
import { HOUR_MS } from "./demand.ts";
import { deployment, namespaceOf, scaler } from "./manifests.ts";
import type { ShownScaler } from "./manifests.ts";
import { operatorKubeconfig } from "./operator-account.ts";
import { startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { describeCluster, surroundings } from "./surroundings.ts";
import { waitFor } from "./wait-for.ts";

const NS = "leaders";
const ACCOUNT = "leaders-operator";
/** A lease of 15 s, a retry of up to 4.4 s, and a slow machine. */
const TAKEOVER_MS = 40_000;

interface Lease {
  readonly spec: { readonly holderIdentity: string; readonly leaseTransitions: number };
}

describeCluster("leader election", () => {
  const { kubectl, prometheusUrl, liveDayMs, folder } = surroundings();
  const running: Operator[] = [];
  let startOne: () => Promise<Operator>;
  const lease = () => kubectl.get<Lease>("lease", "predictive-scaler", "--namespace", ACCOUNT);
  const decidedMs = async () => Date.parse((await kubectl.get<ShownScaler>("psc", "web", "--namespace", NS)).status?.decision?.time ?? "");
  const said = (operator: Operator, text: string) => operator.lines().filter(({ msg }) => msg === text).length;
  const isLeading = async (operator: Operator) => /^predictive_scaler_leader 1$/m.test(await (await fetch(`${operator.metricsUrl}/metrics`)).text());

  beforeAll(async () => {
    await kubectl.apply(namespaceOf(NS));
    await kubectl.apply(deployment(NS, "web", 3));
    const kubeconfig = await operatorKubeconfig(kubectl, folder, ACCOUNT);
    startOne = async () => {
      const operator = await startOperator({ kubeconfig, prometheusUrl, namespaces: [NS], clockStartMs: liveDayMs + 7 * HOUR_MS, clockRate: 60 });
      running.push(operator);
      return operator;
    };
  });
  afterAll(async () => {
    for (const operator of running) {
      operator.kill("SIGCONT");
      await operator.stop();
    }
  });

  test("one leads; stopped, killed or gone in peace, the other takes over and the first writes no more", async () => {
    const first = await startOne();
    await waitFor("the first leads", TAKEOVER_MS, async () => expect(await isLeading(first)).toBe(true));
    const second = await startOne();
    await kubectl.apply(scaler(NS, "web", { service: "morning" }));
    await waitFor("a decision", TAKEOVER_MS, async () => expect(await decidedMs()).toBeGreaterThan(0));
    expect(await isLeading(second)).toBe(false);
    expect(said(second, "leading")).toBe(0);

    // Stopped past its lease: the other leads, and the first finds out before it writes.
    first.kill("SIGSTOP");
    await waitFor("the second leads", TAKEOVER_MS, async () => expect(await isLeading(second)).toBe(true));
    const transitions = (await lease()).spec.leaseTransitions;
    const takenMs = second.nowMs();
    const linesBefore = first.lines().length;
    first.kill("SIGCONT");
    await waitFor("the first is no leader", TAKEOVER_MS, async () => expect(await isLeading(first)).toBe(false));
    await waitFor("the second decides", TAKEOVER_MS, async () => expect(await decidedMs()).toBeGreaterThan(takenMs));
    expect((await lease()).spec.leaseTransitions).toBe(transitions);
    expect(first.lines().slice(linesBefore).filter((line) => "trace" in line)).toEqual([]);
    expect(first.exitCode()).toBeUndefined();

    // Killed in the middle of its work.
    second.kill("SIGKILL");
    await waitFor("the first leads again", TAKEOVER_MS, async () => expect(await isLeading(first)).toBe(true));

    // Gone in peace: the lease is given up, so the next needs no 15 s.
    const third = await startOne();
    await waitFor("the third waits", TAKEOVER_MS, async () => expect(said(third, "another replica holds the lease")).toBe(1));
    const beganMs = Date.now();
    expect(await first.stop()).toBe(0);
    await waitFor("the third leads", TAKEOVER_MS, async () => expect(await isLeading(third)).toBe(true));
    expect(Date.now() - beganMs).toBeLessThan(12_000);
  });
});
