// The built operator as a child process, as a user runs it: over HTTP, with a kubeconfig, its log read line by line.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createClock, rfc3339 } from "../../clock.ts";
import { OperatorError } from "../../errors.ts";
import type { World } from "./world.ts";

declare const __VERSION__: string | undefined;

/** Time to stop in peace before it is killed, ms of the wall clock. */
const STOP_MS = 5_000;
/** Lines of the log that an error shows. */
const LAST_LINES = 12;

export interface Operator {
  /** Base URL of its /metrics; undefined until it listens. */
  readonly metricsUrl: string | undefined;
  /** Error-level lines of its log so far. */
  readonly errorLines: number;
  /** The last message at level warn or error. */
  readonly lastComplaint: string | undefined;
  /** Resolves when the process ends by itself, with what a person should read. */
  readonly crashed: Promise<OperatorError>;
  stop(): Promise<void>;
}

export type StartOperator = (world: World) => Promise<Operator>;

/** Starts `run` of the built program against the world's servers, on the world's clock. */
export const startBuiltOperator: StartOperator = async (world) => {
  const bundle = bundlePath();
  if (!existsSync(bundle)) {
    const hint = "Build it: npm run build.";
    throw new OperatorError(`${bundle} is not there.`, { reason: "InternalError", retry: "whenSpecChanges", hint });
  }
  const folder = await mkdtemp(join(tmpdir(), "predictive-scaler-demo-"));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, world.kubeconfig, { mode: 0o600 });
  const where = ["--kubeconfig", kubeconfig, "--prometheus-url", world.prometheusUrl, "--metrics-addr", "127.0.0.1:0"];
  const when = ["--clock-start", rfc3339(world.startMs), "--clock-rate", String(world.rate), "--clock-origin", String(world.originMs)];
  const child = spawn(process.execPath, [bundle, "run", ...where, ...when], { stdio: ["ignore", "pipe", "pipe"], env: quietEnvironment() });
  return watched(child, () => rm(folder, { recursive: true, force: true }));
};

/** Reads the child's log and watches for its end. `cleanUp` runs after it. */
function watched(child: ChildProcess, cleanUp: () => Promise<void>): Operator {
  const lines: string[] = [];
  let metricsUrl: string | undefined;
  let errorLines = 0;
  let lastComplaint: string | undefined;
  let isStopping = false;
  const read = (line: string) => {
    lines.push(line);
    if (lines.length > LAST_LINES) lines.shift();
    const entry = logEntry(line);
    if (entry?.msg === "listening") metricsUrl = entry.metricsUrl;
    if (entry?.level === "error" || entry?.level === "fatal") errorLines++;
    if (entry?.level === "warn" || entry?.level === "error") lastComplaint = entry.msg;
  };
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface({ input: stream }).on("line", read);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  const crashed = new Promise<OperatorError>((resolve) => {
    void ended.then((how) => {
      const message = `The operator ended by itself (${how}). Its last lines:\n${lines.map((line) => `  ${line}\n`).join("")}`;
      if (!isStopping) resolve(new OperatorError(message, { reason: "InternalError", retry: "whenSpecChanges" }));
    });
  });
  return {
    get metricsUrl() {
      return metricsUrl;
    },
    get errorLines() {
      return errorLines;
    },
    get lastComplaint() {
      return lastComplaint;
    },
    crashed,
    async stop() {
      isStopping = true;
      child.kill("SIGTERM");
      const timer = createClock().after(STOP_MS, () => child.kill("SIGKILL"));
      await ended;
      timer.cancel();
      await cleanUp();
    },
  };
}

function logEntry(line: string): { readonly level?: string; readonly msg?: string; readonly metricsUrl?: string } | undefined {
  try {
    return JSON.parse(line) as { level?: string };
  } catch {
    return undefined; // not a line of the log
  }
}

/** The environment without settings meant for another operator. */
function quietEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PREDICTIVE_SCALER_") && name !== "KUBECONFIG"));
}

/** This very bundle, or the one that a source checkout builds. */
function bundlePath(): string {
  const isBuilt = typeof __VERSION__ !== "undefined";
  return fileURLToPath(isBuilt ? import.meta.url : new URL("../../../dist/predictive-scaler.mjs", import.meta.url));
}
