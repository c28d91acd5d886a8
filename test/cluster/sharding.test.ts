// Three operators that share the scalers of one API server: whatever happens to one of them, every scaler is decided by exactly one of the others again,
// and the audit log of the API server shows no target scaled by two. Leases live in wall-clock time, so this test takes what leases take.
// PREDICTIVE_SCALER_TEST_SHARDED sets how many scalers (3000 for the full size).
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClock } from "../../src/clock.ts";
import { connect, createMemberLeases } from "../../src/kube/index.ts";
import { startCluster } from "../control-plane/cluster.ts";
import type { Cluster } from "../control-plane/cluster.ts";
import { createAll } from "../control-plane/create-all.ts";
import { applyCrd } from "../control-plane/global-setup.ts";
import { HOUR_MS, MINUTE_MS } from "./demand.ts";
import { deployment, namespaceOf, scaler } from "./manifests.ts";
import { operatorKubeconfig } from "./operator-account.ts";
import { startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { describeCluster, surroundings } from "./surroundings.ts";
import { pause, waitFor } from "./wait-for.ts";

const NS = "sharded";
const ACCOUNT = "sharded-operator";
const SCALERS = Number(process.env["PREDICTIVE_SCALER_TEST_SHARDED"] ?? 60);
const NAMES = Array.from({ length: SCALERS }, (_, i) => `web-${i}`);
/** From the moment that a member is gone, its lease included. */
const AGAIN_MS = 30_000;
/** Starting takes what the machine takes. */
const START_MS = 90_000 + 40 * SCALERS;
/** And so does learning, where nothing else is asked of it. */
const LEARNED_MS = 5 * START_MS;

interface AuditEvent {
  readonly stageTimestamp: string;
  readonly objectRef: { readonly name: string; readonly namespace: string };
  readonly user: { readonly extra?: Readonly<Record<string, readonly string[]>> };
  readonly responseStatus?: { readonly code: number };
}

interface Replica {
  readonly operator: Operator;
  /** Of its token: what the audit log knows it by. */
  readonly credential: string;
}

describeCluster("sharding", () => {
  const { binaries, prometheusUrl, liveDayMs, folder } = surroundings();
  const auditFile = () => join(folder, "sharding-audit.log");
  const replicas: Replica[] = [];
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster(binaries, { isBare: true, auditFile: auditFile() });
    await applyCrd(cluster);
    await cluster.kubectl.apply(namespaceOf(NS));
    const spec = { metric: { query: 'sum(demand{service="morning"})', targetPerReplica: "50", step: "1m" }, forecast: { history: "1d" } };
    await createAll(cluster.kubeconfig, NAMES.flatMap((name) => [deployment(NS, name, 1), scaler(NS, name, { spec })]));
    const clockStartMs = liveDayMs + 8 * HOUR_MS + 5 * MINUTE_MS;
    for (const id of ["a", "b", "c"]) {
      const kubeconfig = join(folder, `sharded-${id}.kubeconfig`);
      copyFileSync(await operatorKubeconfig(cluster.kubectl, folder, ACCOUNT, undefined, true), kubeconfig);
      const args = ["run", "--prometheus-url", prometheusUrl, "--metrics-addr", "127.0.0.1:0", "--sharding", "true"];
      replicas.push({ operator: await startOperator({ kubeconfig, args, clockStartMs, clockRate: 2 }), credential: credentialOf(kubeconfig) });
    }
  });
  afterAll(async () => {
    for (const { operator } of replicas) {
      operator.kill("SIGCONT");
      await operator.stop();
    }
    await cluster?.stop();
  });

  test("a Lease of a member is removed only as it was seen", async () => {
    const connection = connect({ kubeconfig: cluster.kubeconfig });
    const leases = createMemberLeases({ connection, clock: createClock(), namespace: NS, timeoutMs: 10_000 });
    const { signal } = new AbortController();
    const own = { name: "member-1", identity: "pod-1", leaseMs: 15_000, setHash: "x", isReleased: false };
    const first = await leases.write(own, undefined, signal);
    const second = await leases.write({ ...own, setHash: "y" }, first, signal);
    expect(await leases.write(own, first, signal)).toBeUndefined();
    await leases.remove(own.name, first ?? "", signal);
    expect(await leases.list(signal)).toEqual([{ name: own.name, identity: "pod-1", version: second, setHash: "y", leaseMs: 15_000, isReleased: false }]);
    await leases.remove(own.name, second ?? "", signal);
    expect(await leases.list(signal)).toEqual([]);
    await connection.close();
  });

  test("one killed and one stopped: every scaler is decided by exactly one again within 30 s, and no target is scaled by two", async () => {
    const [a, b, c] = replicas;
    if (a === undefined || b === undefined || c === undefined) throw new Error("three replicas");
    const settledAt: number[] = [];
    await untilShared([a, b, c], START_MS);
    settledAt.push(Date.now());
    const shares = await Promise.all([a, b, c].map(async (one) => (await decidedBy(one)).length));
    for (const share of shares) expect(Math.abs(share - SCALERS / 3)).toBeLessThan(5 * Math.sqrt(SCALERS / 3));

    await untilQuiet([a, b, c]);
    a.operator.kill("SIGKILL");
    const before = new Set(await decidedBy(b));
    const killedMs = await untilShared([b, c], AGAIN_MS);
    settledAt.push(Date.now());
    // What the others had stays where it is.
    const after = new Set(await decidedBy(b));
    expect([...before].filter((name) => !after.has(name))).toEqual([]);

    await untilQuiet([b, c]);
    c.operator.kill("SIGSTOP");
    const stoppedMs = await untilShared([b], AGAIN_MS);
    settledAt.push(Date.now());
    const lines = c.operator.lines().length;
    c.operator.kill("SIGCONT");
    await untilShared([b, c], START_MS);
    settledAt.push(Date.now());
    expect(c.operator.lines().slice(lines).filter(({ msg }) => msg === "leading")).toHaveLength(1);
    expect(c.operator.exitCode()).toBeUndefined();

    console.log(`${SCALERS} scalers ${shares.join(" + ")}: decided again ${killedMs} ms after SIGKILL, ${stoppedMs} ms after SIGSTOP`);
    const events = auditEvents(auditFile()).filter(({ responseStatus }) => responseStatus?.code === 200);
    expect(events.length).toBeGreaterThanOrEqual(SCALERS);
    expect(ownersPerTarget(events, settledAt)).toEqual([]);
  });
});

/** Ms until each scaler has the series of exactly one of `members`, which is so once it was decided there and was let go of elsewhere. */
async function untilShared(members: readonly Replica[], deadlineMs: number): Promise<number> {
  const beganMs = Date.now();
  let agreedMs = NaN;
  const hasAgreed = ({ operator }: Replica) => {
    const last = operator.lines().findLast(({ members: seen }) => Array.isArray(seen));
    return last?.["agreed"] === true && (last["members"] as unknown[]).length === members.length;
  };
  await waitFor(`${members.length} share ${SCALERS} scalers`, deadlineMs, async () => {
    if (Number.isNaN(agreedMs) && members.every(hasAgreed)) agreedMs = Date.now() - beganMs;
    // Asking for the series of thousands without a pause would be the most of what the members do.
    await pause(SCALERS);
    const shares = await Promise.all(members.map(decidedBy));
    const all = shares.flat();
    expect({ decided: new Set(all).size, twice: all.length - new Set(all).size, agreedMs }).toMatchObject({ decided: SCALERS, twice: 0 });
    for (const share of shares) expect(share.length).toBeGreaterThan(0);
  });
  return Date.now() - beganMs;
}

/** Until no history waits to be loaded, and hardly a status to be written. */
async function untilQuiet(members: readonly Replica[]): Promise<void> {
  await waitFor("all has been learned and told", LEARNED_MS, async () => {
    await pause(SCALERS);
    for (const text of await Promise.all(members.map(metricsOf))) {
      const value = (name: string) => Number(new RegExp(`^predictive_scaler_${name} (.+)$`, "m").exec(text)?.[1]);
      expect(value("history_loads_waiting")).toBe(0);
      expect(value("status_writes_waiting")).toBeLessThan(50);
    }
  });
}

async function metricsOf({ operator }: Replica): Promise<string> {
  return (await fetch(`${operator.metricsUrl}/metrics`)).text();
}

/** The scalers that this replica has decided, by their series. */
async function decidedBy(replica: Replica): Promise<string[]> {
  const text = await metricsOf(replica);
  return [...text.matchAll(/^predictive_scaler_demand\{namespace="[^"]*",name="([^"]*)"/gm)].map(([, name = ""]) => name);
}

function credentialOf(kubeconfig: string): string {
  const { users } = JSON.parse(readFileSync(kubeconfig, "utf8")) as { readonly users: readonly { readonly user: { readonly token: string } }[] };
  const [, payload = ""] = (users[0]?.user.token ?? "").split(".");
  return (JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as { readonly jti: string }).jti;
}

function auditEvents(file: string): AuditEvent[] {
  return readFileSync(file, "utf8").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as AuditEvent);
}

/** What is wrong: between two moments at which all was settled a target may change hands once (as the members start: once for each), and never comes back. */
function ownersPerTarget(events: readonly AuditEvent[], settledAt: readonly number[]): string[] {
  const courses = new Map<string, string[]>();
  for (const { objectRef, user, stageTimestamp } of events) {
    const term = settledAt.filter((atMs) => atMs <= Date.parse(stageTimestamp)).length;
    const [credential = "?"] = user.extra?.["authentication.kubernetes.io/credential-id"] ?? [];
    const course = courses.get(`${objectRef.name} in term ${term}`) ?? [];
    if (course.at(-1) !== credential) course.push(credential);
    courses.set(`${objectRef.name} in term ${term}`, course);
  }
  const isWrong = (what: string, course: readonly string[]) =>
    course.includes("?") || new Set(course).size < course.length || course.length > (what.endsWith("term 0") ? 3 : 2);
  return [...courses].filter(([what, course]) => isWrong(what, course)).map(([what, course]) => `${what}: ${course.join(", ")}`);
}
