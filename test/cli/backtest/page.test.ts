// The report of a backtest in a real browser: self-contained, drawn, zoomed, read on a phone; and small for a long trace.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rfc3339 } from "../../../src/clock.ts";
import { demandChart } from "../../../src/cli/report/chart.ts";
import { traffic } from "../../forecast/series.ts";
import { hasChromium, openBrowser, pixelsOf } from "../report/browser.ts";
import type { Opened } from "../report/browser.ts";
import { backtest } from "./run-backtest.ts";

const MANIFEST = `apiVersion: predictivescaler.io/v1alpha1
kind: PredictiveScaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 20
  metric: {query: 'sum(requests{path="<script>"})', targetPerReplica: "10"}
  forecast: {timeZone: Europe/Berlin}
`;
const HPA = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  maxReplicas: 20
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
`;
const dir = mkdtempSync(join(tmpdir(), "backtest-page-"));
const report = join(dir, "report.html");

beforeAll(async () => {
  const { startMs, stepMs, values } = traffic({ days: 21, missing: 0.01, seed: 4, noise: 0.15 });
  const rows = Array.from(values, (value, i) => `${rfc3339(startMs + i * stepMs)},${i > 5500 && i < 5530 ? "" : value * (i > 5800 && i < 5806 ? 1.7 : 1)}`);
  writeFileSync(join(dir, "m.yaml"), MANIFEST);
  writeFileSync(join(dir, "hpa.yaml"), HPA);
  writeFileSync(join(dir, "t.csv"), ["timestamp,value", ...rows].join("\n"));
  const args = ["--scaler", join(dir, "m.yaml"), "--csv", join(dir, "t.csv"), "--compare", join(dir, "hpa.yaml")];
  const { code, out, err } = await backtest(...args, "--output", "html", "--out", report);
  if (code !== 0 || out !== "") throw new Error(`code ${code}, ${out.length} characters, ${err}`);
});
afterAll(() => rmSync(dir, { recursive: true }));

test("the page is whole by itself, and what the user wrote is no markup in it", () => {
  const html = readFileSync(report, "utf8");
  expect(html).toMatch(/<title>predictive-scaler: backtest of shop\/web<\/title>/);
  expect(html).not.toMatch(/\s(src|href)=/);
  expect(html).toContain("default-src 'none'");
  expect(html).toContain("&lt;script&gt;");
  expect(html).not.toContain('path="<script>');
});

test("a long trace is thinned for drawing: peaks, gaps and overloaded spans stay, the page stays small", () => {
  const length = 160_000;
  const line = (value: number) => new Float64Array(length).fill(value);
  const demand = line(100);
  demand[77_777] = 987;
  demand[99_999] = 3;
  demand.fill(NaN, 120_000, 120_100);
  const chart = demandChart({
    sentence: "x", timeZone: "UTC", unit: "u", lead: "20m", startMs: 0, stepMs: 60_000, demand, forecast: line(101), upper: line(110), asked: line(120), ready: line(115),
  });
  const data = JSON.parse(/<script type="application\/json">(.*?)<\/script>/.exec(chart)?.[1] ?? "") as { columns: (number | null)[][]; stepSeconds: number; overloaded: number[] };
  expect(chart.length).toBeLessThan(1_000_000);
  expect(data.stepSeconds).toBe(6 * 60);
  expect(data.columns.map((column) => column.length)).toEqual(Array(5).fill(2 * Math.ceil(length / 12)));
  expect(data.columns[0]).toContain(987);
  expect(data.columns[0]).toContain(3);
  expect(data.columns[0]?.filter((value) => value === null).length).toBeGreaterThan(8);
  expect(data.overloaded).toEqual([77_777 * 60, 60]);
});

describe.skipIf(!hasChromium)("in a browser", () => {
  let opened: Opened;
  beforeAll(async () => void (opened = await openBrowser(report)), 60_000);
  afterAll(async () => {
    await opened?.browser.close();
  });
  const span = (tab: Awaited<ReturnType<Opened["open"]>>) => tab.evaluate<string>(`document.querySelector(".plot").getAttribute("data-span")`);

  test("everything that the report promises is there, drawn, in light and dark", async () => {
    for (const [scheme, colours] of [
      ["light", ["#0072B2", "#E69F00", "#009E73", "#D55E00"]],
      ["dark", ["#56B4E9", "#FFC04D", "#33C89B", "#FF8A3D"]],
    ] as const) {
      const tab = await opened.open(1280, scheme);
      for (const colour of colours) await expect.poll(async () => Number(await tab.evaluate(pixelsOf(colour))), { message: `${scheme} ${colour}` }).toBeGreaterThan(20);
      await tab.close();
    }
    const tab = await opened.open(1280);
    expect(await tab.locator("h1").textContent()).toMatch(/than your HPA web \(70\s% CPU\), which keeps/);
    expect(await tab.locator(".numbers li").count()).toBe(3);
    const worst = tab.locator('table[aria-label="The worst hours"] tbody tr');
    expect(await worst.count()).toBeGreaterThan(2);
    expect(await worst.count()).toBeLessThanOrEqual(10);
    for (const reason of await worst.locator("td:last-child").allTextContents()) expect(reason).toMatch(/^[A-Z0-9].{20,}\.$/);
    expect(await tab.locator('table[aria-label="Policies"] tbody tr').count()).toBe(6);
    expect(await tab.locator('table[aria-label="What a service level costs"] .bar').count()).toBeGreaterThan(5);
    expect(await tab.locator("table.week td").count()).toBe(168);
    expect(await tab.locator("details pre").allTextContents()).toEqual([expect.stringContaining("kind: PredictiveScaler"), expect.stringContaining("averageUtilization: 70")]);
    expect(await tab.locator("main").textContent()).toContain("Europe/Berlin");
    await tab.close();
  });

  test("dragging, buttons and a click on a worst hour zoom, and a double click shows all again", async () => {
    const tab = await opened.open(1280);
    const all = await span(tab);
    const box = await tab.locator(".u-over").boundingBox();
    if (box === null) throw new Error("no plot");
    await tab.mouse.move(box.x + 200, box.y + 100);
    await tab.mouse.down();
    await tab.mouse.move(box.x + 400, box.y + 100, { steps: 4 });
    await tab.mouse.up();
    const [from = NaN, to = NaN] = (await span(tab)).split(" ").map(Number);
    const [first = NaN, last = NaN] = all.split(" ").map(Number);
    expect((to - from) / (last - first)).toBeCloseTo(200 / box.width, 1);
    await tab.locator(".u-over").dblclick();
    await expect.poll(() => span(tab)).toBe(all);

    const button = tab.locator("button[data-from]").first();
    await button.click();
    await expect.poll(() => span(tab)).toBe(`${await button.getAttribute("data-from")} ${await button.getAttribute("data-to")}`);
    await tab.click('button[data-zoom="out"]');
    const [wider = NaN, until = NaN] = (await span(tab)).split(" ").map(Number);
    expect(until - wider).toBeCloseTo(2 * 7 * 3600, -2);
    await tab.click('button[data-zoom="all"]');
    expect(await span(tab)).toBe(all);
    await tab.close();
  });

  test("on a phone of 390 px nothing is wider than the screen, opened or folded", async () => {
    const tab = await opened.open(390);
    expect(await tab.evaluate("document.documentElement.scrollWidth")).toBe(390);
    await tab.evaluate(`document.querySelectorAll("details").forEach((details) => { details.open = true; })`);
    expect(await tab.evaluate("document.documentElement.scrollWidth")).toBe(390);
    const table = tab.locator('table[aria-label="The worst hours"]');
    expect(await table.evaluate((element) => element.scrollWidth)).toBeLessThanOrEqual(390);
    await tab.close();
  });

  test("nothing was complained of, and nothing asked of any network", async () => {
    const tab = await opened.open(1280);
    await tab.evaluate(`document.querySelectorAll("details").forEach((details) => { details.open = true; })`);
    await tab.close();
    expect(opened.complaints).toEqual([]);
  });
});
