// Whether somebody else scales a scaler's target: another autoscaler, an older scaler of ours, or whoever changes the number after we have set it.
// Invariants: a conflict only ever stops writing; who merely owns the field is none; after a change by others nothing is written for a while that doubles.
import { durationText, FIELD_MANAGER, STATUS_LIMITS } from "../api/index.ts";
import type { ScalerStatus } from "../api/index.ts";
import { parseTime, rfc3339 } from "../clock.ts";
import type { ConflictReason } from "../decision/index.ts";
import type { Neighbours, TargetScale, Writers } from "../kube/index.ts";
import type { Memory } from "./memory.ts";
import type { Plan } from "./plan.ts";
import type { StoredScaler } from "./stored-scaler.ts";

/** How long nothing is written after the first change by others, and at most, ms. */
const FIRST_STOP_MS = 10 * 60_000;
const LONGEST_STOP_MS = 60 * 60_000;
/** So long without another change after a stop, and the next one is the first again, ms. */
const FORGOTTEN_AFTER_MS = 60 * 60_000;

/** Somebody who scales the same target, at this moment. */
export interface Conflict {
  readonly reason: ConflictReason;
  readonly sentence: string;
}

/** Changes by others after our writes: kept in status, so that a restart does not forget them. */
export interface Disturbance {
  /** Who it was, as a field manager. */
  readonly manager: string;
  /** Nothing is written before this, unix ms. */
  readonly untilMs: number;
  /** How often in a row. */
  readonly times: number;
  /** As a sentence. */
  readonly change: string;
}

/** What is remembered of one scaler. */
export interface Rivalry {
  /** What we wrote last, and to which object, while nobody has changed it since. */
  wrote: { readonly replicas: number; readonly uid: string } | undefined;
  disturbance: Disturbance | undefined;
  /** The conflict of the last pass. */
  conflict: Conflict | undefined;
}

export interface ConflictParts {
  readonly neighbours?: Neighbours | undefined;
  readonly writers?: Writers | undefined;
}

/** What there is to judge by. */
interface Sight {
  readonly memory: Memory;
  readonly stored: StoredScaler;
  readonly scale: TargetScale;
  readonly nowMs: number;
}

/** Looks for a conflict, and remembers it. Throws KubeError when it cannot be seen who changed the target. */
export async function findConflict(parts: ConflictParts, seen: Sight, signal: AbortSignal): Promise<void> {
  const { memory, stored, scale, nowMs } = seen;
  const { plan, rivalry } = memory;
  // Who writes nothing is in nobody's way.
  if (plan.policy.mode === "Recommend" || plan.output.type === "External") {
    rivalry.wrote = undefined;
    rivalry.conflict = undefined;
    return;
  }
  const standing = anotherScaler(parts.neighbours, stored, plan) ?? anotherAutoscaler(parts.neighbours, stored, plan);
  if (plan.output.type === "Scale") await noticeChange(parts.writers, memory, scale, nowMs, signal);
  rivalry.conflict = standing ?? stopped(rivalry, nowMs);
}

function anotherScaler(neighbours: Neighbours | undefined, stored: StoredScaler, { target }: Plan): Conflict | undefined {
  const older = neighbours?.olderScalerOf(stored);
  if (older === undefined) return undefined;
  const todo = "delete one, or set its mode to Recommend";
  const sentence = `The older PredictiveScaler ${older} scales ${target.kind} ${target.name} too; the younger writes nothing: ${todo}.`;
  return { reason: "AnotherScaler", sentence };
}

function anotherAutoscaler(neighbours: Neighbours | undefined, stored: StoredScaler, { namespace, target, output }: Plan): Conflict | undefined {
  if (neighbours === undefined) return undefined;
  const found = neighbours.autoscalersOf(namespace, target);
  if (found === undefined) return before(stored, "AnotherAutoscaler");
  const [rival] = found.filter(({ name }) => output.type !== "HorizontalPodAutoscaler" || name !== output.name);
  if (rival === undefined) return undefined;
  const who = rival.scaledObject === undefined ? `HorizontalPodAutoscaler ${rival.name}` : `KEDA's ScaledObject ${rival.scaledObject} (HPA ${rival.name})`;
  const together =
    rival.scaledObject === undefined
      ? `set spec.output to HorizontalPodAutoscaler ${rival.name} to keep its floor`
      : "set spec.output.type to External and let KEDA ask this scaler";
  return { reason: "AnotherAutoscaler", sentence: `${who} scales ${target.kind} ${target.name} too; nothing is written beside it: delete it, or ${together}.` };
}

/** What the status of an earlier process says, until it is seen again. */
function before({ status }: StoredScaler, reason: ConflictReason): Conflict | undefined {
  const found = status?.conditions?.find((condition) => condition.type === "Conflict" && condition.status === "True" && condition.reason === reason);
  return found === undefined ? undefined : { reason, sentence: found.message };
}

/** Whether the target shows another number than we wrote: then somebody changed it, and it is asked who. */
async function noticeChange(writers: Writers | undefined, { plan, rivalry }: Memory, scale: TargetScale, nowMs: number, signal: AbortSignal): Promise<void> {
  const { wrote } = rivalry;
  if (wrote === undefined || wrote.replicas === scale.replicas) return;
  rivalry.wrote = undefined;
  // Another object of the same name, or a target that its owner has switched off.
  if (wrote.uid !== scale.uid || scale.replicas === 0) return;
  const now = await writers?.ofReplicas(plan.namespace, plan.target, signal);
  // What was read may have been older than our own write.
  if (now?.replicas === wrote.replicas) return void (rivalry.wrote = wrote);
  if (now?.manager === FIELD_MANAGER) return;
  const manager = now?.manager ?? "somebody";
  const change = `${manager} set ${plan.target.kind} ${plan.target.name} to ${scale.replicas} after this scaler had set it to ${wrote.replicas}`;
  disturb(rivalry, manager, change, nowMs);
}

function disturb(rivalry: Rivalry, manager: string, change: string, nowMs: number): void {
  const last = rivalry.disturbance;
  const times = last !== undefined && nowMs < last.untilMs + FORGOTTEN_AFTER_MS ? last.times + 1 : 1;
  rivalry.disturbance = { manager, times, change, untilMs: nowMs + Math.min(LONGEST_STOP_MS, FIRST_STOP_MS * 2 ** (times - 1)) };
}

/** A change by others that an output has seen: it stays to be seen until the scaler writes again, and counts once. */
export function noticeDisturbance({ rivalry }: Memory, { manager, change }: Pick<Disturbance, "manager" | "change">, nowMs: number): void {
  if (rivalry.disturbance?.change !== change) disturb(rivalry, manager, change, nowMs);
  rivalry.conflict ??= stopped(rivalry, nowMs);
}

function stopped(rivalry: Rivalry, nowMs: number): Conflict | undefined {
  const { disturbance } = rivalry;
  if (disturbance === undefined) return undefined;
  if (nowMs >= disturbance.untilMs + FORGOTTEN_AFTER_MS) rivalry.disturbance = undefined;
  if (nowMs >= disturbance.untilMs) return undefined;
  const { change, times, untilMs } = disturbance;
  const again = times === 1 ? "" : ` (change ${times} in a row)`;
  return { reason: "ChangedByOther", sentence: `${change}${again}: nothing is written before ${rfc3339(untilMs)}. ${adviceFor(disturbance.manager)}` };
}

/** What to do, by who it was. */
function adviceFor(manager: string): string {
  if (manager === "kube-controller-manager") return "An HPA seems to scale it: delete it, or name it in spec.output.";
  if (manager.includes("argo")) return "Leave replicas out of the manifest in Git, or let Argo CD ignore /spec/replicas.";
  if (/kustomize|helm|flux/.test(manager)) return "Leave replicas out of the manifest in Git.";
  if (manager.startsWith("kubectl")) return "To change it by hand for longer, pause the scaler: kubectl psc pause NAME.";
  return "Take replicas out of what sets it, or pause this scaler.";
}

/** After a decision was written. */
export function wroteReplicas({ rivalry, plan }: Memory, { uid }: TargetScale, replicas: number): void {
  rivalry.wrote = plan.output.type === "Scale" ? { replicas, uid } : undefined;
}

/** After a write of which it is not known whether it was done: what is there next may be our own. */
export function mayHaveWritten({ rivalry }: Memory): void {
  rivalry.wrote = undefined;
}

/** What status keeps of it. */
export function conflictStatus({ disturbance }: Rivalry): NonNullable<ScalerStatus["conflict"]> | null {
  if (disturbance === undefined) return null;
  const { manager, untilMs, times, change } = disturbance;
  return { manager: manager.slice(0, STATUS_LIMITS.managerLength), until: rfc3339(untilMs), times, change };
}

/** What an earlier process left in status. One that was edited stops for no longer than a real one would. */
export function rivalryBefore({ status }: StoredScaler, nowMs: number): Rivalry {
  const { manager, until, times, change } = status?.conflict ?? {};
  const untilMs = Math.min(parseTime(until ?? ""), nowMs + LONGEST_STOP_MS);
  const isKnown = !Number.isNaN(untilMs) && nowMs < untilMs + FORGOTTEN_AFTER_MS && manager !== undefined;
  const disturbance = isKnown ? { manager, untilMs, times: Math.max(1, times ?? 1), change: change ?? `${manager} changed the target` } : undefined;
  return { wrote: undefined, disturbance, conflict: undefined };
}

/** The stop in words, for the condition that says that there is none now. */
export function recentDisturbance({ disturbance }: Rivalry): string {
  if (disturbance === undefined) return "";
  const until = rfc3339(disturbance.untilMs + FORGOTTEN_AFTER_MS);
  return ` ${disturbance.change}; another change before ${until} stops writing for longer (at most ${durationText(LONGEST_STOP_MS)}).`;
}
