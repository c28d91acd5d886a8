// Every command that a page marks as runnable (```sh run) is run, page by page in order, as a stranger would in a clone of the repository,
// against a cluster of their own where nothing is installed yet. kwok's pods run no image: once the chart has brought the CRD, the built
// operator runs beside the cluster, in simulated time over the demand of the pages' query.
import { mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCluster } from "../control-plane/cluster.ts";
import type { Cluster } from "../control-plane/cluster.ts";
import { SCALER_CRD, untilServed } from "../control-plane/crds.ts";
import { startPrometheus } from "../control-plane/prometheus-server.ts";
import type { PrometheusServer } from "../control-plane/prometheus-server.ts";
import { readPages, ROOT } from "../docs/pages.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./demand.ts";
import { startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { describeCluster, surroundings } from "./surroundings.ts";

const PROGRAM = fileURLToPath(new URL("../../bin/predictive-scaler.mjs", import.meta.url));
/** What a clone has that commands may name. */
const CLONED = ["charts", "crds", "deploy"];
/** The demo takes a minute; a busy machine twice that. */
const BLOCK_DEADLINE_MS = 200_000;
const MAX_OUTPUT_BYTES = 2 ** 24;
/** Blocks of Prometheus hold nothing younger than three hours. */
const NEWEST_AGE_MS = 4 * HOUR_MS;
const CLOCK_RATE = 60;

/** Requests a second of the checkout: quiet nights and a broad peak in the afternoon. */
const MEAN_RATE = 400;
const SWING = 300;
/** The counter behind that rate: its integral since `fromMs`. */
function requests(fromMs: number): (ms: number) => number {
  const angle = (ms: number) => (2 * Math.PI * (ms % DAY_MS)) / DAY_MS;
  const integral = (ms: number) => (MEAN_RATE * ms - (SWING * DAY_MS * Math.sin(angle(ms))) / (2 * Math.PI)) / 1000;
  return (ms) => Math.round(integral(ms) - integral(fromMs));
}

interface Ran {
  readonly code: number;
  readonly said: string;
}

function runScript(script: string, folder: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve) => {
    execFile("bash", ["-e", "-o", "pipefail", "-c", script], { cwd: folder, env, timeout: BLOCK_DEADLINE_MS, maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, said: `${stdout}${stderr}` }),
    );
  });
}

describeCluster("the commands of the documentation", () => {
  const { binaries, folder } = surroundings();
  const runnable = [...readPages()].map(([path, { blocks }]) => ({ path, blocks: blocks.filter(({ language, marks }) => language === "sh" && marks.includes("run")) })).filter(({ blocks }) => blocks.length > 0);
  let cluster: Cluster;
  let prometheus: PrometheusServer;
  let operator: Operator | undefined;
  let env: NodeJS.ProcessEnv;
  let newestMs = 0;

  beforeAll(async () => {
    newestMs = Math.floor((Date.now() - NEWEST_AGE_MS) / MINUTE_MS) * MINUTE_MS;
    const fromMs = newestMs - 29 * DAY_MS;
    const series = { name: "http_requests_total", labels: { service: "checkout" }, value: requests(fromMs), fromMs, toMs: newestMs, stepMs: MINUTE_MS };
    [cluster, prometheus] = await Promise.all([startCluster(binaries), startPrometheus(binaries, [series])]);
    const bin = join(cluster.folder, "bin");
    mkdirSync(bin);
    // As npm installs them: links to one program, which goes by the name that it is called.
    for (const name of ["predictive-scaler", "kubectl-psc"]) symlinkSync(PROGRAM, join(bin, name));
    symlinkSync(process.execPath, join(bin, "node"));
    symlinkSync(binaries.kubectl, join(bin, "kubectl"));
    symlinkSync(binaries.helm, join(bin, "helm"));
    env = { PATH: `${bin}:${process.env["PATH"] ?? ""}`, HOME: cluster.folder, KUBECONFIG: cluster.kubeconfig, PROMETHEUS_URL: prometheus.url, NO_COLOR: "1" };
  });
  afterAll(async () => {
    await operator?.stop();
    await cluster?.stop();
    await prometheus?.stop();
  });

  /** From the moment on at which there are scalers to look at. */
  const operate = async () => {
    if (operator !== undefined || (await cluster.kubectl.said(["get", "crd", SCALER_CRD])).code !== 0) return;
    await untilServed(cluster.kubectl, SCALER_CRD);
    operator = await startOperator({ kubeconfig: cluster.kubeconfig, prometheusUrl: prometheus.url, clockStartMs: newestMs - DAY_MS, clockRate: CLOCK_RATE });
  };

  test("there are some, the README's among them", () => {
    expect(runnable.map(({ path }) => path)).toContain("README.md");
  });

  describe.each(runnable)("$path", ({ path, blocks }) => {
    let clone = "";
    beforeAll(() => {
      clone = mkdtempSync(join(folder, "clone-"));
      for (const name of CLONED) symlinkSync(join(ROOT, name), join(clone, name));
    });
    test.each(blocks)("line $line", async ({ text, line }) => {
      const { code, said } = await runScript(text, clone, env);
      expect(code === 0 ? "" : `${path}:${line} ended with ${code}:\n${text}\n${said}`).toBe("");
      await operate();
    });
  });
});
