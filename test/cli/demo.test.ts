// The command itself with stand-ins for the operator: it ends, it is interrupted, its operator dies. Fast clocks, no built bundle.
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { demoCommand, runDemo } from "../../src/cli/demo.ts";
import type { Operator, StartOperator } from "../../src/cli/demo/operator.ts";
import { TARGET_PER_REPLICA } from "../../src/cli/demo/settings.ts";
import type { World } from "../../src/cli/demo/world.ts";
import type { Io } from "../../src/cli/io.ts";
import { createClock } from "../../src/clock.ts";
import { OperatorError } from "../../src/errors.ts";
import { temporaryFolder } from "../control-plane/child-process.ts";

const RATE = 60_000;
const MINUTE_MS = 60_000;
const wall = createClock();
const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

function ioFor() {
  const out: string[] = [];
  const err: string[] = [];
  const stop = new AbortController();
  const io: Io = { stdin: Readable.from([]), stdout: (text) => void out.push(text), stderr: (text) => void err.push(text), isTerminal: false, stdoutIsTerminal: false, signal: stop.signal, env: {} };
  return { io, out, err, stop };
}

const optionsFor = (output: "text" | "json") => ({ seed: 6, rate: RATE, output, out: join(temporaryFolder("demo-test-"), "report.html"), port: 0 });
const merge = (url: string, body: object) => fetch(url, { method: "PATCH", body: JSON.stringify(body), headers: { "content-type": "application/merge-patch+json" } });

/** Knows the traffic, says so in the scaler's status, and asks 40 minutes ahead. */
function clairvoyant(world: World): Operator & { isStopped: boolean } {
  const deployment = `${world.kubernetesUrl}/apis/apps/v1/namespaces/shop/deployments/checkout`;
  const scaler = `${world.kubernetesUrl}/apis/predictivescaler.io/v1alpha1/namespaces/shop/predictivescalers/checkout`;
  const over = new AbortController();
  const condition = { type: "Forecasting", status: "True", reason: "ModelFitted", message: "", lastTransitionTime: "2026-03-02T22:00:00Z" };
  let asked = 0;
  const work = async () => {
    await merge(`${scaler}/status`, { status: { conditions: [condition] } });
    while (!over.signal.aborted) {
      const nowMs = world.clock.nowMs();
      const ahead = Array.from({ length: 60 }, (_, i) => world.traffic.noiseFree(nowMs + i * MINUTE_MS));
      const wanted = Math.ceil((Math.max(...ahead) * 1.1) / TARGET_PER_REPLICA);
      if (wanted !== asked) await merge(`${deployment}/scale`, { spec: { replicas: wanted } });
      asked = wanted;
      await wall.delay(5, over.signal);
    }
  };
  work().catch(() => undefined);
  return {
    metricsUrl: undefined,
    errorLines: 0,
    lastComplaint: undefined,
    crashed: new Promise(() => undefined),
    isStopped: false,
    async stop() {
      this.isStopped = true;
      over.abort();
    },
  };
}

/** Does nothing until told to stop. */
function idle(crashed: Promise<OperatorError> = new Promise(() => undefined)) {
  const seen = { isStopped: false, world: undefined as World | undefined };
  const start: StartOperator = async (world) => {
    seen.world = world;
    return { metricsUrl: undefined, errorLines: 0, lastComplaint: undefined, crashed, stop: async () => void (seen.isStopped = true) };
  };
  return { seen, start };
}

const isClosed = async (url: string) => fetch(url).then(
  () => false,
  () => true,
);

describe("a demo whose operator does its work", () => {
  test("exits 0 with JSON on stdout, a page on disk, and everything stopped", async () => {
    const { io, out } = ioFor();
    const options = optionsFor("json");
    let operator: ReturnType<typeof clairvoyant> | undefined;
    let url = "";
    const code = await runDemo(options, io, async (world) => {
      url = world.kubernetesUrl;
      return (operator = clairvoyant(world));
    });
    const result = JSON.parse(out.join("")) as { peaks: { kind: string; leadMinutes: number }[]; operator: { podHours: number } };
    expect(code).toBe(0);
    expect(result.peaks.filter(({ kind }) => kind === "regular")).toHaveLength(4);
    for (const { leadMinutes } of result.peaks.filter(({ kind }) => kind === "regular")) expect(leadMinutes).toBeGreaterThan(15);
    expect(result.operator.podHours).toBeGreaterThan(100);
    expect(readFileSync(options.out, "utf8")).toMatch(/^<!doctype html>/);
    expect(operator?.isStopped).toBe(true);
    expect(await isClosed(url)).toBe(true);
  });
});

describe("a demo that cannot go on", () => {
  test("is interrupted: 130, nothing on stdout, everything stopped", async () => {
    const { io, out, err, stop } = ioFor();
    const { seen, start } = idle();
    const running = runDemo(optionsFor("text"), io, start);
    stops.push(() => stop.abort());
    while (seen.world === undefined) await wall.delay(5);
    stop.abort(new Error("SIGINT"));
    expect(await running).toBe(130);
    expect(out).toEqual([]);
    expect(err.join("")).not.toContain("at ");
    expect(seen.isStopped).toBe(true);
    expect(await isClosed(seen.world.kubernetesUrl)).toBe(true);
  });
  test("whose operator dies says so, with its last lines", async () => {
    const { io, out, err } = ioFor();
    const crash = new OperatorError("The operator ended by itself (exit code 7). Its last lines:\n  boom\n", { reason: "InternalError", retry: "whenSpecChanges" });
    const { seen, start } = idle(wall.delay(20).then(() => crash));
    expect(await runDemo(optionsFor("text"), io, start)).toBe(1);
    expect(err.join("")).toContain("exit code 7");
    expect(err.join("")).toContain("boom");
    expect(out).toEqual([]);
    expect(seen.isStopped).toBe(true);
  });
  test("without a forecast for too long says what the scaler says", async () => {
    const { io, err } = ioFor();
    const { start } = idle();
    expect(await runDemo({ ...optionsFor("text"), rate: 10 * RATE }, io, start)).toBe(1);
    expect(err.join("")).toContain("no forecast after 30 simulated hours (Forecasting: no status yet)");
  });
  test("whose operator scales nothing exits 1 and says which peaks were missed", async () => {
    const { io, out } = ioFor();
    const code = await runDemo(optionsFor("text"), io, async (world) => {
      const operator = clairvoyant(world);
      const scale = `${world.kubernetesUrl}/apis/apps/v1/namespaces/shop/deployments/checkout/scale`;
      await operator.stop();
      await merge(scale, { spec: { replicas: 5 } });
      return operator;
    });
    expect(code).toBe(1);
    expect(out.join("")).toContain("The capacity of 4 of 4 regular peaks was never asked for.");
  });
});

describe("flags", () => {
  const parse = (...flags: string[]) => {
    const { io } = ioFor();
    const command = demoCommand(io, () => undefined)
      .exitOverride()
      .configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
      .action(() => undefined);
    return command.parseAsync(flags, { from: "user" });
  };
  test.each([
    ["--rate", "0"],
    ["--rate", "fast"],
    ["--seed", "1.5"],
    ["--output", "xml"],
    ["--port", "70000"],
  ])("%s %s is refused", async (flag, value) => {
    await expect(parse(flag, value)).rejects.toThrow(value);
  });
  test("the defaults are a text, a fixed seed and a page in this folder", async () => {
    expect((await parse()).opts()).toMatchObject({ output: "text", out: "demo-report.html", port: 0, seed: expect.any(Number) as number });
  });
});
