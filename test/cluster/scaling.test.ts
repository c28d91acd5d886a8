// The main job on real servers: one operator over one accelerated morning, many scalers. Demand rises from 08:00 (`morning`) or falls at 07:20 (`early`).
// The tests run in order along that morning; each waits for the moment that it is about.
import { afterAll, beforeAll, expect, test } from "vitest";
import { earlyFall, HOUR_MS, MINUTE_MS, morningPeak, PER_REPLICA } from "./demand.ts";
import { conditionOf, deployment, namespaceOf, scaler } from "./manifests.ts";
import type { ShownDeployment, ShownScaler } from "./manifests.ts";
import { operatorKubeconfig } from "./operator-account.ts";
import { startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { recordReplicas } from "./replica-record.ts";
import type { ReplicaRecord } from "./replica-record.ts";
import { describeCluster, surroundings } from "./surroundings.ts";
import { waitFor } from "./wait-for.ts";

const NS = "morning-shop";
const RATE = 120;
const POD_READY_MS = 10 * MINUTE_MS;
/** From asking for the capacity of the peak to demand first needing it. */
const MIN_LEAD_MS = 15 * MINUTE_MS;
/** More than the busy night needs even before there is a forecast (filled to 80 %): raised by nobody, lowered by whoever sees the fall. */
const START_REPLICAS = 16;
const SOON_MS = 60_000;

describeCluster("a morning with one operator", () => {
  const { binaries, folder, prometheusUrl, liveDayMs, kubectl } = surroundings();
  const clock = (hour: number, minute = 0) => liveDayMs + hour * HOUR_MS + minute * MINUTE_MS;
  let operator: Operator;
  let record: ReplicaRecord;
  let deletedMs = 0;
  /** What the busy night needs, and the day does not. */
  const nightReplicas = Math.ceil(earlyFall(clock(7)) / PER_REPLICA);

  const shown = (name: string) => kubectl.get<ShownScaler>("psc", name, "--namespace", NS);
  const replicasOf = async (name: string) => (await kubectl.get<ShownDeployment>("deployment", name, "--namespace", NS)).spec.replicas;
  const seen = (name: string, type: string, wanted: object) =>
    waitFor(`${name}: ${type}`, SOON_MS, async () => {
      const condition = conditionOf(await shown(name), type);
      expect(condition).toMatchObject(wanted);
      return condition;
    });

  beforeAll(async () => {
    await kubectl.apply(namespaceOf(NS));
    const ready = POD_READY_MS / RATE;
    const idle = ["syntax", "several", "none", "not-a-number", "young", "week"];
    await kubectl.apply(
      ...["morning", "recommend"].map((name) => deployment(NS, name, 3, ready)),
      ...["early", "scale-out", "vanishing", "deleted"].map((name) => deployment(NS, name, START_REPLICAS, ready)),
      ...idle.map((name) => deployment(NS, name, 5)),
      deployment(NS, "gone", 5),
      deployment(NS, "zero", 0),
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: NS } },
    );
    await waitFor("the Deployments are ready at the start", 60_000, async () => {
      for (const name of ["morning", "early", "scale-out", "vanishing", "deleted"])
        if (!((await kubectl.get<ShownDeployment>("deployment", name, "--namespace", NS)).status.readyReplicas ?? 0)) throw new Error(`${name} is not ready`);
    });
    const kubeconfig = await operatorKubeconfig(kubectl, folder, "operator-morning");
    operator = await startOperator({ kubeconfig, prometheusUrl, namespaces: [NS], clockStartMs: clock(6), clockRate: RATE });
    record = recordReplicas(binaries.kubectl, kubectl, NS, () => operator.nowMs());
    const service = (name: string, from: string, spec: Record<string, unknown> = {}) => scaler(NS, name, { service: from, spec });
    const query = (name: string, text: string) => scaler(NS, name, { query: text });
    await kubectl.apply(
      service("morning", "morning"),
      service("recommend", "morning", { mode: "Recommend" }),
      service("early", "early"),
      service("scale-out", "early", { mode: "ScaleOutOnly" }),
      service("vanishing", "vanishing"),
      service("deleted", "early"),
      service("gone", "early"),
      service("zero", "morning"),
      service("young", "young"),
      service("week", "week"),
      query("syntax", "sum(demand"),
      query("several", "demand"),
      query("none", 'sum(demand{service="nothing"})'),
      query("not-a-number", 'sum(demand{service="morning"}) * 0 / 0'),
      scaler(NS, "no-target", { service: "morning", target: { apiVersion: "apps/v1", kind: "Deployment", name: "nowhere" } }),
      scaler(NS, "no-scale", { service: "morning", target: { apiVersion: "v1", kind: "ConfigMap", name: "settings" } }),
    );
  });
  afterAll(async () => {
    record?.stop();
    await operator?.stop();
    await kubectl("delete", "namespace", NS, "--wait=false");
    await kubectl("delete", "psc", "--all", "--namespace", NS);
  });

  test("a scaler with history reaches Forecasting=True", async () => {
    for (const name of ["morning", "early", "scale-out", "deleted", "vanishing"])
      expect((await seen(name, "Forecasting", { status: "True", reason: "ModelFitted" })).message).toContain("seasons: day and week");
  });

  test("a scaler that is deleted leaves the replicas as they are", async () => {
    await kubectl("delete", "psc", "deleted", "--namespace", NS);
    deletedMs = operator.nowMs();
    expect(await replicasOf("deleted")).toBeGreaterThanOrEqual(nightReplicas);
    await expect(shown("deleted")).rejects.toThrow("not found");
  });

  test("a bad query has its own reason, and its Deployment stays as it is", async () => {
    const missing = async (name: string, reason: string) => (await seen(name, "MetricAvailable", { status: "False", reason })).message;
    expect(await missing("syntax", "QueryRejected")).toMatch(/parse error/);
    expect(await missing("several", "QueryAmbiguous")).toMatch(/\b5\b.*sum\(/s);
    expect(await missing("none", "NoData")).toMatch(/no series/);
    expect(await missing("not-a-number", "NoData")).toMatch(/NaN/);
    for (const name of ["syntax", "several", "none", "not-a-number"]) {
      const { reason } = conditionOf(await shown(name), "MetricAvailable");
      expect(conditionOf(await shown(name), "Forecasting")).toMatchObject({ status: "False", reason });
    }
    expect(await Promise.all(["syntax", "several", "none", "not-a-number"].map(replicasOf))).toEqual([5, 5, 5, 5]);
  });

  test("too little history is said: under a day there is no forecast, under two weeks no week season", async () => {
    await seen("young", "Forecasting", { status: "False", reason: "HistoryTooShort" });
    const week = await seen("week", "Forecasting", { status: "True", reason: "ModelFitted" });
    expect(week.message).toMatch(/no week season/);
  });

  test("a target that is missing, cannot be scaled or stands at 0 is left alone, and why is said", async () => {
    expect((await seen("no-target", "AbleToScale", { status: "False", reason: "TargetNotFound" })).message).toContain("nowhere");
    expect((await seen("no-scale", "AbleToScale", { status: "False", reason: "TargetNotScalable" })).message).toContain("/scale");
    await seen("zero", "AbleToScale", { status: "False", reason: "ScalingDisabled" });
    expect(await replicasOf("zero")).toBe(0);
  });

  test("a Deployment that is deleted is reported, and taken up again when it is back", async () => {
    await kubectl("delete", "deployment", "gone", "--namespace", NS);
    expect((await seen("gone", "AbleToScale", { status: "False", reason: "TargetNotFound" })).message).toContain("gone");
    await kubectl.apply(deployment(NS, "gone", START_REPLICAS));
    await seen("gone", "AbleToScale", { status: "True" });
  });

  test("kubectl get and describe show what is going on", async () => {
    const [head = "", ...rows] = (await kubectl("get", "psc", "--namespace", NS)).trimEnd().split("\n");
    expect(head.trim().split(/\s{2,}/)).toEqual(["NAME", "TARGET", "MODE", "MIN", "MAX", "REPLICAS", "DESIRED", "DEMAND", "AT LEAD", "ERROR", "READY", "AGE"]);
    expect(rows.find((row) => row.startsWith("morning "))).toMatch(/^morning +morning +Active +1 +40 +\d+ +\d+ +[\d.]+ +[\d.]+ .*True/);
    const described = await kubectl("describe", "psc", "morning", "--namespace", NS);
    for (const part of ["Conditions:", "Forecasting", "ModelFitted", "Decision:", "Trace:"]) expect(described).toContain(part);
  });

  test("a metric that vanishes before demand falls leaves the replicas as they are", async () => {
    await operator.until(clock(8, 5));
    const { message } = await seen("vanishing", "MetricAvailable", { status: "False", reason: "MetricStale" });
    expect(message).toMatch(/no sample for \d+ minutes/);
    expect(lowestSince("vanishing", clock(7))).toBeGreaterThanOrEqual(nightReplicas);
  });

  test("ScaleOutOnly never lowers where Active does", async () => {
    expect(await replicasOf("early")).toBeLessThan(START_REPLICAS);
    expect(await replicasOf("early")).toBeGreaterThanOrEqual(Math.ceil(earlyFall(clock(8)) / PER_REPLICA));
    expect(lowestSince("scale-out", clock(7))).toBe(START_REPLICAS);
    const { status } = await shown("scale-out");
    expect(status?.decision?.trace.map(({ reason }) => reason)).toContain("ScaleOutOnly");
  });

  test("nobody has touched the replicas since their scaler was deleted, though demand fell", () => {
    expect(lowestSince("deleted", deletedMs)).toBeGreaterThanOrEqual(nightReplicas);
  });

  test("the capacity of the peak is asked for at least 15 minutes before demand needs it, and its pods are Ready in time", async () => {
    const peak = Math.ceil(morningPeak(clock(9)) / PER_REPLICA);
    const needed = firstNeed(peak);
    await operator.until(needed);
    const asked = record.of("morning").find(({ replicas }) => replicas >= peak);
    const ready = record.of("morning").find((change) => change.ready >= peak);
    expect(record.of("morning")).toContainEqual(asked);
    expect((needed - (asked?.atMs ?? Infinity)) / MINUTE_MS).toBeGreaterThanOrEqual(MIN_LEAD_MS / MINUTE_MS);
    expect(ready?.atMs ?? Infinity).toBeLessThanOrEqual(needed);
    expect(minutesOverloaded(clock(7, 30), needed)).toBeLessThanOrEqual(1);
  });

  test("Recommend changes nothing and says what it would do", async () => {
    const { status } = await shown("recommend");
    expect(status?.recommendation).toMatchObject({ from: 3, message: expect.stringMatching(/\w/) });
    expect(status?.decision?.trace.map(({ reason }) => reason)).toContain("RecommendOnly");
    expect(status?.recommendation?.to).toBeGreaterThanOrEqual(Math.ceil(morningPeak(clock(9)) / PER_REPLICA));
    expect(record.of("recommend").every(({ replicas }) => replicas === 3)).toBe(true);
  });

  test("scaling is told as an event, and nothing failed inside", async () => {
    await waitFor("an event about the raise", SOON_MS, async () => {
      const about = "involvedObject.kind=PredictiveScaler,involvedObject.name=morning";
      expect(await kubectl("get", "events", "--namespace", NS, "--field-selector", about)).toMatch(/Replicas \d+ -> \d+/);
    });
    expect(operator.lines().filter(({ reason }) => reason === "InternalError" || reason === "Forbidden")).toEqual([]);
  });

  test("SIGTERM ends it with 0 and changes nothing", async () => {
    expect(await operator.stop()).toBe(0);
    // Demand changes until the end, and so may what was decided last.
    const last = operator.lines().findLast(({ name, to }) => name === "morning" && typeof to === "number");
    expect(await replicasOf("morning")).toBe(last?.["to"]);
  });

  /** The lowest replicas from the last change before `sinceMs` on. */
  function lowestSince(name: string, sinceMs: number): number {
    const changes = record.of(name);
    const first = Math.max(0, changes.findLastIndex(({ atMs }) => atMs <= sinceMs));
    return Math.min(...changes.slice(first).map(({ replicas }) => replicas));
  }

  /** When the noise-free morning demand first exceeds the capacity of one replica less. */
  function firstNeed(replicas: number): number {
    let at = clock(8);
    while (morningPeak(at) <= (replicas - 1) * PER_REPLICA) at += MINUTE_MS / 4;
    return at;
  }

  function minutesOverloaded(fromMs: number, toMs: number): number {
    const changes = record.of("morning");
    let minutes = 0;
    for (let at = fromMs; at < toMs; at += MINUTE_MS) {
      const ready = changes.findLast((change) => change.atMs <= at)?.ready ?? 0;
      if (morningPeak(at) > ready * PER_REPLICA) minutes++;
    }
    return minutes;
  }
});
