// The kinds of panels, each from what makes it different. A panel without title, unit, description or runbook cannot be written.
import { BarGaugeDisplayMode, BarGaugeNamePlacement, BigValueColorMode, BigValueGraphMode, BigValueTextMode } from "@grafana/grafana-foundation-sdk/common";
import { GraphThresholdsStyleMode, LegendDisplayMode, LegendPlacement, SortOrder, StackingMode, TableCellHeight, TooltipDisplayMode, VisibilityMode, VizOrientation } from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder as BarGaugeBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import { DashboardLinkBuilder, DashboardLinkType, FieldColorModeId, MappingType, ThresholdsMode } from "@grafana/grafana-foundation-sdk/dashboard";
import { ThresholdsConfigBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as TimelineBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { COLOURS, overrideOf } from "./look.ts";
import type { Style } from "./look.ts";
import { runbookUrl } from "./runbook.ts";
import type { Topic } from "./runbook.ts";

export const DATA_SOURCE = { type: "prometheus", uid: "${datasource}" };

export interface Facts {
  readonly title: string;
  /** What is to be seen, in a sentence or two; where it is empty in a healthy system, that too. */
  readonly description: string;
  /** Grafana's name of it. */
  readonly unit: string;
  readonly runbook: Topic;
  /** Of 24 columns. */
  readonly width: number;
  readonly height?: number;
}

/** A query and the name of its series, which may hold `{{label}}`. */
export interface Line {
  readonly name: string;
  readonly query: string;
  readonly style?: Style;
}

interface TimeseriesFacts extends Facts {
  readonly lines: readonly Line[];
  /** Styles by the names that series come to have. */
  readonly styles?: Readonly<Record<string, Style>>;
  /** What the y axis counts. */
  readonly axis: string;
  readonly max?: number;
  readonly isStacked?: boolean;
  /** The scale may go below zero. */
  readonly isSigned?: boolean;
  /** A dashed line at this height. */
  readonly mark?: number;
}

export function timeseries(facts: TimeseriesFacts): Panel {
  const { lines, axis, max, isStacked = false, isSigned = false, mark, styles = {} } = facts;
  const builder = withFacts(new TimeseriesBuilder(), facts)
    .axisLabel(axis)
    .lineWidth(isStacked ? 1 : 2)
    .fillOpacity(isStacked ? 60 : 0)
    .showPoints(VisibilityMode.Never)
    .legend({ build: () => ({ displayMode: LegendDisplayMode.List, placement: LegendPlacement.Bottom, showLegend: true, calcs: [] }) })
    .tooltip({ build: () => ({ mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending }) })
    .colorScheme({ build: () => ({ mode: FieldColorModeId.PaletteClassicByName }) });
  if (!isSigned) builder.min(0);
  else if (mark !== undefined) builder.axisSoftMin(mark);
  if (max !== undefined) builder.max(max);
  if (isStacked) builder.stacking({ build: () => ({ mode: StackingMode.Normal, group: "A" }) });
  if (mark !== undefined) {
    builder.thresholds(steps([{ value: null, color: "transparent" }, { value: mark, color: COLOURS.comparison }]));
    builder.thresholdsStyle({ build: () => ({ mode: GraphThresholdsStyleMode.Dashed }) });
  }
  lines.forEach((line, i) => builder.withTarget(rangeQuery(line, i)));
  for (const [name, style] of [...stylesOf(lines), ...Object.entries(styles)]) builder.overrideByName(name, overrideOf(style));
  return builder.build();
}

interface StatFacts extends Facts {
  readonly lines: readonly Line[];
  /** From which value on it is bad (`above`) or well (`below` it is bad); without, it is only a number. */
  readonly bad?: { readonly above: number } | { readonly below: number };
  readonly decimals?: number;
  /** Shows the name of the series instead of its value. */
  readonly isName?: boolean;
}

/** One number a query, as of now. */
export function stat(facts: StatFacts): Panel {
  const { lines, bad, decimals, isName = false } = facts;
  const builder = withFacts(new StatBuilder(), { height: 4, ...facts })
    .graphMode(BigValueGraphMode.None)
    .colorMode(bad === undefined && !isName ? BigValueColorMode.None : BigValueColorMode.Value)
    .textMode(isName ? BigValueTextMode.Name : lines.length > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Value)
    .orientation(VizOrientation.Auto)
    .reduceOptions({ build: () => ({ calcs: ["lastNotNull"] }) });
  if (decimals !== undefined) builder.decimals(decimals);
  const rule = isName ? { below: 1 } : bad;
  if (rule !== undefined) {
    const [from, at, to] = "above" in rule ? [COLOURS.capacity, rule.above, COLOURS.overloaded] : [COLOURS.overloaded, rule.below, COLOURS.capacity];
    builder.thresholds(steps([{ value: null, color: from }, { value: at, color: to }]));
  }
  lines.forEach((line, i) => builder.withTarget(instantQuery(line, i)));
  return builder.build();
}

interface BarsFacts extends Facts {
  readonly line: Line;
  readonly colour: Style["colour"];
  readonly max?: number;
}

/** One bar a series, as of now. */
export function bars(facts: BarsFacts): Panel {
  const { line, colour, max } = facts;
  const builder = withFacts(new BarGaugeBuilder(), facts)
    .displayMode(BarGaugeDisplayMode.Basic)
    .namePlacement(BarGaugeNamePlacement.Left)
    .orientation(VizOrientation.Horizontal)
    .showUnfilled(false)
    .reduceOptions({ build: () => ({ calcs: ["lastNotNull"] }) })
    .colorScheme({ build: () => ({ mode: FieldColorModeId.Fixed, fixedColor: COLOURS[colour] }) })
    .min(0)
    .withTarget(instantQuery(line, 0));
  if (max !== undefined) builder.max(max);
  return builder.build();
}

interface TableFacts extends Facts {
  readonly query: string;
  /** Label -> head of its column, in order; others are hidden. */
  readonly columns: Readonly<Record<string, string>>;
  /** Head of the value's column; without, the value is hidden. */
  readonly value?: string;
  /** 1 and 0 as words. */
  readonly isTruth?: boolean;
}

/** One row a series, as of now. */
export function table(facts: TableFacts): Panel {
  const { query, columns, value, isTruth = false } = facts;
  const heads = { ...columns, ...(value === undefined ? {} : { Value: value }) };
  const builder = withFacts(new TableBuilder(), facts)
    .cellHeight(TableCellHeight.Sm)
    .showHeader(true)
    .withTarget(new DataqueryBuilder().refId("A").datasource(DATA_SOURCE).expr(query).instant().format(PromQueryFormat.Table))
    .withTransformation({ id: "filterFieldsByName", options: { include: { names: Object.keys(heads) } } })
    .withTransformation({ id: "organize", options: { indexByName: Object.fromEntries(Object.keys(heads).map((name, i) => [name, i])), renameByName: heads } });
  if (isTruth) builder.mappings([truth("True", "False")]);
  return builder.build();
}

interface TimelineFacts extends Facts {
  readonly line: Line;
  /** Names of series for which 1 is the bad one. */
  readonly badWhenTrue: readonly string[];
}

/** Series of 1 and 0 as bars of True and False. */
export function timeline(facts: TimelineFacts): Panel {
  const builder = withFacts(new TimelineBuilder(), facts)
    .showValue(VisibilityMode.Auto)
    .rowHeight(0.8)
    .fillOpacity(80)
    .mergeValues(true)
    .legend({ build: () => ({ displayMode: LegendDisplayMode.List, placement: LegendPlacement.Bottom, showLegend: true, calcs: [] }) })
    .mappings([truth("True", "False", COLOURS.capacity, COLOURS.overloaded)])
    .withTarget(rangeQuery(facts.line, 0));
  for (const name of facts.badWhenTrue) builder.overrideByName(name, [{ id: "mappings", value: [truth("True", "False", COLOURS.overloaded, COLOURS.capacity)] }]);
  return builder.build();
}

function truth(one: string, zero: string, oneColour?: string, zeroColour?: string) {
  const shown = (text: string, index: number, color?: string) => ({ text, index, ...(color === undefined ? {} : { color }) });
  return { type: MappingType.ValueToText as const, options: { "1": shown(one, 0, oneColour), "0": shown(zero, 1, zeroColour) } };
}

interface Buildable<B> {
  title(title: string): B;
  description(description: string): B;
  unit(unit: string): B;
  datasource(source: typeof DATA_SOURCE): B;
  span(width: number): B;
  height(height: number): B;
  links(links: DashboardLinkBuilder[]): B;
}

function withFacts<B extends Buildable<B>>(builder: B, { title, description, unit, runbook, width, height = 8 }: Facts): B {
  const link = new DashboardLinkBuilder("Runbook").type(DashboardLinkType.Link).url(runbookUrl(runbook)).targetBlank(true);
  return builder.title(title).description(description).unit(unit).datasource(DATA_SOURCE).span(width).height(height).links([link]);
}

const refIdOf = (i: number) => String.fromCharCode(65 + i);
const queryOf = ({ name, query }: Line, i: number) => new DataqueryBuilder().refId(refIdOf(i)).datasource(DATA_SOURCE).expr(query).legendFormat(name);
const rangeQuery = (line: Line, i: number) => queryOf(line, i).range();
const instantQuery = (line: Line, i: number) => queryOf(line, i).instant();
const stylesOf = (lines: readonly Line[]) => lines.flatMap(({ name, style }): [string, Style][] => (style === undefined ? [] : [[name, style]]));
const steps = (all: { value: number | null; color: string }[]) => new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(all);
