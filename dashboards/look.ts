// How panels look: one colour a meaning, in every dashboard the same; distinguishable to the colour-blind and in grey print.
import type { DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard";

export const COLOURS = {
  demand: "#0072B2",
  forecast: "#E69F00",
  capacity: "#009E73",
  overloaded: "#D55E00",
  comparison: "#7F7F7F",
  sky: "#56B4E9",
  purple: "#CC79A7",
  yellow: "#F0E442",
  brown: "#8C564B",
} as const;
export type Colour = keyof typeof COLOURS;

export interface Style {
  readonly colour: Colour;
  readonly line?: "dashed" | "dotted";
  /** Steps instead of slopes: replicas. */
  readonly isStepped?: boolean;
  /** Filled down to the series of this name. */
  readonly fillTo?: string;
  /** Without a line of its own: the edge of a band. */
  readonly isEdge?: boolean;
}

/** The properties of a Grafana field override. */
export function overrideOf({ colour, line, isStepped = false, fillTo, isEdge = false }: Style): DynamicConfigValue[] {
  const dash = { dashed: { fill: "dash", dash: [8, 6] }, dotted: { fill: "dot", dash: [1, 5] } } as const;
  return [
    { id: "color", value: { mode: "fixed", fixedColor: COLOURS[colour] } },
    ...(line === undefined ? [] : [{ id: "custom.lineStyle", value: dash[line] }]),
    ...(isStepped ? [{ id: "custom.lineInterpolation", value: "stepAfter" }] : []),
    ...(fillTo === undefined ? [] : [{ id: "custom.fillBelowTo", value: fillTo }, { id: "custom.fillOpacity", value: 20 }]),
    ...(isEdge ? [{ id: "custom.lineWidth", value: 0 }] : []),
  ];
}

/** The colours of what a decision may say; other reasons take Grafana's. */
export const REASON_STYLES: Readonly<Record<string, Style>> = {
  ForecastDemand: { colour: "forecast" },
  CurrentDemand: { colour: "demand" },
  DemandAboveForecast: { colour: "overloaded" },
  NothingToDo: { colour: "comparison" },
  WithinTolerance: { colour: "sky" },
  ScaleDownStabilized: { colour: "capacity" },
  TooManyReplicas: { colour: "purple" },
  MetricMissing: { colour: "yellow" },
  RestartGuard: { colour: "brown" },
};
