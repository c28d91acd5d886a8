// `backtest`: a manifest and recorded demand in, what the controller would have done and how well it would have gone out.
// Exit codes: 1 the manifest or the demand is bad, 2 usage, 3 a file or Prometheus cannot be reached.
import { readFile, stat, writeFile } from "node:fs/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { durationText } from "../api/index.ts";
import type { Scaler } from "../api/index.ts";
import { monotonicMs } from "../clock.ts";
import { readHpa } from "./backtest/hpa-manifest.ts";
import type { Hpa } from "./backtest/hpa-manifest.ts";
import { courseCsv, resultJson } from "./backtest/machine.ts";
import { readManifest } from "./backtest/manifest.ts";
import type { Moment } from "./backtest/moment.ts";
import { backtestPage } from "./backtest/page.ts";
import { Refusal, refuse, refuseFile } from "./refusal.ts";
import { backtestCourse, backtestReport } from "./backtest/result.ts";
import { holidaysOver } from "./backtest/holidays-over.ts";
import { traceFromCsv, traceFromPrometheus } from "./backtest/sources.ts";
import { summaryText } from "./backtest/summary.ts";
import type { Trace } from "./backtest/trace.ts";
import { createProgress } from "./demo/progress.ts";
import { EXIT } from "./io.ts";
import type { Io } from "./io.ts";
import { moment, readyDelay } from "./option-values.ts";

export interface BacktestOptions {
  readonly scaler: string;
  /** One of `csv` and `prometheusUrl`. */
  readonly csv?: string;
  readonly prometheusUrl?: string;
  readonly from?: Moment;
  readonly to?: Moment;
  /** Share of the trace that is history, 0..1. */
  readonly train: number;
  readonly readyDelay: number;
  /** Manifest of an HPA to hold the scaler against. */
  readonly compare?: string;
  readonly output: "text" | "json" | "csv" | "html";
  /** File for the output; standard output if not given. */
  readonly out?: string;
}

/** A manifest of more bytes than this is none. */
const MOST_MANIFEST_BYTES = 10 * 1024 * 1024;
/** What takes no longer needs no progress. */
const QUIET_MS = 2000;

const EXAMPLE = `
Example:
  predictive-scaler backtest --scaler checkout.yaml --csv demand.csv
  predictive-scaler backtest --scaler checkout.yaml --csv demand.csv \\
    --compare hpa.yaml --output html --out report.html
  predictive-scaler backtest --scaler checkout.yaml \\
    --prometheus-url http://localhost:9090 --from 28d

The trace has the header timestamp,value: ISO 8601 times (without a zone: UTC)
or unix seconds. Its step is found from the data and replaces spec.metric.step;
rows that are absent and values that are empty or NaN are gaps, never 0. Of two
rows for one moment the later counts.

The first --train of the trace is history: the forecaster is fitted on it, and
it is replayed through forecaster and demand rule. The rest is decided step by
step, each step from the past only. Replicas asked for are ready after
--ready-delay, removal is at once. Judging starts --ready-delay and one hour
after the split; a missing demand counts as covered. Replayed are forecast,
margin, and the rules after it: bounds, schedules, windows, tolerances, scaling
policies and fallback; mode (Recommend counts as Active) and weekly refits are not.

--compare: the metric of the HPA must be Resource cpu with averageUtilization,
read as that share of targetPerReplica, or External, Pods or Object with
averageValue in the unit of the scaler's query.

--output csv: a row a step after the split; forecast and upper (95 % bound)
were made one lead time before that moment. --output json: shares from 0 to 1,
pinball is the mean loss of the 95 % bound in the unit of the demand, podHours
counts replicas asked for, replicaChanges is per day. hpa-tuned and last-week:
the cheapest of 75 utilisations with no more overload than predictive, chosen
in hindsight; their numbers are null if there is none. last-week asks for what
last week's next half hour needed. clairvoyant knows the future.
`;

export function backtestCommand(io: Io, finish: (code: number) => void): Command {
  const command = new Command("backtest")
    .description("Replay recorded demand through the controller's own forecast and demand rule. Needs no cluster.")
    .addOption(new Option("--scaler <file>", "manifest of the PredictiveScaler").makeOptionMandatory())
    .addOption(new Option("--csv <file>", "trace of the demand, header timestamp,value"))
    .addOption(new Option("--prometheus-url <url>", "Prometheus that is asked the scaler's query").conflicts("csv"))
    .addOption(new Option("--from <time>", "begin: RFC 3339, unix seconds, or 28d for so long ago (default: the scaler's history)").argParser(moment))
    .addOption(new Option("--to <time>", "end, written the same (default: now)").argParser(moment))
    .addOption(new Option("--train <share>", "how much of the trace is history").argParser(share).default(0.7, "70%"))
    .addOption(new Option("--ready-delay <duration>", "time from asking for a replica to Ready").argParser(readyDelay).default(300_000, "5m"))
    .addOption(new Option("--compare <file>", "manifest of your HorizontalPodAutoscaler (autoscaling/v2), replayed beside"))
    .addOption(new Option("--output <format>", "what is printed").choices(["text", "json", "csv", "html"]).default("text"))
    .addOption(new Option("--out <file>", "where it is written (default: standard output)"))
    .addHelpText("after", EXAMPLE);
  return command.action(async (options: BacktestOptions) => {
    const { csv, prometheusUrl, from, to } = options;
    const hasSource = csv !== undefined || prometheusUrl !== undefined;
    if (!hasSource) command.error("error: expected --csv <file> or --prometheus-url <url>: where the demand is read from");
    if (csv !== undefined && (from ?? to) !== undefined) command.error("error: --from and --to go with --prometheus-url; a CSV is replayed as a whole");
    finish(await runBacktest(options, io));
  });
}

/** Runs the backtest; resolves to the exit code. */
export async function runBacktest(options: BacktestOptions, io: Io): Promise<number> {
  const progress = createProgress(io);
  const startMs = monotonicMs();
  const at = (share: number, text: string) => {
    if (io.isTerminal && monotonicMs() - startMs > QUIET_MS) progress.at(share, text);
  };
  const note = (sentence: string) => {
    progress.done();
    io.stderr(`predictive-scaler: ${sentence}\n`);
  };
  try {
    const text = await backtest(options, io.signal, note, at);
    progress.done();
    if (options.out === undefined) io.stdout(text);
    else await writeFile(options.out, text).catch((error: unknown) => refuseFile(options.out ?? "", "written", error));
    return EXIT.ok;
  } catch (error) {
    progress.done();
    if (io.signal.aborted) return EXIT.interrupted;
    if (!(error instanceof Refusal)) throw error;
    io.stderr(`${error.message.replaceAll(/^/gm, "predictive-scaler: ")}\n`);
    return error.code;
  }
}

type At = (share: number, text: string) => void;

/** What is to be printed. Throws Refusal. */
async function backtest(options: BacktestOptions, signal: AbortSignal, note: (sentence: string) => void, at: At): Promise<string> {
  const { train, readyDelay, output } = options;
  const manifest = readManifest(await manifestText(options.scaler), options.scaler);
  if (manifest.kind === "invalid") return refuse(manifest.problems);
  const { scaler } = manifest;
  const compare = options.compare === undefined ? undefined : await compared(options.compare, scaler);
  const trace = await traceFor(options, scaler, signal, note, at);
  const { stepMs, values } = trace.series;
  const ownStepMs = scaler.spec.metric.stepMs;
  if (ownStepMs !== stepMs) note(`The step of ${trace.name} is ${durationText(stepMs)}; it replaces the manifest's ${durationText(ownStepMs)}.`);
  const split = Math.floor(train * values.length + 1e-9);
  at(0.2, `replaying ${values.length} steps`);
  const holidays = await holidaysOver(scaler, trace.series);
  const replayed = split === 0 ? undefined : backtestCourse(scaler, trace.series, split, readyDelay, holidays);
  if (replayed === undefined) {
    const lengths = `${durationText(values.length * stepMs)}, of which ${durationText(split * stepMs)} are history`;
    return refuse(`${trace.name}: found a trace of ${lengths}; expected history, and after it more than the --ready-delay and one hour that are not judged`);
  }
  if (!replayed.course.isFitted) note(`The history (${durationText(split * stepMs)}) is too short to fit the model: its parameters are the default ones.`);
  if (output === "csv") return courseCsv(replayed);
  const report = backtestReport(replayed, compare?.hpa, (part, share) => at(share, part));
  if (output === "json") return `${JSON.stringify(resultJson(report), undefined, 2)}\n`;
  if (output === "html") return backtestPage(report, { trace: trace.name, manifest: manifest.text, hpa: compare?.text });
  return summaryText(report, trace.name, "add --output html --out report.html and open it: every hour, with a chart.");
}

async function compared(file: string, scaler: Scaler): Promise<{ readonly hpa: Hpa; readonly text: string }> {
  const read = readHpa(await manifestText(file), file, scaler.spec.metric.targetPerReplica);
  return read.kind === "valid" ? read : refuse(read.problems);
}

function traceFor(options: BacktestOptions, scaler: Scaler, signal: AbortSignal, note: (sentence: string) => void, at: At): Promise<Trace> {
  const { csv, prometheusUrl, from, to } = options;
  if (prometheusUrl === undefined) return traceFromCsv(csv ?? "", note);
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  const progress = (share: number) => at(0.2 * share, `reading ${scaler.spec.metric.query}`);
  return traceFromPrometheus({ url: prometheusUrl, scaler, ...range, signal, progress }, note);
}

async function manifestText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MOST_MANIFEST_BYTES) refuse(`${file}: found ${size} bytes, expected a manifest of at most ${MOST_MANIFEST_BYTES}`);
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return refuseFile(file, "read", error);
  }
}

function share(text: string): number {
  const found = /^(\d+(?:\.\d+)?)%$/.exec(text);
  const value = found === null ? Number(text) : Number(found[1]) / 100;
  if (text.trim() === "" || !(value > 0 && value < 1)) throw new InvalidArgumentError("Expected a percentage between 0% and 100%, such as 70%.");
  return value;
}
