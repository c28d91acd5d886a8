// Says what a pass found: status, events, gauges and the log. Status is to be written when something that a person would act on
// changed, else every five minutes at most, and less often in a large fleet: thousands of scalers must not write thousands of times a minute.
import type { Condition, Problem } from "../api/index.ts";
import { formatProblems, GROUP, KIND, STATUS_EVERY_MS, VERSION } from "../api/index.ts";
import type { Decision } from "../decision/index.ts";
import type { OperatorError } from "../errors.ts";
import type { Events, KubeEvent, TargetScale } from "../kube/index.ts";
import type { Log, Metrics } from "../telemetry/index.ts";
import { invalidVerdicts, verdicts } from "./conditions.ts";
import type { Verdict } from "./conditions.ts";
import { gaugesFor, gaugesOfInvalid } from "./gauges.ts";
import type { Memory } from "./memory.ts";
import { subjectOf } from "./outputs/output.ts";
import type { Plan } from "./plan.ts";
import type { StatusWriter } from "./status-writer.ts";
import type { StoredScaler } from "./stored-scaler.ts";
import { decidedStatus, seenStatus, withTimes } from "./status.ts";

/** Beyond 5,000 scalers, statuses of which nothing changed are written anew only so often: about 17 a second, ms a scaler. */
const STATUS_EVERY_PER_SCALER_MS = 60;

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
  pass(pass: Pass): void;
  invalid(stored: StoredScaler, problems: readonly Problem[], nowMs: number): void;
  /** The scaler is being deleted, and this keeps it from going. */
  stuck(stored: StoredScaler, failure: OperatorError): void;
  /** The scaler is gone, and its series end. Resolves when nothing is written of it any more. */
  forget(key: string): Promise<void>;
  /** All series end: whoever leads next exports them. */
  end(): void;
}

export interface ReporterParts {
  readonly statuses: Pick<StatusWriter, "put" | "owes" | "forget">;
  readonly events: Events;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** What is said of a change of the replicas. */
function scaleEvents(plan: Plan, { from, to, reason, message }: Decision): Pick<KubeEvent, "type" | "reason" | "note">[] {
  const { maxReplicas, maxReplicasCeiling } = plan.policy;
  const above = `${to} replicas are above maxReplicas (${maxReplicas}); maxCapacityBreach Raise allows up to ${maxReplicasCeiling}.`;
  return [
    { type: "Normal", reason, note: `${subjectOf(plan)} ${from} -> ${to}: ${message}` },
    ...(from <= maxReplicas && to > maxReplicas ? [{ type: "Warning", reason: "RaisedAboveMax", note: above } as const] : []),
  ];
}

/** How often a status is written of which nothing changed, ms; `isServed`: others are answered from it. */
export function statusEveryMs(scalers: number, isServed: boolean): number {
  return isServed ? STATUS_EVERY_MS : Math.max(STATUS_EVERY_MS, scalers * STATUS_EVERY_PER_SCALER_MS);
}

export function createReporter({ statuses, events, metrics, log }: ReporterParts): Reporter {
  const emit = (stored: StoredScaler, type: "Normal" | "Warning", reason: string, action: string, note: string) => {
    const { namespace = "", name, uid = "" } = stored.metadata;
    events.emit({ regarding: { apiVersion: `${GROUP}/${VERSION}`, kind: KIND, namespace, name, uid }, type, reason, action, note });
  };
  const tellConditions = ({ stored, memory, nowMs }: Pass, now: readonly Verdict[], before: readonly Condition[]) => {
    for (const { type, status, reason, message } of memory.telling.take(now, before, nowMs)) {
      const isWrong = type === "Conflict" ? status === "True" : type !== "Paused" && status === "False" && reason !== "HistoryLoading";
      const isTrouble = reason === "ForecastAboveMax" || isWrong;
      emit(stored, isTrouble ? "Warning" : "Normal", reason, type, message);
    }
  };
  /** The scalers that have series. */
  const exported = new Set<string>();
  const endSeries = (key: string) => {
    const [namespace = "", name = ""] = key.split("/");
    exported.delete(key);
    metrics.forget(namespace, name);
  };
  return {
    pass(pass) {
      const { stored, memory, nowMs, decision, scale } = pass;
      const { namespace, name, generation, key } = memory.plan;
      const before = memory.conditions ?? stored.status?.conditions ?? [];
      const now = verdicts({ stored, memory, nowMs, decision, failure: pass.failure });
      exported.add(key);
      metrics.scaler(namespace, name, gaugesFor(memory, scale, decision, now));
      if (decision?.kind === "scale") {
        log.info({ namespace, name, from: decision.from, to: decision.to, reason: decision.reason, trace: decision.trace }, decision.message);
        for (const { type, reason, note } of scaleEvents(memory.plan, decision)) emit(stored, type, reason, "Scale", note);
      }
      const facts = now.map(({ type, status, reason }) => [type, status, reason]);
      // Why nothing changes differs from pass to pass, and so may the words of a failure.
      const why = decision?.from === decision?.to ? undefined : decision?.reason;
      const fingerprint = JSON.stringify([generation, facts, decision?.from, decision?.to, why, memory.headroom.mayExist]);
      // KEDA is answered from the status, and holds one that is too old for missing.
      const isUrgent = memory.plan.output.type === "External";
      const everyMs = statusEveryMs(exported.size, isUrgent);
      // What waits is replaced, so that what is written is of one moment.
      if (fingerprint === memory.statusFingerprint && nowMs - memory.statusAtMs < everyMs && !statuses.owes(key)) return;
      const conditions = withTimes(now, before, generation, nowMs);
      const decided = () => (decision !== undefined && scale !== undefined ? decidedStatus(memory, scale, decision) : {});
      const status = () => ({ observedGeneration: generation, ...seenStatus(memory, nowMs), ...decided(), conditions });
      statuses.put(key, { stored, status, isUrgent, written: () => tellConditions(pass, now, before) });
      memory.conditions = conditions;
      memory.statusFingerprint = fingerprint;
      memory.statusAtMs = nowMs;
    },
    invalid(stored, problems, nowMs) {
      const { namespace = "", name, generation = 0 } = stored.metadata;
      const key = `${namespace}/${name}`;
      const message = formatProblems(problems);
      const before = stored.status?.conditions ?? [];
      const ready = before.find((condition) => condition.type === "Ready");
      log.warn({ namespace, name, reason: "InvalidSpec", problems }, "The manifest cannot be used.");
      const now = invalidVerdicts(message);
      exported.add(key);
      metrics.scaler(namespace, name, gaugesOfInvalid(now));
      if (ready?.reason === "InvalidSpec" && stored.status?.observedGeneration === generation) return;
      const status = () => ({ observedGeneration: generation, conditions: withTimes(now, before, generation, nowMs) });
      statuses.put(key, { stored, status, isUrgent: false, written: () => emit(stored, "Warning", "InvalidSpec", "Validate", message) });
    },
    stuck: (stored, failure) => emit(stored, "Warning", failure.reason, "Release", failure.sentence),
    async forget(key) {
      endSeries(key);
      await statuses.forget(key);
    },
    end: () => exported.forEach(endSeries),
  };
}
