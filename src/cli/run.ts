// `run`: the controller itself. Every flag has an environment variable; simulated time is refused unless every server is on loopback.
import { isIP } from "node:net";
import { Command, InvalidArgumentError, Option } from "commander";
import { parseTime } from "../clock.ts";
import { connect } from "../kube/index.ts";
import { LABEL_NAME } from "../prometheus/index.ts";
import { LOG_LEVELS } from "../telemetry/index.ts";
import { EXIT } from "./io.ts";
import type { Io } from "./io.ts";
import { httpUrl } from "./option-values.ts";
import { tlsComplaint } from "./run/external.ts";
import { runOperator } from "./run/operator.ts";
import type { RunOptions } from "./run/options.ts";

const ENV_PREFIX = "PREDICTIVE_SCALER_";
/** RFC 1123 label. */
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Does nothing, is on every node already, and runs as nobody. */
const HEADROOM_IMAGE = "registry.k8s.io/pause:3.10.1";
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
    .addOption(option("--prometheus-url <url>", "Prometheus that answers the queries").argParser(httpUrl("http://prometheus:9090")).makeOptionMandatory())
    .addOption(option("--prometheus-bearer-token-file <file>", "token for --prometheus-url; read again when it is rotated"))
    .addOption(option("--prometheus-ca-file <file>", "PEM certificates that the certificate of --prometheus-url must lead to"))
    .addOption(option("--prometheus-allowed-urls <urls>", "what metric.prometheus.url may be, by commas; *. before a host is any label").argParser(list))
    .addOption(
      option("--enforce-namespace-label <name>", "add <name>=\"NAMESPACE OF THE SCALER\" to every selector of every query").argParser(labelName),
    )
    .addOption(
      option("--metrics-addr <host:port>", "where /metrics, /healthz and /readyz listen")
        .argParser(address)
        .default(address(METRICS_ADDR), METRICS_ADDR),
    )
    .addOption(
      option("--external-scaler-addr <host:port>", "where KEDA's external scaler protocol is answered (default: nowhere)").argParser(address),
    )
    .addOption(option("--external-scaler-cert-file <file>", "PEM certificate that it is answered with; read again when it is rotated"))
    .addOption(option("--external-scaler-key-file <file>", "PEM key of that certificate"))
    .addOption(option("--external-scaler-client-ca-file <file>", "PEM certificates that a client's certificate must lead to"))
    .addOption(option("--watch-namespaces <names>", "namespaces to work in, by commas (default: all)").argParser(names))
    .addOption(option("--leader-elect <bool>", "write only while holding a Lease, so that one of several replicas acts").argParser(bool).default(true))
    .addOption(option("--leader-elect-namespace <name>", "namespace of the Lease (default: the pod's, else the kubeconfig's)"))
    .addOption(option("--sharding <bool>", "all replicas act at once, each on its part of the scalers; needs --leader-elect").argParser(bool).default(false))
    .addOption(option("--headroom-image <image>", "image of the placeholder pods of spec.nodeHeadroom").default(HEADROOM_IMAGE))
    .addOption(option("--log-level <level>", "what is logged").choices(LOG_LEVELS).default("info"))
    .addOption(option("--clock-start <time>", "run in simulated time from this RFC 3339 moment (tests; loopback servers only)").argParser(time))
    .addOption(option("--clock-rate <n>", "simulated seconds per second").argParser(positive))
    .addOption(option("--clock-origin <ms>", "unix ms of the wall clock at which --clock-start holds (default: now)").argParser(positive))
    .addHelpText("after", EXAMPLE)
    .action(async (options: RunOptions) => finish(await run(options, io)));
}

/** Runs until the signal fires; resolves to the exit code. Throws OperatorError when it cannot start. */
async function run(options: RunOptions, io: Io): Promise<number> {
  if (options.sharding && !options.leaderElect) {
    io.stderr("predictive-scaler: --sharding needs --leader-elect=true: without Leases replicas do not know of each other.\n");
    return EXIT.usage;
  }
  const misfit = tlsComplaint(options);
  if (misfit !== undefined) {
    io.stderr(`predictive-scaler: ${misfit}\n`);
    return EXIT.usage;
  }
  const connection = connect({
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    ...(options.context === undefined ? {} : { context: options.context }),
  });
  const complaint = simulationComplaint(options, [connection.server, options.prometheusUrl.href]);
  if (complaint !== undefined) {
    io.stderr(`predictive-scaler: ${complaint}\n`);
    return EXIT.usage;
  }
  await runOperator(options, connection, io.signal);
  return EXIT.ok;
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

function address(text: string): RunOptions["metricsAddr"] {
  const found = /^(.*):(\d{1,5})$/.exec(text);
  if (found === null || Number(found[2]) > 65_535) throw new InvalidArgumentError("Expected host:port, such as 0.0.0.0:8080.");
  return { host: (found[1] ?? "").replace(/^\[|\]$/g, "") || "0.0.0.0", port: Number(found[2]) };
}

function list(text: string): readonly string[] {
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

export function names(text: string): readonly string[] {
  const found = list(text);
  const wrong = found.find((name) => !NAMESPACE.test(name));
  if (found.length === 0 || wrong !== undefined) throw new InvalidArgumentError("Expected names of namespaces by commas, such as shop,web.");
  return [...new Set(found)];
}

function labelName(text: string): string {
  if (!LABEL_NAME.test(text)) throw new InvalidArgumentError("Expected the name of a label, such as namespace.");
  return text;
}

function time(text: string): number {
  const ms = parseTime(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError("Expected a time such as 2026-03-02T00:00:00Z.");
  return ms;
}

function bool(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidArgumentError("Expected true or false.");
  return text === "true";
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("Expected a number above 0.");
  return value;
}
