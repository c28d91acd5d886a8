// `demo`: the built operator against a playground on an accelerated clock; a table and an HTML report at the end.
// Whatever happens, the child process is stopped and both servers are closed.
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { OperatorError } from "../errors.ts";
import { MINUTE_MS } from "./demo/course.ts";
import { createObserver } from "./demo/observer.ts";
import type { Observer } from "./demo/observer.ts";
import { startBuiltOperator } from "./demo/operator.ts";
import type { Operator, StartOperator } from "./demo/operator.ts";
import { demoPage } from "./demo/page.ts";
import { createProgress } from "./demo/progress.ts";
import type { Progress } from "./demo/progress.ts";
import { missedPeaks, resultJson, resultOf } from "./demo/result.ts";
import type { DemoResult } from "./demo/result.ts";
import { JUDGED_MINUTES, LIVE_MS, PATIENCE_MS, SETTLE_MS, TIME_ZONE } from "./demo/settings.ts";
import { summaryText } from "./demo/summary.ts";
import { startWorld } from "./demo/world.ts";
import type { World } from "./demo/world.ts";
import { EXIT } from "./io.ts";
import type { Io } from "./io.ts";
import { timesIn } from "./report/wording.ts";

export interface DemoOptions {
  readonly seed: number;
  /** Simulated seconds a second. */
  readonly rate: number;
  readonly output: "text" | "json";
  /** Where the HTML report goes. */
  readonly out: string;
  /** Of the playground's API server; 0 takes a free one. */
  readonly port: number;
}

/** Two days and the warm-up take 53 s at this rate. */
const DEFAULT_RATE = 3_500;
const DEFAULT_SEED = 6;
const SLOWEST_RATE = 60;
const FASTEST_RATE = 20_000;
const HOUR_MS = 3_600_000;
/** How often the operator is asked what it forecast: twice a step, so that a late pass is not missed. */
const LOOK_MS = MINUTE_MS / 2;

const EXAMPLE = `
Example:
  predictive-scaler demo
  predictive-scaler demo --seed 7 --output json

Needs no cluster: a small Kubernetes API server and Prometheus run inside, on loopback, for about a minute.
Exit code 1: a regular peak came without its capacity ever having been asked for.
`;

export function demoCommand(io: Io, finish: (code: number) => void): Command {
  return new Command("demo")
    .description("Watch the operator scale a shop through two simulated days, without a cluster.")
    .addOption(new Option("--seed <n>", "which traffic: the same seed is the same traffic").argParser(wholeNumber).default(DEFAULT_SEED))
    .addOption(new Option("--rate <n>", "simulated seconds per second").argParser(rateNumber).default(DEFAULT_RATE))
    .addOption(new Option("--output <format>", "what is printed at the end").choices(["text", "json"]).default("text"))
    .addOption(new Option("--out <file>", "where the HTML report is written").default("demo-report.html"))
    .addOption(new Option("--port <n>", "port of the playground's API server, 0 for any").argParser(portNumber).default(0))
    .addHelpText("after", EXAMPLE)
    .action(async (options: DemoOptions) => finish(await runDemo(options, io)));
}

/** Runs the demo; resolves to the exit code. `startOperator`: what is to scale the shop. */
export async function runDemo(options: DemoOptions, io: Io, startOperator: StartOperator = startBuiltOperator): Promise<number> {
  const progress = createProgress(io);
  try {
    const result = await watchedDays(options, io, progress, startOperator);
    await writeFile(options.out, demoPage(result));
    progress.done();
    io.stdout(options.output === "json" ? `${JSON.stringify(resultJson(result), undefined, 2)}\n` : summaryText(result, resolve(options.out)));
    return missedPeaks(result).length === 0 ? EXIT.ok : EXIT.bad;
  } catch (error) {
    progress.done();
    if (io.signal.aborted) return EXIT.interrupted;
    if (!(error instanceof OperatorError)) throw error;
    io.stderr(`predictive-scaler: ${error.sentence}\n`);
    return EXIT.bad;
  }
}

/** Starts everything, watches the warm-up and the judged days, and stops everything. */
async function watchedDays({ seed, rate, port }: DemoOptions, io: Io, progress: Progress, startOperator: StartOperator): Promise<DemoResult> {
  const world = await startWorld({ seed, rate, port });
  const over = new AbortController();
  const signal = AbortSignal.any([io.signal, over.signal]);
  let operator: Operator | undefined;
  try {
    operator = await startOperator(world);
    const observer = createObserver(world.traffic);
    const crashed = operator.crashed.then((error) => {
      throw error;
    });
    const startMs = await Promise.race([watch({ world, operator, observer, progress, signal }), crashed]);
    const { failedPasses, forecasts, minutesBehind } = observer;
    const { errorLines, lastComplaint } = operator;
    const told = { errors: errorLines + failedPasses, lastComplaint, minutesBehind };
    return resultOf({ seed, traffic: world.traffic, record: world.record(), forecasts, startMs, ...told });
  } finally {
    over.abort(new Error("over"));
    await operator?.stop();
    await world.close();
  }
}

interface Watch {
  readonly world: World;
  readonly operator: Operator;
  readonly observer: Observer;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Looks on until the judged days are over; the first judged minute. */
async function watch({ world, operator, observer, progress, signal }: Watch): Promise<number> {
  const { clock } = world;
  const times = timesIn(TIME_ZONE);
  let judgedMs: number | undefined;
  for (;;) {
    const nowMs = clock.nowMs();
    const endMs = judgedMs === undefined ? undefined : judgedMs + JUDGED_MINUTES * MINUTE_MS;
    if (endMs !== undefined && nowMs >= endMs + MINUTE_MS) return judgedMs ?? endMs;
    await clock.delay(LOOK_MS - (nowMs % LOOK_MS), signal);
    await scrape(operator, observer, clock.nowMs(), signal);
    const state = world.record().at(-1);
    const replicas = `${state?.ready ?? 0} of ${state?.asked ?? 0} replicas ready`;
    if (judgedMs === undefined) {
      const { isTrue, reason } = await world.forecasting();
      if (isTrue) judgedMs = Math.max(LIVE_MS, Math.ceil((clock.nowMs() + SETTLE_MS) / HOUR_MS) * HOUR_MS);
      else if (clock.nowMs() - world.startMs > PATIENCE_MS) throw noForecast(reason);
      progress.at(0, `${times.dayTime(clock.nowMs())}  the operator loads four weeks of history (${reason})`);
    } else {
      const share = (clock.nowMs() - world.startMs) / (judgedMs + JUDGED_MINUTES * MINUTE_MS - world.startMs);
      progress.at(share, `${times.dayTime(clock.nowMs())}  ${Math.round(world.traffic.rate(clock.nowMs()))} requests/s, ${replicas}`);
    }
  }
}

/** A scrape that fails is a gap in the chart, no more. */
async function scrape(operator: Operator, observer: Observer, nowMs: number, signal: AbortSignal): Promise<void> {
  if (operator.metricsUrl === undefined) return;
  try {
    const response = await fetch(`${operator.metricsUrl}/metrics`, { signal });
    observer.take(await response.text(), nowMs);
  } catch (error) {
    if (signal.aborted) throw error;
  }
}

function noForecast(reason: string): OperatorError {
  return new OperatorError(`The operator had no forecast after ${PATIENCE_MS / HOUR_MS} simulated hours (Forecasting: ${reason}).`, {
    reason: "InternalError",
    retry: "whenSpecChanges",
    hint: "Try a lower --rate if this machine is busy.",
  });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError("Expected a whole number.");
  return value;
}

function rateNumber(text: string): number {
  const value = Number(text);
  if (!(value >= SLOWEST_RATE && value <= FASTEST_RATE)) throw new InvalidArgumentError(`Expected a number from ${SLOWEST_RATE} to ${FASTEST_RATE}.`);
  return value;
}

function portNumber(text: string): number {
  const value = wholeNumber(text);
  if (value < 0 || value > 65_535) throw new InvalidArgumentError("Expected a port, 0 to 65535.");
  return value;
}
