// A scene from begin to end: its faults begin at 07:12 and end when their time is over, and what must hold then is looked at.
// Invariant: every lowering in the API server's record leaves at least what the true demand of that moment needs.
import { expect } from "vitest";
import { earlyFall, morningPeak, MINUTE_MS, PER_REPLICA } from "../cluster/demand.ts";
import { conditionOf } from "../cluster/manifests.ts";
import { pause, waitFor } from "../cluster/wait-for.ts";
import { MINUTES, SOON_MS } from "./case.ts";
import type { FaultCase } from "./case.ts";
import type { Scene } from "./cases.ts";
import { NEIGHBOUR, openWorld } from "./world.ts";
import type { OpenWorld, Setting, World } from "./world.ts";

/** What was measured of one case. */
export interface Outcome {
  /** Wall clock from the end of the fault until subject and neighbour are decided on again and are well. */
  readonly wellAgainSeconds: number;
  /** What was read while the fault lasted. */
  readonly seen: string;
}

/** When nothing may be lowered, simulated unix ms. */
interface Blind {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What demand needs at most in the end: filled to 80 %, noise and rounding. */
const SLACK = 3;
/** Time for what was decided on sight before the fault to arrive in the record, wall clock. */
const IN_FLIGHT_MS = 2_500;
/** A silent watch is left after two minutes, and a busy machine makes lowerings wait for what was not looked at. */
const WELL_MS = 240_000;

export interface SceneSetting extends Setting {
  /** Hour and minute at which the scene is over; default 08:30, when the neighbour's demand is at its peak. */
  readonly until?: readonly [number, number];
}

/** Outcomes by the cases' ids. Throws with what does not hold, of all cases together. Everything it made is gone after. */
export async function runScene(scene: Scene, { until = [8, 30], ...setting }: SceneSetting): Promise<ReadonlyMap<string, Outcome>> {
  const world = await openWorld(scene, setting);
  try {
    await world.operator().until(world.at(7, 12));
    const results = await Promise.allSettled(scene.cases.map((one) => runCase(one, { ...world, subject: one.id })));
    await world.operator().until(world.at(...until));
    const outcomes = new Map<string, Outcome>();
    const wrong: string[] = [];
    for (const [i, one] of scene.cases.entries()) {
      const result = results[i];
      try {
        if (result?.status !== "fulfilled") throw result?.reason;
        await settled(world, one.id);
        checkRecord(world, one.id, earlyFall, result.value.blind);
        outcomes.set(one.id, result.value.outcome);
      } catch (error) {
        wrong.push(`${one.id}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    checkRecord(world, NEIGHBOUR, morningPeak);
    for (const each of world.all) expect(each.lines().filter(({ reason, msg }) => reason === "InternalError" || /unhandled/i.test(msg))).toEqual([]);
    if (wrong.length > 0) throw new Error(`${wrong.join("\n\n")}\n\n${lastWords(world)}`);
    return outcomes;
  } finally {
    await world.close();
  }
}

async function runCase(one: FaultCase, world: World & OpenWorld): Promise<{ readonly outcome: Outcome; readonly blind: Blind | undefined }> {
  const { nowMs, rate } = world;
  const linesBefore = world.operator().lines().length;
  const fault = await one.begin(world);
  const beganMs = nowMs();
  const wallMs = performance.now();
  const seen = await waitFor(`${one.id}: what the user sees`, WELL_MS, () => look(world, one, linesBefore));
  await pause(Math.max(0, (one.seconds ?? 0) * 1000 - (performance.now() - wallMs), ((one.minutes ?? MINUTES) * MINUTE_MS - (nowMs() - beganMs)) / rate));
  if (one.isNeighbourServed) await isDecided(world, NEIGHBOUR, nowMs() - IN_FLIGHT_MS * rate);
  const toMs = nowMs();
  await fault.end();
  const wellAgainSeconds = await untilWell(one, world);
  return { outcome: { wellAgainSeconds, seen }, blind: one.isBlind ? { fromMs: beganMs + IN_FLIGHT_MS * rate, toMs } : undefined };
}

/** What the case says is to be seen, as it is written in the table; throws while it is not there. */
async function look(world: World, { sees }: FaultCase, linesBefore: number): Promise<string> {
  if (sees.kind === "log") {
    const line = world.operator().lines().slice(linesBefore).find(({ msg }) => sees.text.test(msg));
    if (line === undefined) throw new Error(`No line like ${String(sees.text)}. The last: ${JSON.stringify(world.operator().lines().slice(-5))}`);
    // Without addresses: the table is the same on every machine.
    return `log: ${line.msg.split(/ https?:| \(/)[0] ?? ""} …`;
  }
  if (sees.kind === "condition") {
    const found = conditionOf(await world.shown(world.subject), sees.type);
    expect({ status: found.status, reason: found.reason }).toEqual({ status: sees.status, reason: sees.reason });
    return `${sees.type}=${found.status}, ${found.reason}`;
  }
  return sees.text;
}

async function isDecided(world: World, name: string, sinceMs: number): Promise<void> {
  await waitFor(`${name} is decided on`, WELL_MS, async () => expect(Date.parse((await world.shown(name)).status?.decision?.time ?? "")).toBeGreaterThan(sinceMs));
}

/** Wall seconds until both scalers have a decision from after now, see their metric and can scale. */
async function untilWell({ id, isWell }: FaultCase, world: World): Promise<number> {
  const startMs = performance.now();
  const sinceMs = world.nowMs();
  for (const name of [world.subject, NEIGHBOUR]) {
    await isDecided(world, name, sinceMs);
    await waitFor(`${name} is well again`, WELL_MS, async () => {
      const scaler = await world.shown(name);
      for (const type of ["MetricAvailable", "AbleToScale"]) expect(conditionOf(scaler, type)).toMatchObject({ type, status: "True" });
    });
  }
  if (isWell !== undefined) await waitFor(`${id} is well again`, WELL_MS, () => isWell(world));
  return Math.round((performance.now() - startMs) / 100) / 10;
}

/** Subject and neighbour stand where demand wants them: the one is lowered, the other raised for its peak. */
async function settled(world: OpenWorld, subject: string): Promise<void> {
  await waitFor("the right number of replicas in the end", SOON_MS, async () => {
    const now = world.nowMs();
    const peak = Math.ceil(morningPeak(now) / PER_REPLICA);
    const raised = await world.replicasOf(NEIGHBOUR);
    if (raised < peak) throw new Error(`${NEIGHBOUR} has ${raised} replicas; expected at least ${peak}`);
    const quiet = Math.ceil(earlyFall(now) / PER_REPLICA);
    const lowered = await world.replicasOf(subject);
    if (lowered < quiet || lowered > quiet + SLACK) throw new Error(`${subject} has ${lowered} replicas; expected ${quiet} to ${quiet + SLACK}`);
  });
}

/** No lowering below what demand needs; none at all while nothing could be seen. */
function checkRecord({ record, all }: OpenWorld, name: string, demand: (ms: number) => number, blind?: Blind): void {
  const changes = record.of(name);
  for (const [i, { atMs, replicas }] of changes.entries()) {
    if (replicas >= (changes[i - 1]?.replicas ?? 0)) continue;
    const needed = Math.ceil(demand(atMs) / PER_REPLICA);
    const isBlind = blind !== undefined && atMs > blind.fromMs && atMs < blind.toMs;
    if (replicas >= needed && !isBlind) continue;
    const told = all.flatMap((each) => each.lines()).filter((line) => line["name"] === name && line["from"] !== line["to"]).map(({ from, to, msg }) => `${String(from)} -> ${String(to)} ${msg}`);
    const course = changes.map((change) => `${new Date(change.atMs).toISOString().slice(11, 19)} ${change.replicas}/${change.ready}`).join(", ");
    const wrong = isBlind ? `while nothing could be seen (${new Date(blind.fromMs).toISOString()} to ${new Date(blind.toMs).toISOString()})` : `demand needs ${needed}`;
    throw new Error(`${name}: ${changes[i - 1]?.replicas} -> ${replicas} at ${new Date(atMs).toISOString()}, ${wrong} (${course})\n${told.join("\n")}`);
  }
}

function lastWords({ all }: OpenWorld): string {
  return all.map((each) => each.lines().slice(-10).map((line) => JSON.stringify(line)).join("\n")).join("\n--\n");
}
