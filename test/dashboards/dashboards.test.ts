// Dashboards as files: what Grafana would trip over, and what a person would miss.
import { readdirSync, readFileSync } from "node:fs";
import { parser } from "@prometheus-io/lezer-promql";
import type { RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import { expect, test } from "vitest";
import { dashboardJson, DASHBOARDS } from "../../dashboards/index.ts";
import { queryProblem } from "../../src/prometheus/promql.ts";
import { createMetrics } from "../../src/telemetry/index.ts";
import { panelsOf, replaced, targetsOf } from "./panels.ts";

const FILES = new URL("../../charts/predictive-scaler/files/dashboards/", import.meta.url);
const VALUES = { namespace: "shop", name: "checkout", instance: "pod:8080", rateInterval: "5m", range: "1d" };
const all = Object.entries(DASHBOARDS);
const eachPanel = all.flatMap(([file, dashboard]) => panelsOf(dashboard).map((panel) => ({ at: `${file}: ${panel.title}`, panel })));
const eachQuery = eachPanel.flatMap(({ at, panel }) => targetsOf(panel).map((target) => ({ at: `${at} ${target.refId}`, ...target })));

/** Names of metrics and of labels in a query, by the grammar. */
function namesIn(query: string): { readonly metrics: string[]; readonly labels: string[] } {
  const metrics: string[] = [];
  const labels: string[] = [];
  parser.parse(query).iterate({
    enter: ({ type, from, to, node }) => {
      if (type.name === "Identifier" && node.parent?.name === "VectorSelector") metrics.push(query.slice(from, to));
      if (type.name === "LabelName") labels.push(query.slice(from, to));
    },
  });
  return { metrics, labels };
}

test("the files that the chart ships are those that the code makes, and no others", () => {
  expect(readdirSync(FILES).toSorted()).toEqual(Object.keys(DASHBOARDS).toSorted());
  for (const [file, dashboard] of all) expect(readFileSync(new URL(file, FILES), "utf8")).toBe(dashboardJson(dashboard));
});

test("every dashboard has its own uid and title, the schema that Grafana writes today, and the variables that its queries use", () => {
  expect(new Set(all.map(([, { uid }]) => uid)).size).toBe(all.length);
  expect(new Set(all.map(([, { title }]) => title)).size).toBe(all.length);
  for (const [, dashboard] of all) {
    expect(dashboard.schemaVersion).toBe(42);
    const variables = (dashboard.templating.list ?? []).map(({ name }) => name);
    expect(variables.slice(0, 2)).toEqual(["datasource", "namespace"]);
    const text = JSON.stringify(dashboard);
    const used = [...text.matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name ?? "");
    expect([...new Set(used)].filter((name) => !name.startsWith("__")).toSorted()).toEqual(variables.toSorted());
  }
});

test("ids are unique, nothing overlaps, and nothing stands out of the 24 columns", () => {
  for (const [file, { panels = [] }] of all) {
    expect(new Set(panels.map(({ id }) => id)).size, `ids of ${file}`).toBe(panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of panels as RowPanel[]) {
      const { x, y, w, h } = gridPos ?? { x: NaN, y: NaN, w: NaN, h: NaN };
      expect(x + w, `${file}: ${title}`).toBeLessThanOrEqual(24);
      for (let i = x; i < x + w; i++)
        for (let j = y; j < y + h; j++) {
          expect(taken.has(`${i},${j}`), `${file}: ${title} lies on another`).toBe(false);
          taken.add(`${i},${j}`);
        }
    }
  }
});

test.each(eachPanel)("$at says what it shows, in what unit, and leads to the runbook", ({ panel }) => {
  expect(panel.title).toMatch(/^[A-Z]/);
  expect(panel.description).toMatch(/^[A-Z].{20,}[.]$/s);
  expect(panel.fieldConfig?.defaults.unit).toMatch(/^(none|short|percentunit|s|bytes|ops|reqps)$/);
  expect(panel.datasource).toEqual({ type: "prometheus", uid: "${datasource}" });
  expect(panel.links?.map(({ title, url }) => `${title} ${url}`)).toEqual([expect.stringMatching(/^Runbook https:\/\/.*\/docs\/operations\.md#[a-z-]+$/)]);
  expect(targetsOf(panel).length).toBeGreaterThan(0);
});

test("each link to the runbook leads to a section that is there", () => {
  const headings = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8").match(/^#+ .*$/gm) ?? [];
  const anchors = new Set(headings.map((heading) => heading.replace(/^#+ /, "").toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-")));
  const asked = eachPanel.flatMap(({ panel }) => panel.links?.map(({ url = "" }) => url.split("#")[1] ?? "") ?? []);
  expect(asked.filter((anchor) => !anchors.has(anchor))).toEqual([]);
});

test("every query is PromQL and asks for metrics and labels that are exported", async () => {
  const known = new Map((await createMetrics().known()).flatMap((facts) => [facts.name, `${facts.name}_bucket`, `${facts.name}_sum`].map((name) => [name, facts])));
  const ofTarget = ["namespace", "instance", "job", "le"];
  for (const { at, expr } of eachQuery) {
    const query = replaced(expr, VALUES);
    expect(queryProblem(query), `${at}: ${query}`).toBeUndefined();
    expect(query, `variables in ${at}`).not.toContain("$");
    const { metrics, labels } = namesIn(query);
    expect(metrics.length + Number(query === "vector(0)"), `metrics in ${at}`).toBeGreaterThan(0);
    for (const name of metrics) expect(known.has(name), `${at} asks for ${name}`).toBe(true);
    const exported = new Set([...ofTarget, ...metrics.flatMap((name) => known.get(name)?.labels ?? [])]);
    for (const label of labels) expect(exported.has(label), `${at} uses the label ${label}`).toBe(true);
  }
});

test("the values of labels that queries ask for are values that are exported", async () => {
  const metrics = createMetrics();
  const NOTHING = { demand: 1, targetPerReplica: 1, replicas: { current: 1, desired: 1, ready: 1, max: 1, reactive: 1 }, peakReplicas: 1, peakAtSeconds: 1 };
  const skill = { "6h": 1, "24h": 1 };
  const rest = { leadSeconds: 1, timeToReadySeconds: { last: 1, high: 1 }, fittedAtSeconds: 1, serviceLevelTarget: 1, serviceLevelMet: 1, wape: 1, coverage: 1 };
  const conditions = ["Ready", "Forecasting"].map((type) => ({ type, status: "True", reason: "AsExpected" }));
  metrics.scaler("shop", "checkout", { ...NOTHING, ...rest, skill, conditions, decided: "NothingToDo", forecasts: [{ horizon: "20m", point: 1, upper: 1 }] });
  metrics.reconcile("error");
  const text = await metrics.render();
  const asked = eachQuery.flatMap(({ expr }) => [...expr.matchAll(/\b(kind|type|horizon|quantile|outcome)="([^"]+)"/g)].map(([pair]) => pair));
  expect(asked.length).toBeGreaterThan(10);
  for (const pair of new Set(asked)) expect(text).toContain(pair);
});

test("a series that changes its name or is styled is styled by a name that it can have", () => {
  for (const { at, panel } of eachPanel) {
    const names = targetsOf(panel).map(({ legendFormat = "" }) => legendFormat);
    const isTemplated = names.some((name) => name.includes("{{"));
    for (const { matcher } of panel.fieldConfig?.overrides ?? []) expect(isTemplated || names.includes(String(matcher.options)), `${at}: ${String(matcher.options)}`).toBe(true);
    const fills = (panel.fieldConfig?.overrides ?? []).flatMap(({ properties }) => properties.filter(({ id }) => id === "custom.fillBelowTo").map(({ value }) => String(value)));
    for (const name of fills) expect(names, `names of ${at}`).toContain(name);
  }
});

test("dashboards hold no data source, no host and no id of an installation", () => {
  for (const [file, dashboard] of all) {
    expect(dashboard.id, `id of ${file}`).toBeUndefined();
    expect(JSON.stringify(dashboard).match(/https?:\/\/[^/"]+/g)?.filter((host) => host !== "https://github.com") ?? [], `hosts in ${file}`).toEqual([]);
  }
});
