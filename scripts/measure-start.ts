// How long the built program takes to start, and what it holds in memory: `node scripts/measure-start.ts [NAME=value ...]`, the values for its environment.
// Prints the least and the median of RUNS runs: on a busy machine the least is the program's own.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createClock } from "../src/clock.ts";
import { startPlaygroundKubernetes, startPlaygroundPrometheus } from "../src/playground/index.ts";

const RUNS = 5;
/** After so long the worker has compiled its part and is waiting. */
const SETTLED_MS = 4_000;
const BUNDLE = fileURLToPath(new URL("../dist/predictive-scaler.mjs", import.meta.url));

const clock = createClock();
const kubernetes = await startPlaygroundKubernetes({ clock, readyDelayMs: 1_000, port: 0 });
const prometheus = await startPlaygroundPrometheus({ clock, series: [] });
const folder = mkdtempSync(join(tmpdir(), "measure-start-"));
writeFileSync(join(folder, "kubeconfig"), kubernetes.kubeconfig);
const servers = ["--kubeconfig", join(folder, "kubeconfig"), "--prometheus-url", prometheus.url, "--metrics-addr", "127.0.0.1:0"];

const env = { ...process.env, ...Object.fromEntries(process.argv.slice(2).map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)])) };
const start = (...args: readonly string[]) => spawn(process.execPath, [BUNDLE, ...args], { env, stdio: ["ignore", "ignore", "pipe"] });
const ended = (child: ChildProcess) => new Promise((resolve) => void child.once("exit", resolve));

const measured = { "--version, ms": [] as number[], "run until /healthz, ms": [] as number[], "resident, MB": [] as number[], "of it private, MB": [] as number[] };
for (let i = 0; i < RUNS; i++) {
  const versionMs = performance.now();
  await ended(start("--version"));
  measured["--version, ms"].push(performance.now() - versionMs);

  const runMs = performance.now();
  const operator = start("run", "--leader-elect", "false", ...servers);
  for await (const line of createInterface({ input: operator.stderr })) {
    const { metricsUrl } = JSON.parse(line) as { readonly metricsUrl?: string };
    if (metricsUrl === undefined || !(await fetch(new URL("/healthz", metricsUrl))).ok) continue;
    measured["run until /healthz, ms"].push(performance.now() - runMs);
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  const status = readFileSync(`/proc/${operator.pid}/status`, "utf8");
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1_024;
  measured["resident, MB"].push(megabytes("VmRSS"));
  measured["of it private, MB"].push(megabytes("RssAnon"));
  operator.kill("SIGTERM");
  await ended(operator);
}
for (const [what, values] of Object.entries(measured))
  console.log(`${what.padEnd(24)} least ${Math.min(...values).toFixed(0)}, median ${values.toSorted((a, b) => a - b)[RUNS >> 1]?.toFixed(0)}`);
rmSync(folder, { recursive: true });
await Promise.all([kubernetes.close(), prometheus.close()]);
