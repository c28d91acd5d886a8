// The operator as a process: its parts put together, and their life from the first list to the last flush.
// Invariant: only a term of leadership (with sharding: of membership) writes, and the term's end stops its work before its lease is over.
import { createClock } from "../../clock.ts";
import type { Clock } from "../../clock.ts";
import { createController, createModelThread } from "../../controller/index.ts";
import type { Controller, ControllerParts, StoredScaler } from "../../controller/index.ts";
import type { OperatorError } from "../../errors.ts";
import { createAutoscalers, createClaims, createEvents, createHeadrooms, createScalerCache, createScales, createSecretReader } from "../../kube/index.ts";
import { createStatuses, createTargetCache } from "../../kube/index.ts";
import { createWriters, guardWrites, KubeError, metered } from "../../kube/index.ts";
import type { KubeConnection } from "../../kube/index.ts";
import { createPrometheusServers, enforceNamespaces } from "../../prometheus/index.ts";
import type { PrometheusClient } from "../../prometheus/index.ts";
import { createLog, createMetrics, serveTelemetry } from "../../telemetry/index.ts";
import type { Metrics } from "../../telemetry/index.ts";
import type { RunOptions } from "./options.ts";
import { electionFor, identityOf } from "./election.ts";
import { replicasOverHttp, serveExternal } from "./external.ts";
import { neighboursFor } from "./neighbours.ts";
import { createShard } from "./shard.ts";
import type { Shard } from "./shard.ts";

/** Runs until the signal fires and everything under way has ended. Rejects with OperatorError when it cannot start. */
export async function runOperator(options: RunOptions, unmetered: KubeConnection, signal: AbortSignal): Promise<void> {
  const log = createLog(options.logLevel);
  // Servers live in wall-clock time; only the line itself may run in simulated time.
  const wallClock = createClock();
  const clock = clockOf(options);
  const metrics = createMetrics();
  const connection = metered(unmetered, (method, code) => metrics.kubernetesRequest(method, code));
  const identity = identityOf();
  let shard: Shard | undefined;
  const election = electionFor(options, identity, {
    connection,
    clock: wallClock,
    log,
    onStanding: (standing) => shard?.take(standing),
    hasLetGo: () => shard?.hasLetGo() ?? true,
  });
  const writing = guardWrites(connection, () => election.isLeader());
  const prometheus = prometheusFor(options, connection, wallClock, metrics);
  const thread = createModelThread(wallClock);
  const events = createEvents({ connection: writing, clock: wallClock, log });
  const onPodsRefused = (error: KubeError) => log.warn({ reason: error.reason }, `Ready pods are not known: ${error.sentence}`);
  const held = { autoscalers: createAutoscalers({ connection: writing }), claims: createClaims({ connection: writing }) };
  const own = { headrooms: createHeadrooms({ connection: writing, image: options.headroomImage }), statuses: createStatuses({ connection: writing }) };
  const onTargetError = (error: OperatorError) => log.warn({ reason: error.reason }, `Targets are asked for one by one: ${error.sentence}`);
  const watched = createTargetCache({ connection, clock: wallClock, namespaces: options.watchNamespaces, signal, onError: onTargetError });
  const targets = { ...held, ...own, scales: createScales({ connection: writing, clock: wallClock, onPodsRefused, targets: watched }) };
  const onForgotten = (key: string) => shard?.forgotten(key);
  const others = { neighbours: neighboursFor(options.watchNamespaces, connection, wallClock, log), writers: createWriters({ connection }) };
  const parts: ControllerParts = { clock, prometheus, events, metrics, log, thread, ...targets, ...others, random: Math.random, onForgotten };
  let leading: Controller | undefined;
  const scalers = createScalerCache<StoredScaler>({
    connection,
    clock: wallClock,
    namespaces: options.watchNamespaces,
    handlers: { changed: (key, scaler) => [others.neighbours, shard ?? leading].forEach((each) => each?.changed(key, scaler)) },
    onError: (error) => log.warn({ reason: error.reason }, `Watching PredictiveScalers: ${error.sentence}${missingCrdHint(error)}`),
  });
  if (options.sharding === true) shard = createShard({ identity, all: scalers, onCount: (count, members) => metrics.shard(identity, count, members) });
  let isRunning = true;
  const server = await serveTelemetry({
    ...options.metricsAddr,
    metrics,
    health: () => (isRunning ? undefined : "The controller has stopped."),
    decisions: (key, sinceMs) => leading?.journal(key, sinceMs),
    replicas: replicasOverHttp({ scalers, clock, metrics }),
    readiness: () => (scalers.synced() ? undefined : "The list of PredictiveScalers is not in yet."),
  });
  log.info({ metricsUrl: server.url }, "listening");
  const external = await serveExternal(options, { scalers, clock, wallClock, metrics, log });
  log.info({ server: connection.server, prometheusUrl: options.prometheusUrl.origin, now: clock.nowMs() }, "controller started");
  log.info({ namespaces: options.watchNamespaces ?? "all" }, scopeSentence(options.watchNamespaces));
  const lead = async (term: AbortSignal) => {
    metrics.leader(true);
    log.info({}, "leading");
    leading = createController(parts);
    shard?.serve(leading);
    await leading.run(shard?.scalers ?? scalers, term);
    shard?.serve(undefined);
    await events.flush();
    leading = undefined;
    metrics.leader(false);
  };
  metrics.leader(false);
  await Promise.all([scalers.run(signal), others.neighbours.run(signal), election.run(lead, signal)]);
  isRunning = false;
  log.info({}, "stopping");
  await Promise.all([server.close(), external?.close(), thread.close(), connection.close()]);
  prometheus.close();
  log.info({}, "stopped");
}

function scopeSentence(namespaces: readonly string[] | undefined): string {
  if (namespaces === undefined) return "Scalers of all namespaces are seen.";
  return `Only scalers in ${namespaces.join(", ")} are seen (--watch-namespaces). Those in other namespaces are not, and nothing is done or said about them.`;
}

/** The servers that scalers ask, each query confined to its scaler's namespace where the operator is told so. */
function prometheusFor(options: RunOptions, connection: KubeConnection, clock: Clock, metrics: Metrics): PrometheusClient {
  const servers = createPrometheusServers({
    own: { url: options.prometheusUrl.href, bearerTokenFile: options.prometheusBearerTokenFile, caFile: options.prometheusCaFile },
    allowedUrls: options.prometheusAllowedUrls ?? [],
    readSecret: createSecretReader(connection),
    clock,
    onRequest: (code) => metrics.prometheusRequest(code),
  });
  const label = options.enforceNamespaceLabel;
  return label === undefined ? servers : enforceNamespaces(servers, label);
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
