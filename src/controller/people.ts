// What people have said beside the manifest: a pause, and schedules; as input of the decision, as conditions and as status. Pure.
import { pauseOf } from "../api/index.ts";
import type { Pause, ScalerStatus } from "../api/index.ts";
import { rfc3339 } from "../clock.ts";
import { ceilingAt, floorAt, nextChange } from "../decision/index.ts";
import type { DecisionInput } from "../decision/index.ts";
import type { Verdict } from "./conditions.ts";
import { recentDisturbance } from "./conflicts.ts";
import type { Memory } from "./memory.ts";
import type { Plan } from "./plan.ts";
import type { StoredScaler } from "./stored-scaler.ts";

/** The pause as the decision takes it; undefined while nothing is paused. */
export function pauseInput({ metadata }: StoredScaler, nowMs: number): DecisionInput["pause"] {
  const pause = pauseOf(metadata.annotations, nowMs);
  if (!pause.scaleIn && !pause.scaleOut) return undefined;
  return { scaleIn: pause.scaleIn, scaleOut: pause.scaleOut, sentence: pauseSentence(pause) };
}

function pauseSentence({ scaleIn, scaleOut, untilMs }: Pause): string {
  const what = scaleIn && scaleOut ? "Scaling is paused" : scaleIn ? "Scaling in is paused" : "Scaling out is paused";
  return `${what} by annotation ${untilMs === undefined ? "until it is resumed" : `until ${rfc3339(untilMs)}`}.`;
}

/** The condition Paused. */
export function pausedVerdict(stored: StoredScaler, nowMs: number): Verdict {
  const pause = pauseOf(stored.metadata.annotations, nowMs);
  const wrong = pause.problem === undefined ? "" : ` ${pause.problem}`;
  if (pause.scaleIn || pause.scaleOut) {
    const goesOn = pause.scaleIn && pause.scaleOut ? "" : ` Scaling ${pause.scaleIn ? "out" : "in"} goes on.`;
    return { type: "Paused", status: "True", reason: "Paused", message: `${pauseSentence(pause)}${goesOn}${wrong}` };
  }
  const ended = pause.untilMs === undefined ? "Nothing is paused." : `The pause ended at ${rfc3339(pause.untilMs)}.`;
  return { type: "Paused", status: "False", reason: "NotPaused", message: `${ended}${wrong}` };
}

/** The condition Conflict. */
export function conflictVerdict({ rivalry }: Memory): Verdict {
  const { conflict } = rivalry;
  if (conflict !== undefined) return { type: "Conflict", status: "True", reason: conflict.reason, message: conflict.sentence };
  return { type: "Conflict", status: "False", reason: "NoConflict", message: `Nobody else is seen to scale the target.${recentDisturbance(rivalry)}` };
}

/** Which schedules are on, and what comes next; null where there is none. */
export function scheduleStatus({ policy }: Plan, nowMs: number): NonNullable<ScalerStatus["schedule"]> | null {
  const { schedules = [] } = policy;
  if (schedules.length === 0) return null;
  const next = nextChange(policy, nowMs);
  return {
    active: schedules.filter(({ clock }) => clock.stretchAt(nowMs).isOn).map(({ name }) => name),
    ...(next === undefined
      ? {}
      : {
          next: {
            time: rfc3339(next.timeMs),
            name: next.name,
            minReplicas: floorAt(policy, next.timeMs).replicas,
            maxReplicas: ceilingAt(policy, next.timeMs).replicas,
          },
        }),
  };
}

/** How long until something that people have said changes by itself, ms: a schedule goes on or off, or a pause ends. Infinity if nothing will. */
export function untilChangeMs(stored: StoredScaler, { policy }: Plan, nowMs: number): number {
  const { untilMs = Infinity } = pauseOf(stored.metadata.annotations, nowMs);
  const changeMs = nextChange(policy, nowMs)?.timeMs ?? Infinity;
  return Math.min(...[untilMs, changeMs].filter((timeMs) => timeMs > nowMs).map((timeMs) => timeMs - nowMs), Infinity);
}
