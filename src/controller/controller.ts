// The controller: watches scalers, runs one pass a scaler and step, and handles every failure in one place.
// One scaler's failure never touches another's: a pass that fails is tried again with its own back-off.
import { PAUSED_ANNOTATION, PAUSED_UNTIL_ANNOTATION } from "../api/index.ts";
import { createTurns } from "../clock.ts";
import type { Clock } from "../clock.ts";
import type { OperatorError } from "../errors.ts";
import type { Autoscalers, Claims, Events, Headrooms, Neighbours, Reflector, Scales, Statuses, Writers } from "../kube/index.ts";
import type { PrometheusClient } from "../prometheus/index.ts";
import type { Log, Metrics } from "../telemetry/index.ts";
import { createComplaints } from "./complaints.ts";
import { asOperatorError } from "./failure.ts";
import type { Journal } from "../advice/index.ts";
import { createJournals } from "./journal.ts";
import { createLearner } from "./learner.ts";
import type { ModelThread } from "./model-thread.ts";
import type { Memory } from "./memory.ts";
import { createOutputs } from "./outputs/outputs.ts";
import { reconcile } from "./reconcile.ts";
import type { LineParts } from "./reconcile.ts";
import { createReporter } from "./report.ts";
import { createStatusWriter } from "./status-writer.ts";
import type { StoredScaler } from "./stored-scaler.ts";
import { createWorkQueue } from "./work-queue.ts";
import type { WorkQueue } from "./work-queue.ts";

/** Passes under way at once for one Prometheus: enough to hide the latency of their calls, few enough for a small server. */
const WORKERS = 16;
/** So many passes that wait, beyond which learning and telling make room for them; and histories, beyond which telling does. */
const BUSY_DEPTH = 100;

export interface ControllerParts {
  readonly clock: Clock;
  readonly prometheus: PrometheusClient;
  readonly scales: Scales;
  readonly autoscalers: Autoscalers;
  readonly claims: Claims;
  readonly headrooms: Headrooms;
  /** Without them nothing is known of others who scale the targets. */
  readonly neighbours?: Neighbours;
  readonly writers?: Writers;
  readonly statuses: Statuses;
  readonly events: Events;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly thread: ModelThread;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  /** Told when nothing is known of a scaler any more, and no pass of it is under way. */
  readonly onForgotten?: (key: string) => void;
}

export interface Controller {
  /** Called by the reflector for each change of a scaler. */
  changed(key: string, scaler: StoredScaler | undefined): void;
  /** What is remembered of a scaler's last day; undefined if it is not known here. */
  journal(key: string, sinceMs: number): Journal | undefined;
  /** Works until the signal fires and the passes under way have ended. */
  run(scalers: Reflector<StoredScaler>, signal: AbortSignal): Promise<void>;
}

export function createController(parts: ControllerParts): Controller {
  const { clock, metrics, log } = parts;
  let stored: (key: string) => StoredScaler | undefined = () => undefined;
  const queue = createWorkQueue(clock, metrics.workqueue, parts.random, (key) => laneOf(stored(key)));
  const journals = createJournals();
  const isNews = createNews();
  const complaints = createComplaints(log);
  const isBusy = () => queue.waiting > BUSY_DEPTH;
  const changed = (key: string, scaler: StoredScaler | undefined) => {
    if (!isNews(key, scaler)) return;
    queue.succeeded(key);
    queue.add(key);
  };
  return {
    changed,
    journal: (key, sinceMs) => journals.read(key, sinceMs, clock.nowMs()),
    async run(scalers, signal) {
      stored = (key) => scalers.get(key);
      const memories = new Map<string, Memory>();
      const learner = createLearner(parts.prometheus, parts.thread, signal, isBusy);
      // While many histories wait too: those who look at the status of a forecast want the forecast first.
      const writer = createStatusWriter({ ...parts, complaints: createComplaints(log), isBusy: () => isBusy() || learner.waiting > BUSY_DEPTH });
      const line: LineParts = {
        ...parts,
        outputs: createOutputs(parts),
        learner,
        reporter: createReporter({ ...parts, statuses: writer }),
        journals,
        memories,
        turn: createTurns(),
        wake: (key) => queue.add(key),
      };
      const work = async (key: string) => {
        try {
          const outcome = await reconcile(line, scalers.get(key), key, signal);
          metrics.reconcile("ok");
          metrics.loadsWaiting(line.learner.waiting);
          queue.succeeded(key);
          complaints.end(key);
          if (outcome.kind === "again") queue.addAfter(key, outcome.afterMs);
          else if (scalers.get(key) === undefined) {
            queue.forget(key);
            parts.onForgotten?.(key);
          }
        } catch (error) {
          if (signal.aborted) return;
          const failure = asOperatorError(error);
          // The term ends in a moment, or goes on after a renewal that came late.
          if (failure.reason === "NotLeader") queue.addAfterFailure(key);
          else failed(key, memories.get(key), failure);
        }
      };
      for (const key of scalers.keys()) changed(key, scalers.get(key));
      metrics.decisionDelay(() => queue.overdueMs() / 1000);
      await Promise.all([queue.run(work, () => WORKERS, signal), writer.run(signal)]);
      metrics.decisionDelay(() => 0);
      metrics.loadsWaiting(0);
      metrics.statusesWaiting(0);
      line.reporter.end();
    },
  };

  function failed(key: string, memory: Memory | undefined, error: OperatorError): void {
    metrics.reconcile("error");
    complaints.of(key, error);
    tryAgain(queue, key, memory, error);
  }
}

function tryAgain(queue: WorkQueue, key: string, memory: Memory | undefined, error: OperatorError): void {
  if (error.retry === "backoff") queue.addAfterFailure(key, error.retryAfterMs);
  else queue.addAfter(key, Math.max(memory?.plan.stepMs ?? 0, 1_000));
}

/** Scalers of one Prometheus share their workers, whatever credentials they have: one that hangs holds up its own scalers only. */
function laneOf(stored: StoredScaler | undefined): string {
  // Not parsed yet: anything may stand there.
  const { metric } = (stored as { readonly spec?: { readonly metric?: { readonly prometheus?: { readonly url?: unknown } } } } | undefined)?.spec ?? {};
  const url = metric?.prometheus?.url;
  return typeof url === "string" ? url : "";
}

/** Our own status writes come back as changes: only a new specification, a pause or the end is worth a pass. */
function createNews(): (key: string, scaler: StoredScaler | undefined) => boolean {
  const versions = new Map<string, string>();
  return (key, scaler) => {
    const version = scaler === undefined ? undefined : versionOf(scaler);
    if (version !== undefined && versions.get(key) === version) return false;
    if (version === undefined) versions.delete(key);
    else versions.set(key, version);
    return true;
  };
}

function versionOf({ metadata: { uid, generation, deletionTimestamp, annotations = {} } }: StoredScaler): string {
  return [uid, generation, deletionTimestamp, annotations[PAUSED_ANNOTATION], annotations[PAUSED_UNTIL_ANNOTATION]].join("/");
}
