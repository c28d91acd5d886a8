// Room on the nodes for what comes after the lead time: how many placeholder pods, kept in step with the replicas, and what there is to say of them.
// Invariants: what is not known changes nothing; room is let go of late and asked for at once; a failure here never touches the target's replicas.
import type { ScalerStatus } from "../api/index.ts";
import { durationText } from "../api/index.ts";
import { ceilingAt, floorAt, replicasText } from "../decision/index.ts";
import type { Decision } from "../decision/index.ts";
import { OperatorError } from "../errors.ts";
import type { Headrooms, TargetScale } from "../kube/index.ts";
import type { Verdict } from "./conditions.ts";
import { asOperatorError } from "./failure.ts";
import type { Memory } from "./memory.ts";
import { peakAhead } from "./peak-ahead.ts";
import type { MergePatch } from "./status.ts";

/** A need that has passed is kept for so long, ms: a node that a node autoscaler has just brought must not go for one low forecast. */
const LET_GO_AFTER_MS = 10 * 60_000;
/** What is as it should be is looked at again after so long, ms: a target may have other requests, and somebody may have deleted the placeholders. */
const LOOK_AGAIN_MS = 5 * 60_000;

export interface Headroom {
  /** Needs of the last minutes that no later one reaches, falling: replicas, when they were found. */
  readonly needs: readonly { readonly atMs: number; readonly replicas: number }[];
  /** Their Deployment may be there. */
  readonly mayExist: boolean;
  /** Placeholder pods that were last asked for; NaN if that is not known. */
  readonly replicas: number;
  /** Of these, those that have their room. */
  readonly ready: number;
  /** Replicas that they are to make room for, together with those there are. */
  readonly room: number;
  /** Why the API server lets no pod be made. */
  readonly refused: string | undefined;
  readonly failure: OperatorError | undefined;
  /** When it was last looked at and for which generation of the scaler; when the number was last changed. */
  readonly lookedMs: number;
  readonly generation: number;
  readonly changedMs: number;
}

/** What an earlier process has left, by the scaler's status. */
export function headroomBefore(status: Pick<ScalerStatus, "nodeHeadroom"> | undefined): Headroom {
  const known = status?.nodeHeadroom;
  return {
    needs: [],
    mayExist: known !== undefined,
    replicas: known?.replicas ?? NaN,
    ready: known?.ready ?? NaN,
    room: NaN,
    refused: undefined,
    failure: undefined,
    lookedMs: -Infinity,
    generation: NaN,
    changedMs: -Infinity,
  };
}

/** What a pass found and decided: the replicas that take room of their own. */
export interface Asked {
  readonly nowMs: number;
  /** Replicas that are there or have just been asked for; 0 where the target is switched off or gone, undefined where it could not be read. */
  readonly replicas: number | undefined;
  /** Nothing is to be changed now. */
  readonly isPaused: boolean;
}

/** How many replicas take room of their own after a decision. */
export function replicasWithRoom(scale: TargetScale | OperatorError, decision: Decision | undefined): number | undefined {
  if (scale instanceof OperatorError) return scale.reason === "TargetNotFound" ? 0 : undefined;
  return scale.replicas === 0 ? 0 : Math.max(scale.replicas, decision?.to ?? 0);
}

/** Brings the placeholder pods to what the forecast needs beyond the lead, in the memory and in the cluster. Never throws but when the signal has fired. */
export async function keepHeadroom(headrooms: Headrooms, memory: Memory, asked: Asked, signal: AbortSignal): Promise<void> {
  const { plan, headroom } = memory;
  const { nodeHeadroom, namespace, name, uid, target, generation } = plan;
  const owner = { namespace, name, uid };
  try {
    if (nodeHeadroom === undefined || plan.policy.mode === "Recommend") {
      if (headroom.mayExist) await headrooms.remove(owner, signal);
      memory.headroom = headroomBefore(undefined);
      return;
    }
    const next = asked.isPaused || asked.replicas === undefined ? { ...headroom, room: NaN } : wanted(memory, asked.replicas, asked.nowMs);
    const { replicas } = next;
    const isNothing = replicas === 0 && !headroom.mayExist;
    memory.headroom = { ...next, replicas: isNothing ? 0 : headroom.replicas };
    if (isNothing || Number.isNaN(replicas) || !isDue(headroom, replicas, plan, asked.nowMs)) return;
    const seen = await headrooms.keep(owner, target, { replicas, priorityClassName: nodeHeadroom.priorityClassName }, signal);
    const isChanged = replicas !== headroom.replicas;
    memory.headroom = {
      ...next,
      ...seen,
      mayExist: true,
      failure: undefined,
      generation,
      // What is not in place yet is looked at again by the next pass.
      lookedMs: isChanged || seen.replicas !== replicas || seen.ready !== replicas ? -Infinity : asked.nowMs,
      changedMs: isChanged ? asked.nowMs : headroom.changedMs,
    };
  } catch (error) {
    if (signal.aborted) throw error;
    memory.headroom = { ...memory.headroom, mayExist: true, failure: asOperatorError(error), lookedMs: -Infinity };
  }
}

/** How many there are to be now: as many as the largest need of the last minutes is above what is asked for, within the maximum. */
function wanted(memory: Memory, asked: number, nowMs: number): Headroom {
  const { plan, headroom, track } = memory;
  if (asked === 0) return { ...headroom, needs: [], room: 0, replicas: 0 };
  const { policy } = plan;
  const horizonMs = plan.leadMs + (plan.nodeHeadroom?.aheadMs ?? 0);
  const peak = peakAhead(memory, track.peakWithin(horizonMs));
  const most = Math.max(0, ceilingAt(policy, nowMs + horizonMs).replicas - asked);
  // Without a forecast to go by nothing is known of the need: what is there stays.
  if (peak === undefined) return { ...headroom, room: NaN, replicas: Math.min(headroom.replicas, most) };
  const need = Math.max(peak.replicas, floorAt(policy, nowMs + horizonMs).replicas);
  const needs = [...headroom.needs.filter(({ atMs, replicas }) => replicas > need && nowMs - atMs < LET_GO_AFTER_MS), { atMs: nowMs, replicas: need }];
  const room = Math.max(...needs.map(({ replicas }) => replicas));
  return { ...headroom, needs, room, replicas: Math.min(most, Math.max(0, room - asked)) };
}

/** Whether the cluster is to be asked: the number is another one, at most once a step, or it is time to look. */
function isDue(before: Headroom, replicas: number, { generation, stepMs }: Memory["plan"], nowMs: number): boolean {
  if (replicas !== before.replicas) return Math.floor(nowMs / stepMs) > Math.floor(before.changedMs / stepMs);
  return generation !== before.generation || nowMs - before.lookedMs >= LOOK_AGAIN_MS;
}

/** The condition, where placeholder pods are asked for or could not be removed. */
export function headroomVerdict({ plan, headroom }: Memory): Verdict | undefined {
  const { nodeHeadroom, policy, leadMs } = plan;
  const { failure, refused, replicas, ready, room } = headroom;
  if (nodeHeadroom === undefined && failure === undefined) return undefined;
  const verdict = (status: Verdict["status"], reason: Verdict["reason"], message: string): Verdict => ({ type: "NodeHeadroom", status, reason, message });
  if (failure !== undefined) return verdict("False", failure.reason, failure.sentence);
  if (policy.mode === "Recommend") return verdict("True", "RecommendOnly", "In mode Recommend there are no placeholder pods.");
  if (refused !== undefined) return verdict("False", "HeadroomRefused", `No placeholder pod can be made: ${refused}`);
  if (Number.isNaN(replicas)) return verdict("True", "HeadroomKept", "There is no forecast to go by yet, and so there are no placeholder pods.");
  const pods = `${replicas} placeholder ${replicas === 1 ? "pod" : "pods"}`;
  const inPlace = replicas === 0 ? "" : `, ${Number.isNaN(ready) ? 0 : ready} of them in place`;
  const within = durationText(leadMs + (nodeHeadroom?.aheadMs ?? 0));
  const held = "as they were: there is no forecast to go by, or scaling is paused";
  const why = Number.isNaN(room) ? held : `for the ${replicasText(room)} that are needed within ${within}`;
  return verdict("True", "HeadroomKept", `${pods}${inPlace}, ${why}.`);
}

/** The part of the status; it stays for as long as there may be something to remove. */
export function headroomStatus({ headroom: { mayExist, replicas, ready } }: Memory): Pick<MergePatch<ScalerStatus>, "nodeHeadroom"> {
  if (!mayExist) return { nodeHeadroom: null };
  return { nodeHeadroom: { replicas: Number.isNaN(replicas) ? 0 : replicas, ready: Number.isNaN(ready) ? null : ready } };
}
