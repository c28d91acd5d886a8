// Random faults under many scalers: nothing is lost, ends settled. The seed is in the title, and draws the same faults again.
// PREDICTIVE_SCALER_TEST_RANDOM_FAULTS says for how long, e.g. 10m; from then on it is measured for docs/reliability.md.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { earlyFall, HOUR_MS, MINUTE_MS, morningPeak } from "../cluster/demand.ts";
import { deployment, namespaceOf, scaler } from "../cluster/manifests.ts";
import type { ShownDeployment } from "../cluster/manifests.ts";
import { operatorKubeconfig } from "../cluster/operator-account.ts";
import { startOperator } from "../cluster/operator.ts";
import { recordReplicas } from "../cluster/replica-record.ts";
import { describeCluster, surroundings } from "../cluster/surroundings.ts";
import { pause, waitFor } from "../cluster/wait-for.ts";
import { startCluster } from "../control-plane/cluster.ts";
import type { Cluster } from "../control-plane/cluster.ts";
import { createAll } from "../control-plane/create-all.ts";
import { applyCrd } from "../control-plane/global-setup.ts";
import { connect } from "../../src/kube/index.ts";
import type { KubeConnection } from "../../src/kube/index.ts";
import { startFaultProxy } from "./proxy.ts";
import type { FaultProxy } from "./proxy.ts";
import { drawFaults } from "./random-script.ts";
import { writeRandom } from "./table.ts";
import { kubeconfigBehind } from "./world.ts";
import type { SeenScaler } from "./world.ts";

const LENGTH = process.env["PREDICTIVE_SCALER_TEST_RANDOM_FAULTS"];
const SEED = Number(process.env["FAULT_SEED"] ?? 7);
const SCALERS = Number(process.env["PREDICTIVE_SCALER_TEST_RANDOM_SCALERS"] ?? 500);
/** What one replica serves here: few pods, so that they fit on the two nodes. */
const PER_REPLICA = 300;
const START_REPLICAS = { early: 4, morning: 1 };
/** Filled to 80 %, noise and rounding. */
const SLACK = 1;
/** Simulated seconds a second: 50 decisions a second. */
const RATE = 6;
const NS = "fault-random";
const LONG_MS = 600_000;
const SAMPLE_MS = 5_000;
/** 500 scalers at one-minute steps, on a machine that is busy. */
const ALL_MS = 300_000;
const MAX_RESIDENT_BYTES = 2 ** 30;
/** Between the second and the last quarter of the run. */
const GROWTH = 1.3;
const GROWTH_BYTES = 48 * 2 ** 20;

const DEMANDS = { early: earlyFall, morning: morningPeak };
const KINDS = ["early", "morning"] as const;
const TARGETS = Array.from({ length: SCALERS }, (_, i) => ({ kind: KINDS[i % 2] ?? "early", name: `${KINDS[i % 2]}-${i}` }));

/** `10m` or `90s` as ms. */
function lengthOf(text: string): number {
  const [, count, unit] = /^(\d+)([ms])$/.exec(text) ?? [];
  if (count === undefined) throw new Error(`PREDICTIVE_SCALER_TEST_RANDOM_FAULTS is "${text}"; expected minutes or seconds such as 10m or 90s.`);
  return Number(count) * (unit === "m" ? MINUTE_MS : 1000);
}

(LENGTH === undefined ? describeCluster.skip : describeCluster)(`random faults, seed ${SEED}, for ${LENGTH}`, () => {
  const { binaries, prometheusUrl, liveDayMs, folder } = surroundings();
  const closers: (() => unknown)[] = [];
  let cluster: Cluster;
  let reader: KubeConnection;
  let proxies: { readonly api: FaultProxy; readonly prometheus: FaultProxy };

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    closers.push(() => cluster.stop());
    await applyCrd(cluster);
    reader = connect({ kubeconfig: cluster.kubeconfig });
    const file = (name: string) => readFileSync(join(cluster.folder, "certs", name), "utf8");
    const tls = { cert: file("apiserver.crt"), key: file("apiserver.key") };
    proxies = { api: await startFaultProxy({ target: cluster.server, tls, seed: SEED }), prometheus: await startFaultProxy({ target: prometheusUrl, seed: SEED + 1 }) };
    closers.push(() => reader.close(), () => proxies.api.close(), () => proxies.prometheus.close());
    await cluster.kubectl.apply(namespaceOf(NS));
    await createAll(cluster.kubeconfig, TARGETS.map(({ name, kind }) => deployment(NS, name, START_REPLICAS[kind])));
    await createAll(cluster.kubeconfig, TARGETS.map(({ name, kind }) => {
      const metric = { query: `sum(demand{service="${kind}",of!="${name}"})`, targetPerReplica: String(PER_REPLICA) };
      return scaler(NS, name, { spec: { metric, forecast: { history: "2d" } } });
    }));
  }, ALL_MS);
  afterAll(async () => {
    for (const close of closers.toReversed()) await close();
  });

  const all = async <T>(path: string) => ((await reader.request({ method: "GET", path })) as { items: readonly T[] }).items;
  /** All scalers were decided on after `sinceMs`. */
  const allDecided = (what: string, sinceMs: number) =>
    waitFor(what, ALL_MS, async () => {
      const scalers = await all<SeenScaler>(`/apis/predictivescaler.io/v1alpha1/namespaces/${NS}/predictivescalers`);
      expect(scalers).toHaveLength(SCALERS);
      const late = scalers.filter(({ status }) => !(Date.parse(status?.decision?.time ?? "") > sinceMs));
      if (late.length > 0) throw new Error(`${late.length} are not, such as ${JSON.stringify(late[0])}`);
    });

  /** What these scalers say of themselves, each sentence with how many say it. */
  const said = async (names: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const { metadata, status } of await all<SeenScaler>(`/apis/predictivescaler.io/v1alpha1/namespaces/${NS}/predictivescalers`)) {
      if (!names.includes(metadata.name)) continue;
      const unwell = (status?.conditions ?? []).filter((one) => one.status === "False").map(({ type, reason, message }) => `${type} ${reason} ${message}`);
      const text = [status?.decision?.reason, status?.decision?.message, ...unwell].join("; ").replaceAll(metadata.name, "NAME").replaceAll(/\d+/g, "N");
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    return [...counts].map(([text, count]) => `${count} say: ${text}`).join("\n");
  };

  test("nothing is lost, and ends settle", { timeout: LONG_MS * 4 }, async () => {
    const lengthMs = lengthOf(LENGTH ?? "");
    const kubeconfig = await kubeconfigBehind(await operatorKubeconfig(cluster.kubectl, folder, "random-operator"), proxies.api.url);
    const startMs = liveDayMs + 7 * HOUR_MS;
    const operator = await startOperator({ kubeconfig, prometheusUrl: proxies.prometheus.url, clockStartMs: startMs, clockRate: RATE });
    closers.push(() => operator.stop());
    const nowMs = () => operator.nowMs();
    const record = recordReplicas(binaries.kubectl, cluster.kubectl, NS, nowMs);
    closers.push(() => record.stop());
    await allDecided("all are decided on before the faults", startMs);

    const resident: number[] = [];
    const sampling = new AbortController();
    const sampled = sampleMemory(operator.metricsUrl, resident, sampling.signal);
    const script = drawFaults(SEED, lengthMs);
    const beganMs = performance.now();
    const lifted: Promise<void>[] = [];
    for (const { afterMs, lastsMs, inject } of script) {
      await pause(afterMs);
      const lift = inject(proxies);
      lifted.push(pause(lastsMs).then(lift));
    }
    await Promise.all(lifted);
    await pause(lengthMs - (performance.now() - beganMs));
    const endedMs = nowMs();
    const endedWallMs = performance.now();
    await allDecided("all are decided on again", endedMs);
    const wellAgainSeconds = Math.round((performance.now() - endedWallMs) / 100) / 10;

    await waitFor("the right numbers of replicas", ALL_MS, async () => {
      const deployments = await all<ShownDeployment & { metadata: { name: string } }>(`/apis/apps/v1/namespaces/${NS}/deployments`);
      const found = new Map(deployments.map(({ metadata, spec }) => [metadata.name, spec.replicas]));
      const needed = { early: neededAt("early", nowMs()), morning: neededAt("morning", nowMs()) };
      const isRight = (kind: keyof typeof DEMANDS, replicas = 0) => replicas >= needed[kind] && (kind !== "early" || replicas <= needed[kind] + SLACK);
      const wrong = TARGETS.filter(({ name, kind }) => !isRight(kind, found.get(name)));
      if (wrong.length > 0) throw new Error(`${wrong.length} are wrong, such as ${wrong[0]?.name} with ${found.get(wrong[0]?.name ?? "")}; needed ${JSON.stringify(needed)}. ${await said(wrong.map(({ name }) => name))}`);
    });
    sampling.abort();
    await sampled;
    for (const { name, kind } of TARGETS) {
      const changes = record.of(name);
      const tooLow = changes.filter(({ atMs, replicas }, i) => replicas < (changes[i - 1]?.replicas ?? 0) && replicas < neededAt(kind, atMs));
      expect({ name, tooLow }).toEqual({ name, tooLow: [] });
    }
    expect(operator.exitCode()).toBeUndefined();
    expect(operator.lines().filter(({ reason, msg }) => reason === "InternalError" || /unhandled/i.test(msg))).toEqual([]);
    const quarter = Math.floor(resident.length / 4);
    const [second, last] = [median(resident.slice(quarter, 2 * quarter)), median(resident.slice(-quarter))];
    expect(Math.max(...resident)).toBeLessThan(MAX_RESIDENT_BYTES);
    expect(last).toBeLessThan(second * GROWTH + GROWTH_BYTES);
    if (lengthMs >= LONG_MS && SCALERS >= 500)
      writeRandom({ minutes: lengthMs / MINUTE_MS, scalers: SCALERS, seed: SEED, faults: script.length, wellAgainSeconds, residentMb: Math.round(last / 2 ** 20) });
  });
});

const neededAt = (kind: keyof typeof DEMANDS, ms: number) => Math.ceil(DEMANDS[kind](ms) / PER_REPLICA);

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** The operator's resident memory, until the signal fires. */
async function sampleMemory(metricsUrl: string, into: number[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const text = await (await fetch(`${metricsUrl}/metrics`)).text();
    into.push(Number(/^\S*process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]));
    await pause(SAMPLE_MS);
  }
}
