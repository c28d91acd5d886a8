// A dashboard with real answers as one self-contained page, laid out as Grafana does, because Grafana cannot be run everywhere:
// what is unreadable here is unreadable there. Kinds: timeseries, stat, bargauge, table, state-timeline.
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { uplotScript, uplotStyle } from "../../../src/cli/report/uplot.ts";
import type { Answer, Series } from "../answers.ts";
import { targetsOf } from "../panels.ts";
import { CLIENT } from "./client.ts";
import { STYLE } from "./style.ts";

interface Named {
  readonly name: string;
  readonly labels: Series["metric"];
  readonly values: Series["values"];
}

/** What the page's script draws. */
interface Drawn {
  readonly id: number;
  readonly type: string;
  readonly unit: string;
  readonly decimals: number | undefined;
  readonly axis: string;
  readonly isStacked: boolean;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly softMin: number | undefined;
  readonly options: unknown;
  readonly thresholds: unknown;
  readonly thresholdsMode: string | undefined;
  readonly mappings: unknown;
  readonly color: unknown;
  readonly fill: number;
  readonly width: number;
  readonly overrides: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly series: readonly Named[];
  readonly columns: readonly (readonly [label: string, head: string])[];
}

export function pageOf(dashboard: Dashboard, answers: readonly Answer[]): string {
  const panels = dashboard.panels ?? [];
  const drawn: Drawn[] = [];
  const boxes = panels.map((panel) => {
    const { x, y, w, h } = panel.gridPos ?? { x: 0, y: 0, w: 24, h: 1 };
    const place = `grid-column:${x + 1}/span ${w};grid-row:${y + 1}/span ${h}`;
    if (panel.type === "row") return `<h2 style="${place}">${escaped(panel.title ?? "")}</h2>`;
    const one = panel as Panel;
    drawn.push(drawnOf(one, answers));
    const { description = "", links = [] } = one;
    const tools = `<span class="info" title="${escaped(description)}">i</span><a href="${escaped(links[0]?.url ?? "")}" title="Runbook">\u2197</a>`;
    return `<section id="panel-${panel.id}" style="${place}"><h3>${escaped(panel.title ?? "")}${tools}</h3><div class="body"></div></section>`;
  });
  const data = JSON.stringify(drawn).replaceAll("<", "\\u003c");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(dashboard.title ?? "")}</title><style>${uplotStyle()}${STYLE}</style>
<h1>${escaped(dashboard.title ?? "")}</h1><main>${boxes.join("\n")}</main>
<script id="data" type="application/json">${data}</script><script>${uplotScript()}</script><script>${CLIENT}</script></html>`;
}

function drawnOf(panel: Panel, answers: readonly Answer[]): Drawn {
  const { defaults, overrides = [] } = panel.fieldConfig ?? { defaults: {} };
  const custom = (defaults.custom ?? {}) as Readonly<Record<string, unknown>>;
  const stacking = custom["stacking"] as { readonly mode?: string } | undefined;
  const thresholdsStyle = custom["thresholdsStyle"] as { readonly mode?: string } | undefined;
  const series = targetsOf(panel).flatMap(({ refId, legendFormat = "" }) =>
    answers
      .filter((answer) => answer.id === panel.id && answer.refId === refId)
      .flatMap((answer) => answer.series)
      .map(({ metric, values }): Named => ({ name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ""), labels: metric, values })),
  );
  return {
    id: panel.id ?? 0,
    type: panel.type,
    unit: defaults.unit ?? "none",
    decimals: defaults.decimals,
    axis: typeof custom["axisLabel"] === "string" ? custom["axisLabel"] : "",
    isStacked: stacking?.mode === "normal",
    min: defaults.min,
    max: defaults.max,
    softMin: custom["axisSoftMin"] as number | undefined,
    options: panel.options,
    thresholds: defaults.thresholds?.steps ?? [],
    thresholdsMode: thresholdsStyle?.mode,
    mappings: defaults.mappings ?? [],
    color: defaults.color,
    fill: Number(custom["fillOpacity"] ?? 0),
    width: Number(custom["lineWidth"] ?? 1),
    overrides: Object.fromEntries(overrides.map(({ matcher, properties }) => [String(matcher.options), Object.fromEntries(properties.map(({ id, value }) => [id, value as unknown]))])),
    series,
    columns: columnsOf(panel),
  };
}

function columnsOf({ transformations = [] }: Panel): [string, string][] {
  const organize = transformations.find(({ id }) => id === "organize")?.options as { readonly renameByName: Readonly<Record<string, string>> } | undefined;
  return Object.entries(organize?.renameByName ?? {});
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
