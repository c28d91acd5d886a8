// One fault from begin to end: an operator of its own behind two fault proxies, a scaler that the fault is about and a neighbour,
// over one accelerated morning. Demand of the subject falls at 07:20, in the middle of the fault; demand of the neighbour rises from 08:00.
// Invariant: every lowering in the API server's record leaves at least what the true demand of that moment needs.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { earlyFall, HOUR_MS, MINUTE_MS, morningPeak, PER_REPLICA } from "../cluster/demand.ts";
import { conditionOf, deployment, namespaceOf, scaler } from "../cluster/manifests.ts";
import type { ShownDeployment, ShownScaler } from "../cluster/manifests.ts";
import { operatorKubeconfig } from "../cluster/operator-account.ts";
import { startOperator } from "../cluster/operator.ts";
import type { Operator } from "../cluster/operator.ts";
import { recordReplicas } from "../cluster/replica-record.ts";
import type { ReplicaRecord } from "../cluster/replica-record.ts";
import type { Surroundings } from "../cluster/surroundings.ts";
import { pause, waitFor } from "../cluster/wait-for.ts";
import type { Kubectl } from "../control-plane/kubectl.ts";
import type { FaultCase } from "./cases.ts";
import { startFaultProxy } from "./proxy.ts";
import type { FaultProxy } from "./proxy.ts";

export interface World {
  readonly kubectl: Kubectl;
  readonly namespace: string;
  readonly api: FaultProxy;
  readonly prometheus: FaultProxy;
  /** The one that runs now; those before it have ended. */
  readonly operator: () => Operator;
  /** Starts another with the same account; simulated time goes on. */
  readonly another: () => Promise<Operator>;
  /** As `another`, and it is `operator()` from now on. */
  readonly replace: () => Promise<void>;
  readonly replicasOf: (name: string) => Promise<number>;
  readonly kubeconfig: string;
}

/** Seconds of wall clock from the end of the fault until both scalers are decided on again with what they need. */
export interface Outcome {
  readonly wellAgainSeconds: number;
  /** What was read while the fault lasted. */
  readonly seen: string;
}

export const SUBJECT = "early";
export const NEIGHBOUR = "morning";
/** Simulated seconds a second, unless the setting says otherwise. */
const RATE = 120;
/** More than the busy night needs: raised by nobody, lowered by whoever sees the fall. */
const START_REPLICAS = 16;
/** What demand needs at most in the end: filled to 80 %, noise and rounding. */
const SLACK = 3;
/** Time for what was decided on sight before the fault to arrive in the record, wall clock. */
const IN_FLIGHT_MS = 2_500;
const SOON_MS = 120_000;
const SEEN_MS = 60_000;

export interface Setting {
  readonly surroundings: Surroundings & { readonly kubectl: Kubectl };
  readonly seed: number;
  readonly rate?: number;
}

/** Throws where something does not hold. Everything it made is gone after. */
export async function runScenario(one: FaultCase, { surroundings, seed, rate = RATE }: Setting): Promise<Outcome> {
  const { kubectl, binaries, liveDayMs } = surroundings;
  const namespace = `fault-${one.id}`;
  const at = (hour: number, minute: number) => liveDayMs + hour * HOUR_MS + minute * MINUTE_MS;
  const certs = join(dirname(surroundings.kubeconfig), "certs");
  const tls = { cert: readFileSync(join(certs, "apiserver.crt"), "utf8"), key: readFileSync(join(certs, "apiserver.key"), "utf8") };
  const api = await startFaultProxy({ target: surroundings.server, tls, seed });
  const prometheus = await startFaultProxy({ target: surroundings.prometheusUrl, seed: seed + 1 });
  const running: Operator[] = [];
  let record: ReplicaRecord | undefined;
  try {
    await kubectl.apply(namespaceOf(namespace));
    await kubectl.apply(deployment(namespace, SUBJECT, START_REPLICAS), deployment(namespace, NEIGHBOUR, 3));
    const kubeconfig = await kubeconfigBehind(await operatorKubeconfig(kubectl, surroundings.folder, `${namespace}-operator`), api.url);
    const nowMs = () => running.at(-1)?.nowMs() ?? at(6, 0);
    const start = async () => {
      const args = ["run", "--prometheus-url", prometheus.url, "--metrics-addr", "127.0.0.1:0", "--log-level", "info", "--watch-namespaces", namespace];
      return startOperator({ kubeconfig, args: [...args, ...(one.args?.(prometheus.url) ?? [])], clockStartMs: nowMs(), clockRate: rate, ...(one.env === undefined ? {} : { env: one.env }) });
    };
    running.push(await start());
    const operator = () => running.at(-1) as Operator;
    const world: World = {
      kubectl,
      namespace,
      api,
      prometheus,
      kubeconfig,
      operator,
      async another() {
        const other = await start();
        running.unshift(other);
        return other;
      },
      replace: async () => void running.push(await start()),
      replicasOf: async (name) => (await kubectl.get<ShownDeployment>("deployment", name, "--namespace", namespace)).spec.replicas,
    };
    await one.prepare?.(world);
    record = recordReplicas(binaries.kubectl, kubectl, namespace, nowMs);
    await kubectl.apply(scaler(namespace, SUBJECT, { spec: one.spec?.(prometheus.url) ?? {} }), scaler(namespace, NEIGHBOUR));
    for (const name of [SUBJECT, NEIGHBOUR])
      await waitFor(`${name} is seen`, SOON_MS, async () => expect(conditionOf(await shown(world, name), "MetricAvailable")).toMatchObject({ status: "True" }));

    if (nowMs() > at(7, 12)) throw new Error("The machine is too slow: demand was seen only after the moment at which the fault begins. Run fewer at once.");
    await operator().until(at(7, 12));
    const beganMs = nowMs();
    const linesBefore = operator().lines().length;
    const fault = await one.begin(world);
    const seen = await waitFor(`${one.id}: what the user sees`, SEEN_MS, () => look(world, one, linesBefore));
    await pause(Math.max(0, (one.seconds * 1000 * RATE - (nowMs() - beganMs)) / rate));
    if (one.isNeighbourServed) await isDecided(world, NEIGHBOUR, nowMs() - IN_FLIGHT_MS * rate);
    await fault.end();
    const endedMs = nowMs();
    const wellAgainSeconds = await untilWell(world, endedMs);

    await operator().until(at(8, 30));
    await settled(world);
    const told = operator().lines().filter(({ from, to }) => from !== to).map(({ name, from, to, msg }) => `${String(name)}: ${String(from)} -> ${String(to)} ${msg}`);
    checkRecord(record, told, one.isBlind ? { fromMs: beganMs + IN_FLIGHT_MS * rate, toMs: endedMs } : undefined);
    for (const each of running) expect(each.lines().filter(({ reason }) => reason === "InternalError")).toEqual([]);
    return { wellAgainSeconds, seen };
  } finally {
    record?.stop();
    for (const operator of running) {
      operator.kill("SIGCONT");
      await operator.stop();
    }
    await Promise.all([api.close(), prometheus.close()]);
    await kubectl.said(["delete", "psc", "--all", "--namespace", namespace, "--wait=false"]);
    await kubectl.said(["delete", "namespace", namespace, "--wait=false"]);
  }
}

const shown = ({ kubectl, namespace }: World, name: string) => kubectl.get<ShownScaler>("psc", name, "--namespace", namespace);

/** What the case says is to be seen, as it is written in the table; throws while it is not there. */
async function look(world: World, { sees }: FaultCase, linesBefore: number): Promise<string> {
  if (sees.kind === "log") {
    const line = world.operator().lines().slice(linesBefore).find(({ msg }) => sees.text.test(msg));
    if (line === undefined) throw new Error(`No line like ${String(sees.text)}. The last: ${JSON.stringify(world.operator().lines().slice(-5))}`);
    // Without addresses: the table is the same on every machine.
    return `log: ${line.msg.split(/ https?:/)[0] ?? ""} …`;
  }
  if (sees.kind === "condition") {
    const found = conditionOf(await shown(world, SUBJECT), sees.type);
    expect({ status: found.status, reason: found.reason }).toEqual({ status: sees.status, reason: sees.reason });
    return `${sees.type}=${found.status}, ${found.reason}`;
  }
  return sees.text;
}

async function isDecided(world: World, name: string, sinceMs: number): Promise<void> {
  await waitFor(`${name} is decided on`, SOON_MS, async () => expect(Date.parse((await shown(world, name)).status?.decision?.time ?? "")).toBeGreaterThan(sinceMs));
}

/** Wall seconds until both scalers have a decision from after `sinceMs`, see their metric and can scale. */
async function untilWell(world: World, sinceMs: number): Promise<number> {
  const startMs = performance.now();
  for (const name of [SUBJECT, NEIGHBOUR]) {
    await isDecided(world, name, sinceMs);
    await waitFor(`${name} is well again`, SOON_MS, async () => {
      const scaler = await shown(world, name);
      for (const type of ["MetricAvailable", "AbleToScale"]) expect(conditionOf(scaler, type)).toMatchObject({ type, status: "True" });
    });
  }
  return Math.round((performance.now() - startMs) / 100) / 10;
}

/** Both stand where demand wants them: the subject is lowered, the neighbour raised for its peak. */
async function settled(world: World): Promise<void> {
  await waitFor("the right number of replicas in the end", SOON_MS, async () => {
    const now = world.operator().nowMs();
    const peak = Math.ceil(morningPeak(now) / PER_REPLICA);
    const raised = await world.replicasOf(NEIGHBOUR);
    if (raised < peak) throw new Error(`${NEIGHBOUR} has ${raised} replicas; expected at least ${peak}`);
    const quiet = Math.ceil(earlyFall(now) / PER_REPLICA);
    const lowered = await world.replicasOf(SUBJECT);
    if (lowered < quiet || lowered > quiet + SLACK) throw new Error(`${SUBJECT} has ${lowered} replicas; expected ${quiet} to ${quiet + SLACK}`);
  });
}

/** No lowering below what demand needs; none at all while nothing could be seen. */
function checkRecord(record: ReplicaRecord, told: readonly string[], blind: { readonly fromMs: number; readonly toMs: number } | undefined): void {
  for (const [name, demand] of [[SUBJECT, earlyFall], [NEIGHBOUR, morningPeak]] as const) {
    const changes = record.of(name);
    for (const [i, { atMs, replicas }] of changes.entries()) {
      if (replicas >= (changes[i - 1]?.replicas ?? 0)) continue;
      const course = changes.map((change) => `${new Date(change.atMs).toISOString().slice(11, 19)} ${change.replicas}/${change.ready}`).join(", ");
      const moment = `${name}: ${changes[i - 1]?.replicas} -> ${replicas} at ${new Date(atMs).toISOString()} (${course})\n${told.join("\n")}\n`;
      const needed = Math.ceil(demand(atMs) / PER_REPLICA);
      if (replicas < needed) throw new Error(`${moment}; demand needs ${needed}`);
      if (blind !== undefined && name === SUBJECT && atMs > blind.fromMs && atMs < blind.toMs) throw new Error(`${moment}, while nothing could be seen`);
    }
  }
}

/** The same account, through the proxy. */
async function kubeconfigBehind(file: string, url: string): Promise<string> {
  const config = JSON.parse(readFileSync(file, "utf8")) as { clusters: { cluster: { server: string } }[] };
  for (const { cluster } of config.clusters) cluster.server = url;
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
