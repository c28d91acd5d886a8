// Says what a pass found: status, events, gauges and the log. Status is to be written when something that a person would act on
// changed, else every five minutes at most: thousands of scalers must not write thousands of times a minute.
import type { Condition, Problem } from "../api/index.ts";
import { formatProblems, GROUP, KIND, STATUS_EVERY_MS, VERSION } from "../api/index.ts";
import type { Decision } from "../decision/index.ts";
import type { OperatorError } from "../errors.ts";
import type { Events, TargetScale } from "../kube/index.ts";
import type { Log, Metrics } from "../telemetry/index.ts";
import { invalidVerdicts, verdicts } from "./conditions.ts";
import type { Verdict } from "./conditions.ts";
import { gaugesFor, gaugesOfInvalid } from "./gauges.ts";
import type { Memory } from "./memory.ts";
import { subjectOf } from "./outputs/output.ts";
import type { StatusWriter } from "./status-writer.ts";
import type { StoredScaler } from "./stored-scaler.ts";
import { decidedStatus, seenStatus, withTimes } from "./status.ts";


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
  readonly statuses: Pick<StatusWriter, "put" | "forget">;
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
        const { from, to, reason, message } = decision;
        log.info({ namespace, name, from, to, reason, trace: decision.trace }, message);
        emit(stored, "Normal", reason, "Scale", `${subjectOf(memory.plan)} ${from} -> ${to}: ${message}`);
        const { maxReplicas, maxReplicasCeiling } = memory.plan.policy;
        const above = `${to} replicas are above maxReplicas (${maxReplicas}); maxCapacityBreach Raise allows up to ${maxReplicasCeiling}.`;
        if (from <= maxReplicas && to > maxReplicas) emit(stored, "Warning", "RaisedAboveMax", "Scale", above);
      }
      const facts = now.map(({ type, status, reason }) => [type, status, reason]);
      // Why nothing changes differs from pass to pass, and so may the words of a failure.
      const why = decision?.from === decision?.to ? undefined : decision?.reason;
      const fingerprint = JSON.stringify([generation, facts, decision?.from, decision?.to, why, memory.headroom.mayExist]);
      if (fingerprint === memory.statusFingerprint && nowMs - memory.statusAtMs < STATUS_EVERY_MS) return;
      const conditions = withTimes(now, before, generation, nowMs);
      const decided = decision !== undefined && scale !== undefined ? decidedStatus(memory, scale, decision) : {};
      const status = { observedGeneration: generation, ...seenStatus(memory, nowMs), ...decided, conditions };
      statuses.put(key, { stored, status, written: () => tellConditions(pass, now, before) });
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
      const status = { observedGeneration: generation, conditions: withTimes(now, before, generation, nowMs) };
      statuses.put(key, { stored, status, written: () => emit(stored, "Warning", "InvalidSpec", "Validate", message) });
    },
    stuck: (stored, failure) => emit(stored, "Warning", failure.reason, "Release", failure.sentence),
    async forget(key) {
      endSeries(key);
      await statuses.forget(key);
    },
    end: () => exported.forEach(endSeries),
  };
}
