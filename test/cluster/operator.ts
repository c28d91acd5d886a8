// The built operator as a child process in simulated time, and what it says.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { guardChild } from "../control-plane/child-process.ts";
import { waitFor } from "./wait-for.ts";

export interface OperatorOptions {
  readonly kubeconfig: string;
  /** Where `args` are given they say it. */
  readonly prometheusUrl?: string;
  /** What it watches, on a cluster that it shares with other tests' operators; all, if not given. */
  readonly namespaces?: readonly string[];
  /** Of a container: `run` and its flags. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Simulated time at the start, unix ms. */
  readonly clockStartMs: number;
  /** Simulated seconds a second. */
  readonly clockRate: number;
}

export interface LogLine {
  readonly msg: string;
  readonly level?: number | string;
  readonly reason?: string;
  readonly metricsUrl?: string;
  readonly [key: string]: unknown;
}

export interface Operator {
  readonly metricsUrl: string;
  /** Its simulated now, unix ms. */
  nowMs(): number;
  /** Every line so far. */
  lines(): readonly LogLine[];
  /** Undefined while it runs. */
  exitCode(): number | string | undefined;
  /** Resolves when its simulated time has reached `ms`. */
  until(ms: number): Promise<void>;
  /** Sends a signal and does not wait. */
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | string>;
}

export const BUNDLE = fileURLToPath(new URL("../../dist/predictive-scaler.mjs", import.meta.url));
const LISTENING_DEADLINE_MS = 120_000;
const STOP_DEADLINE_MS = 15_000;
const TAIL_LINES = 20;

export async function startOperator({ kubeconfig, prometheusUrl = "", namespaces, args: given, env, clockStartMs, clockRate }: OperatorOptions): Promise<Operator> {
  if (!existsSync(BUNDLE)) throw new Error("dist/predictive-scaler.mjs is not there. Run: npm run build");
  const originMs = Date.now();
  const clock = ["--clock-start", new Date(clockStartMs).toISOString(), "--clock-rate", String(clockRate), "--clock-origin", String(originMs)];
  const args = given ?? ["run", "--prometheus-url", prometheusUrl, "--metrics-addr", "127.0.0.1:0", "--log-level", "info", ...(namespaces === undefined ? [] : ["--watch-namespaces", namespaces.join()])];
  const child = spawn(process.execPath, [BUNDLE, ...args, "--kubeconfig", kubeconfig, ...clock], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  guardChild(child);
  const lines: LogLine[] = [];
  let end: number | string | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      end = code ?? signal ?? "gone";
      resolve();
    });
  });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", (text) => lines.push(parseLine(text)));
  const tail = () => lines.slice(-TAIL_LINES).map((line) => JSON.stringify(line)).join("\n");
  const listening = await waitFor("the operator listens", LISTENING_DEADLINE_MS, async () => {
    const line = lines.find(({ msg }) => msg === "listening");
    if (line?.metricsUrl !== undefined) return line.metricsUrl;
    throw new Error(end === undefined ? `It said:\n${tail()}` : `It ended with ${end}:\n${tail()}`);
  });
  const nowMs = () => clockStartMs + (Date.now() - originMs) * clockRate;
  return {
    metricsUrl: listening,
    nowMs,
    lines: () => lines,
    exitCode: () => end,
    async until(ms) {
      while (nowMs() < ms) {
        if (end !== undefined) throw new Error(`The operator ended with ${end}:\n${tail()}`);
        await new Promise((resolve) => setTimeout(resolve, Math.min(500, (ms - nowMs()) / clockRate + 1)));
      }
    },
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
      await gone;
      clearTimeout(timer);
      return end ?? "gone";
    },
  };
}

function parseLine(text: string): LogLine {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "msg" in value) return value as LogLine;
  } catch {
    // Not a log line: shown as it is.
  }
  return { msg: text };
}
