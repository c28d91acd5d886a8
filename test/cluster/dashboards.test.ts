// Every panel of every dashboard on real data: the operator scales through an accelerated morning, a real Prometheus scrapes it with
// honor_labels and a target label `namespace` of its own, and each query must answer with at least one value.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DASHBOARDS } from "../../dashboards/index.ts";
import { hasChromium, openBrowser } from "../cli/report/browser.ts";
import { answersOf } from "../dashboards/answers.ts";
import type { Answer } from "../dashboards/answers.ts";
import { pageOf } from "../dashboards/render/page.ts";
import { watch } from "../dashboards/watching-prometheus.ts";
import type { WatchingPrometheus } from "../dashboards/watching-prometheus.ts";
import { HOUR_MS, MINUTE_MS } from "./demand.ts";
import { deployment, namespaceOf, scaler } from "./manifests.ts";
import { operatorKubeconfig } from "./operator-account.ts";
import { startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { describeCluster, surroundings } from "./surroundings.ts";

const NS = "dashboard-shop";
const OPERATOR_NS = "scaling-system";
const RATE = 180;
/** Two simulated minutes. */
const SCRAPE_MS = Math.round((2 * MINUTE_MS) / RATE);
const POD_READY_MS = 3 * MINUTE_MS;
/** A folder that is there, where pages and pictures of the dashboards are kept for looking at. */
const PAGES = process.env["DASHBOARD_PAGES"];
/** As wide as a laptop's window. */
const WIDTH = 1280;

/** In the page: titles and texts that do not fit, and panels without data. */
const CUT_OFF = `[...document.querySelectorAll("h3, .body, .stat div, .legend span, td")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 0 || box.scrollHeight > box.clientHeight + 2 && box.className === "body")
  .map((box) => box.closest("section").innerText.split("\\n")[0] + ": cut off")
  .concat([...document.querySelectorAll(".none")].map((box) => box.closest("section").innerText + ": empty"))`;

describeCluster("the dashboards over a morning", () => {
  const { binaries, folder, prometheusUrl, liveDayMs, kubectl } = surroundings();
  const fromMs = liveDayMs + 7 * HOUR_MS;
  const toMs = liveDayMs + 9.25 * HOUR_MS;
  let operator: Operator;
  let prometheus: WatchingPrometheus;

  beforeAll(async () => {
    await kubectl.apply(namespaceOf(NS));
    await kubectl.apply(...["morning", "narrow", "none"].map((name) => deployment(NS, name, 3, POD_READY_MS / RATE)), deployment(NS, "early", 16));
    const kubeconfig = await operatorKubeconfig(kubectl, folder, "operator-dashboards");
    operator = await startOperator({ kubeconfig, prometheusUrl, namespaces: [NS], clockStartMs: fromMs, clockRate: RATE });
    prometheus = await watch(binaries, operator, OPERATOR_NS, SCRAPE_MS);
    await kubectl.apply(
      scaler(NS, "morning"),
      scaler(NS, "early"),
      // At its maximum and overloaded from half past eight.
      scaler(NS, "narrow", { service: "morning", spec: { maxReplicas: 6 } }),
      // No forecast, and why.
      scaler(NS, "none", { query: 'sum(demand{service="nothing"})' }),
      // A pass that fails.
      scaler(NS, "no-target", { service: "morning" }),
    );
    await operator.until(toMs);
  });
  afterAll(async () => {
    await prometheus?.stop();
    await operator?.stop();
    await kubectl("delete", "psc", "--all", "--namespace", NS);
    await kubectl("delete", "namespace", NS, "--wait=false");
  });

  const dashboardOf = (file: string) => DASHBOARDS[file] ?? expect.fail(`there is no ${file}`);
  const ask = (file: string, values: { namespace: string; name: string }) => {
    // To the end of that morning, however long the pages before took.
    const span = { url: prometheus.url, fromMs, toMs, stepSeconds: 60 };
    return answersOf(dashboardOf(file), span, { ...values, instance: prometheus.instance, rateInterval: "10m", range: "2h" });
  };
  const pageFile = (file: string) => join(PAGES ?? folder, file.replace(".json", ".html"));

  test.each([
    ["scaler.json", { namespace: NS, name: "morning" }],
    ["fleet.json", { namespace: ".*", name: ".*" }],
    ["operator.json", { namespace: OPERATOR_NS, name: ".*" }],
  ])("every query of %s answers with a value", async (file, values) => {
    const answers = await ask(file, values);
    writeFileSync(pageFile(file), pageOf(dashboardOf(file), answers));
    const failed = answers.filter(({ status }) => status !== 200);
    expect(failed.map(({ panel, query, error }) => `${panel}: ${query}: ${error}`)).toEqual([]);
    const isThere = ({ series }: Answer) => series.some((one) => one.values.some(([, value]) => Number.isFinite(value)));
    expect(answers.filter((answer) => !isThere(answer)).map(({ panel, refId, query }) => `${panel} ${refId}: ${query}`)).toEqual([]);
  });

  test.runIf(hasChromium).each(["scaler.json", "fleet.json", "operator.json"])("the page of %s is readable in light and dark: nothing is cut off, nothing is empty", async (file) => {
    const { browser } = await openBrowser(pageFile(file));
    try {
      for (const colorScheme of ["light", "dark"] as const) {
        const tab = await browser.newPage({ viewport: { width: WIDTH, height: 900 }, colorScheme });
        const complaints: string[] = [];
        tab.on("pageerror", (error) => complaints.push(error.message));
        await tab.goto(pathToFileURL(pageFile(file)).href);
        await tab.waitForSelector("html[data-drawn]", { state: "attached" });
        complaints.push(...(await tab.evaluate<string[]>(CUT_OFF)));
        if (PAGES !== undefined) await tab.screenshot({ path: pageFile(file).replace(".html", `-${colorScheme}.png`), fullPage: true });
        expect(complaints).toEqual([]);
      }
    } finally {
      await browser.close();
    }
  });

  test("the fleet's figures are those of the scalers that there are", async () => {
    const answers = await ask("fleet.json", { namespace: NS, name: ".*" });
    const of = (panel: string) => answers.find((answer) => answer.panel === panel)?.series ?? [];
    const last = (panel: string) => of(panel)[0]?.values.at(-1)?.[1];
    expect(last("Scalers")).toBe(5);
    expect(last("Not Ready")).toBe(2);
    expect(last("Not forecasting")).toBe(1);
    expect(last("Service level missed")).toBeGreaterThan(0);
    expect(of("Lowest service level")[0]?.metric).toMatchObject({ name: "narrow" });
    expect(of("Not forecasting, and why").map(({ metric }) => `${metric["name"]} ${metric["reason"]}`)).toEqual(["none NoData"]);
    expect(of("At maxReplicas").length).toBeGreaterThan(0);
    // Without the scaler that has demand and no target: 23 replicas of morning, 3 of early, 6 of narrow, give or take the noise.
    const hpa = of("Pods").at(-1)?.values.at(-1)?.[1];
    expect(hpa).toBeGreaterThanOrEqual(30);
    expect(hpa).toBeLessThanOrEqual(34);
    expect(of("Longest overloaded")[0]?.metric).toMatchObject({ namespace: NS, name: "narrow" });
  });

  test("the forecast of twenty minutes before lies on top of the demand", async () => {
    const answers = await ask("scaler.json", { namespace: NS, name: "morning" });
    const [capacity, upper, forecast, demand] = answers.filter(({ panel }) => panel === "Forecast against actual").map(({ series }) => new Map(series[0]?.values ?? []));
    const errors: number[] = [];
    for (const [time, value] of forecast ?? []) {
      const actual = demand?.get(time);
      if (actual === undefined) continue;
      errors.push(Math.abs(value - actual) / actual);
      expect(upper?.get(time)).toBeGreaterThanOrEqual(value);
    }
    expect(errors.length).toBeGreaterThan(60);
    expect(errors.toSorted((a, b) => a - b)[Math.floor(errors.length / 2)]).toBeLessThan(0.1);
    expect(Math.max(...(capacity?.values() ?? []))).toBeGreaterThanOrEqual(Math.max(...(demand?.values() ?? [])));
  });
});
