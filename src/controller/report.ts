// Says what a pass found: status, events, gauges and the log. Status is written when something that a person would act on
// changed, else every five minutes at most: thousands of scalers must not write thousands of times a minute.
import type { Condition, ConditionType, Problem, Reason, ScalerStatus } from "../api/index.ts";
import { formatProblems, GROUP, KIND, VERSION } from "../api/index.ts";
import type { Decision } from "../decision/index.ts";
import type { OperatorError } from "../errors.ts";
import type { Events, KubeObject, Statuses, TargetScale } from "../kube/index.ts";
import type { Log, Metrics } from "../telemetry/index.ts";
import { invalidVerdicts, verdicts } from "./conditions.ts";
import type { Verdict } from "./conditions.ts";
import { gaugesFor } from "./gauges.ts";
import type { Memory } from "./memory.ts";
import { decidedStatus, withTimes } from "./status.ts";

const STATUS_EVERY_MS = 5 * 60_000;
/** Conditions whose change is worth an event; the others follow from these. */
const EVENT_CONDITIONS: readonly ConditionType[] = ["MetricAvailable", "Forecasting", "AbleToScale"];

/** What comes and goes is told so often at most, ms. */
const TOLD_EVERY_MS: Readonly<Partial<Record<Reason, number>>> = {
  OutlierIgnored: 3_600_000,
  LevelShiftFollowed: 3_600_000,
  ForecastAboveMax: 6 * 3_600_000,
};

/** A scaler as it is in the cache. */
export interface StoredScaler extends KubeObject {
  readonly status?: Pick<ScalerStatus, "observedGeneration" | "conditions" | "serviceLevel" | "timeToReady">;
}

/** A pass that came to a decision, or (`failure`) was kept from one. */
export interface Pass {
  readonly stored: StoredScaler;
  readonly memory: Memory;
  readonly nowMs: number;
  readonly scale?: TargetScale | undefined;
  readonly decision?: Decision | undefined;
  readonly failure?: OperatorError | undefined;
}

export interface Reporter {
  pass(pass: Pass, signal: AbortSignal): Promise<void>;
  invalid(stored: StoredScaler, problems: readonly Problem[], nowMs: number, signal: AbortSignal): Promise<void>;
  forget(key: string): void;
}

export interface ReporterParts {
  readonly statuses: Statuses;
  readonly events: Events;
  readonly metrics: Metrics;
  readonly log: Log;
}

export function createReporter({ statuses, events, metrics, log }: ReporterParts): Reporter {
  const emit = (stored: StoredScaler, type: "Normal" | "Warning", reason: string, action: string, note: string) => {
    const { namespace = "", name, uid = "" } = stored.metadata;
    events.emit({ regarding: { apiVersion: `${GROUP}/${VERSION}`, kind: KIND, namespace, name, uid }, type, reason, action, note });
  };
  const tellConditions = ({ stored, memory, nowMs }: Pass, now: readonly Verdict[], before: readonly Condition[]) => {
    for (const { type, status, reason, message } of now) {
      const old = before.find((condition) => condition.type === type);
      const everyMs = TOLD_EVERY_MS[reason];
      if (everyMs !== undefined) {
        if (old?.reason === reason || nowMs - (memory.toldMs.get(reason) ?? -Infinity) < everyMs) continue;
        memory.toldMs.set(reason, nowMs);
        emit(stored, reason === "ForecastAboveMax" ? "Warning" : "Normal", reason, type, message);
        continue;
      }
      if (!EVENT_CONDITIONS.includes(type) || (old?.reason === reason && old.status === status)) continue;
      if (old === undefined && status === "True") continue; // well from the start
      if (old?.status === "True" && status === "True") continue;
      emit(stored, status === "False" && reason !== "HistoryLoading" ? "Warning" : "Normal", reason, type, message);
    }
  };
  return {
    async pass(pass, signal) {
      const { stored, memory, nowMs, decision, scale } = pass;
      const { namespace, name, generation } = memory.plan;
      const before = memory.conditions ?? stored.status?.conditions ?? [];
      const now = verdicts({ memory, nowMs, decision, failure: pass.failure });
      metrics.scaler(namespace, name, gaugesFor(memory, scale, decision, now));
      if (decision?.kind === "scale") {
        const { from, to, reason, message } = decision;
        log.info({ namespace, name, from, to, reason, trace: decision.trace }, message);
        emit(stored, "Normal", reason, "Scale", `Replicas ${from} -> ${to}: ${message}`);
      }
      const acted = now.map(({ type, status, reason }) => [type, status, reason]);
      const fingerprint = JSON.stringify([generation, acted, decision?.from, decision?.to, decision?.reason, pass.failure?.message]);
      if (fingerprint === memory.statusFingerprint && nowMs - memory.statusAtMs < STATUS_EVERY_MS) return;
      const conditions = withTimes(now, before, generation, nowMs);
      const decided = decision !== undefined && scale !== undefined ? decidedStatus(memory, scale, decision) : {};
      const outcome = await statuses.patch(stored, { observedGeneration: generation, ...decided, conditions }, signal);
      // What was not written is said by the pass that the change has woken.
      if (outcome !== "written") return;
      tellConditions(pass, now, before);
      memory.conditions = conditions;
      memory.statusFingerprint = fingerprint;
      memory.statusAtMs = nowMs;
    },
    async invalid(stored, problems, nowMs, signal) {
      const { namespace = "", name, generation = 0 } = stored.metadata;
      const message = formatProblems(problems);
      const before = stored.status?.conditions ?? [];
      const ready = before.find((condition) => condition.type === "Ready");
      log.warn({ namespace, name, reason: "InvalidSpec", problems }, "The manifest cannot be used.");
      metrics.forget(namespace, name);
      if (ready?.reason === "InvalidSpec" && stored.status?.observedGeneration === generation) return;
      const now = invalidVerdicts(message);
      const outcome = await statuses.patch(stored, { observedGeneration: generation, conditions: withTimes(now, before, generation, nowMs) }, signal);
      if (outcome === "written") emit(stored, "Warning", "InvalidSpec", "Validate", message);
    },
    forget(key) {
      const [namespace = "", name = ""] = key.split("/");
      metrics.forget(namespace, name);
    },
  };
}
