// `run`: the controller itself. Every flag has an environment variable; simulated time is refused unless every server is on loopback.
import { isIP } from "node:net";
import { Command, InvalidArgumentError, Option } from "commander";
import { createClock, parseTime } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { createController, createModelThread } from "../controller/index.ts";
import type { StoredScaler } from "../controller/index.ts";
import { connect, createEvents, createReflector, createScales, createStatuses, KubeError, pruneScaler, SCALERS_PATH } from "../kube/index.ts";
import { createPrometheusClient } from "../prometheus/index.ts";
import { createLog, createMetrics, LOG_LEVELS, serveTelemetry } from "../telemetry/index.ts";
import type { LogLevel } from "../telemetry/index.ts";
import type { OperatorError } from "../errors.ts";
import { EXIT } from "./io.ts";
import type { Io } from "./io.ts";

export interface RunOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly prometheusUrl: URL;
  readonly metricsAddr: { readonly host: string; readonly port: number };
  readonly logLevel: LogLevel;
  readonly clockStart?: number;
  readonly clockRate?: number;
  readonly clockOrigin?: number;
}

const ENV_PREFIX = "PREDICTIVE_SCALER_";
const METRICS_ADDR = "0.0.0.0:8080";
const EXAMPLE = `
Example:
  predictive-scaler run --kubeconfig ~/.kube/config --prometheus-url http://prometheus.monitoring:9090

In a cluster no kubeconfig is needed: the pod's ServiceAccount is used.
Every flag can be set by an environment variable: --prometheus-url is ${ENV_PREFIX}PROMETHEUS_URL.
`;

export function runCommand(io: Io, finish: (code: number) => void): Command {
  const option = (flags: string, description: string) => {
    const made = new Option(flags, description);
    return made.env(ENV_PREFIX + made.name().replaceAll("-", "_").toUpperCase());
  };
  return new Command("run")
    .description("Run the controller.")
    .addOption(option("--kubeconfig <file>", "kubeconfig to use (default: the pod's ServiceAccount, else $KUBECONFIG, else ~/.kube/config)"))
    .addOption(option("--context <name>", "context of the kubeconfig (default: its current one)"))
    .addOption(option("--prometheus-url <url>", "Prometheus that answers the queries").argParser(httpUrl).makeOptionMandatory())
    .addOption(
      option("--metrics-addr <host:port>", "where /metrics, /healthz and /readyz listen")
        .argParser(address)
        .default(address(METRICS_ADDR), METRICS_ADDR),
    )
    .addOption(option("--log-level <level>", "what is logged").choices(LOG_LEVELS).default("info"))
    .addOption(option("--clock-start <time>", "run in simulated time from this RFC 3339 moment (tests; loopback servers only)").argParser(time))
    .addOption(option("--clock-rate <n>", "simulated seconds per second").argParser(positive))
    .addOption(option("--clock-origin <ms>", "unix ms of the wall clock at which --clock-start holds (default: now)").argParser(positive))
    .addHelpText("after", EXAMPLE)
    .action(async (options: RunOptions) => finish(await run(options, io)));
}

/** Runs until the signal fires; resolves to the exit code. Throws OperatorError when it cannot start. */
export async function run(options: RunOptions, io: Io): Promise<number> {
  const log = createLog(options.logLevel);
  const connection = connect({
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    ...(options.context === undefined ? {} : { context: options.context }),
  });
  const complaint = simulationComplaint(options, [connection.server, options.prometheusUrl.href]);
  if (complaint !== undefined) {
    io.stderr(`predictive-scaler: ${complaint}\n`);
    return EXIT.usage;
  }
  // Servers live in wall-clock time; only the line itself may run in simulated time.
  const wallClock = createClock();
  const clock = clockOf(options);
  const metrics = createMetrics();
  metrics.leader(true);
  const prometheus = createPrometheusClient({ url: options.prometheusUrl.href, clock: wallClock, onRequest: (code) => metrics.prometheusRequest(code) });
  const thread = createModelThread();
  const events = createEvents({ connection, clock: wallClock, log });
  const parts = { clock, prometheus, events, metrics, log, thread, random: Math.random };
  const controller = createController({ ...parts, scales: createScales({ connection, clock: wallClock }), statuses: createStatuses({ connection }) });
  const reflector = createReflector<StoredScaler>({
    connection,
    clock: wallClock,
    path: SCALERS_PATH,
    prune: pruneScaler,
    handlers: { changed: (key, scaler) => controller.changed(key, scaler) },
    onError: (error) => log.warn({ reason: error.reason }, `Watching PredictiveScalers: ${error.sentence}${missingCrdHint(error)}`),
  });
  let isRunning = true;
  const server = await serveTelemetry({
    ...options.metricsAddr,
    metrics,
    health: () => (isRunning ? undefined : "The controller has stopped."),
    readiness: () => (reflector.synced() ? undefined : "The list of PredictiveScalers is not in yet."),
  });
  log.info({ metricsUrl: server.url }, "listening");
  log.info({ server: connection.server, prometheusUrl: options.prometheusUrl.origin, now: clock.nowMs() }, "controller started");
  await Promise.all([reflector.run(io.signal), controller.run(reflector, io.signal)]);
  isRunning = false;
  log.info({}, "stopping");
  await events.flush();
  await Promise.all([server.close(), thread.close(), connection.close()]);
  prometheus.close();
  log.info({}, "stopped");
  return EXIT.ok;
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

/** Why simulated time is refused, if it is asked for and refused. */
function simulationComplaint({ clockStart, clockRate, clockOrigin }: RunOptions, servers: readonly string[]): string | undefined {
  if (clockStart === undefined && clockRate === undefined && clockOrigin === undefined) return undefined;
  const remote = servers.find((server) => !isLoopback(new URL(server).hostname));
  if (remote === undefined) return undefined;
  return `Simulated time (--clock-start, --clock-rate) is for servers on loopback only, and ${new URL(remote).origin} is not. Leave these flags out.`;
}

function isLoopback(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}

function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") throw new InvalidArgumentError("Expected a URL such as http://prometheus:9090.");
  return url;
}

function address(text: string): RunOptions["metricsAddr"] {
  const found = /^(.*):(\d{1,5})$/.exec(text);
  if (found === null || Number(found[2]) > 65_535) throw new InvalidArgumentError("Expected host:port, such as 0.0.0.0:8080.");
  return { host: (found[1] ?? "").replace(/^\[|\]$/g, "") || "0.0.0.0", port: Number(found[2]) };
}

function time(text: string): number {
  const ms = parseTime(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError("Expected a time such as 2026-03-02T00:00:00Z.");
  return ms;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("Expected a number above 0.");
  return value;
}
