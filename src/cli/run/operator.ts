// The operator as a process: its parts put together, and their life from the first list to the last flush.
// Invariant: only a term of leadership writes, and the term's end stops its work before its lease is over.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { createClock } from "../../clock.ts";
import type { Clock } from "../../clock.ts";
import { createController, createModelThread } from "../../controller/index.ts";
import type { Controller, ControllerParts, StoredScaler } from "../../controller/index.ts";
import type { OperatorError } from "../../errors.ts";
import { createEvents, createLeaderElection, createLeases, createScalerCache, createScales, createSecretReader } from "../../kube/index.ts";
import { createStatuses, createTargetCache, guardWrites, KubeError, metered } from "../../kube/index.ts";
import type { KubeConnection, LeaderElection } from "../../kube/index.ts";
import { createPrometheusServers } from "../../prometheus/index.ts";
import { createLog, createMetrics, serveTelemetry } from "../../telemetry/index.ts";
import type { Log, LogLevel } from "../../telemetry/index.ts";

export interface RunOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly prometheusUrl: URL;
  readonly prometheusBearerTokenFile?: string;
  readonly prometheusCaFile?: string;
  /** What scalers may name beside prometheusUrl. */
  readonly prometheusAllowedUrls?: readonly string[];
  readonly metricsAddr: { readonly host: string; readonly port: number };
  /** Undefined: all namespaces. */
  readonly watchNamespaces?: readonly string[];
  readonly leaderElect: boolean;
  readonly leaderElectNamespace?: string;
  readonly logLevel: LogLevel;
  readonly clockStart?: number;
  readonly clockRate?: number;
  readonly clockOrigin?: number;
}

/** The Lease that makes one of several replicas the leader. */
export const LEASE_NAME = "predictive-scaler";
/** One call about the lease takes at most half the renew deadline, ms: there is time for another. */
export const LEASE_CALL_MS = 5_000;

/** Runs until the signal fires and everything under way has ended. Rejects with OperatorError when it cannot start. */
export async function runOperator(options: RunOptions, unmetered: KubeConnection, signal: AbortSignal): Promise<void> {
  const log = createLog(options.logLevel);
  // Servers live in wall-clock time; only the line itself may run in simulated time.
  const wallClock = createClock();
  const clock = clockOf(options);
  const metrics = createMetrics();
  const connection = metered(unmetered, (method, code) => metrics.kubernetesRequest(method, code));
  const election = electionFor(options, connection, wallClock, log);
  const writing = guardWrites(connection, () => election.isLeader());
  const prometheus = createPrometheusServers({
    own: { url: options.prometheusUrl.href, bearerTokenFile: options.prometheusBearerTokenFile, caFile: options.prometheusCaFile },
    allowedUrls: options.prometheusAllowedUrls ?? [],
    readSecret: createSecretReader(connection),
    clock: wallClock,
    onRequest: (code) => metrics.prometheusRequest(code),
  });
  const thread = createModelThread();
  const events = createEvents({ connection: writing, clock: wallClock, log });
  const watching = { connection, clock: wallClock, namespaces: options.watchNamespaces, signal };
  const known = createTargetCache({ ...watching, onError: (error) => log.warn({ reason: error.reason }, `Watching targets: ${error.sentence}`) });
  const targets = { scales: createScales({ connection: writing, clock: wallClock, targets: known }), statuses: createStatuses({ connection: writing }) };
  const parts: ControllerParts = { clock, prometheus, events, metrics, log, thread, ...targets, random: Math.random };
  let leading: Controller | undefined;
  const scalers = createScalerCache<StoredScaler>({
    connection,
    clock: wallClock,
    namespaces: options.watchNamespaces,
    handlers: { changed: (key, scaler) => leading?.changed(key, scaler) },
    onError: (error) => log.warn({ reason: error.reason }, `Watching PredictiveScalers: ${error.sentence}${missingCrdHint(error)}`),
  });
  let isRunning = true;
  const server = await serveTelemetry({
    ...options.metricsAddr,
    metrics,
    health: () => (isRunning ? undefined : "The controller has stopped."),
    decisions: (key, sinceMs) => leading?.journal(key, sinceMs),
    readiness: () => (scalers.synced() ? undefined : "The list of PredictiveScalers is not in yet."),
  });
  log.info({ metricsUrl: server.url }, "listening");
  log.info({ server: connection.server, prometheusUrl: options.prometheusUrl.origin, now: clock.nowMs() }, "controller started");
  log.info({ namespaces: options.watchNamespaces ?? "all" }, scopeSentence(options.watchNamespaces));
  const lead = async (term: AbortSignal) => {
    metrics.leader(true);
    log.info({}, "leading");
    leading = createController(parts);
    await leading.run(scalers, term);
    await events.flush();
    leading = undefined;
    metrics.leader(false);
  };
  metrics.leader(false);
  await Promise.all([scalers.run(signal), election.run(lead, signal)]);
  isRunning = false;
  log.info({}, "stopping");
  await Promise.all([server.close(), thread.close(), connection.close()]);
  prometheus.close();
  log.info({}, "stopped");
}

/** The real election, or one that is won for good. */
function electionFor(options: RunOptions, connection: KubeConnection, clock: Clock, log: Log): LeaderElection {
  if (!options.leaderElect) return { isLeader: () => true, run: (lead, signal) => lead(signal) };
  const lease = { namespace: options.leaderElectNamespace ?? connection.namespace, name: LEASE_NAME };
  const identity = `${hostname()}_${randomUUID()}`;
  log.info({ identity, lease: `${lease.namespace}/${lease.name}` }, "competing for the lease");
  return createLeaderElection({
    leases: createLeases(connection, LEASE_CALL_MS),
    clock,
    lease,
    identity,
    random: Math.random,
    onHolder: (holder) => log.info({ holder }, holder === identity ? "holding the lease" : "another replica holds the lease"),
    onError: (error) => log.warn({ reason: error.reason }, `The lease: ${error.sentence}`),
  });
}

function scopeSentence(namespaces: readonly string[] | undefined): string {
  if (namespaces === undefined) return "Scalers of all namespaces are seen.";
  return `Only scalers in ${namespaces.join(", ")} are seen (--watch-namespaces). Those in other namespaces are not, and nothing is done or said about them.`;
}

function missingCrdHint(error: OperatorError): string {
  return error instanceof KubeError && error.status === 404 ? " Install the CRD: kubectl apply -f crds/" : "";
}

function clockOf({ clockStart, clockRate, clockOrigin }: RunOptions): Clock {
  return createClock({
    ...(clockStart === undefined ? {} : { startMs: clockStart }),
    ...(clockRate === undefined ? {} : { rate: clockRate }),
    ...(clockOrigin === undefined ? {} : { originMs: clockOrigin }),
  });
}
