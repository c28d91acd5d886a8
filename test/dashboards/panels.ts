// What a dashboard asks Prometheus: its panels and their queries, with the variables replaced as Grafana does.
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat?: string;
  readonly instant?: boolean;
}

export interface Values {
  readonly namespace: string;
  readonly name: string;
  readonly instance: string;
  /** Durations such as `10m`. */
  readonly rateInterval: string;
  readonly range: string;
}

/** Rows are left out. */
export function panelsOf({ panels = [] }: Dashboard): Panel[] {
  return panels.filter((panel): panel is Panel => panel.type !== "row");
}

export function targetsOf({ targets = [] }: Panel): readonly Target[] {
  return targets as unknown as readonly Target[];
}

export function replaced(query: string, values: Values): string {
  const { namespace, name, instance, rateInterval, range } = values;
  return query
    .replaceAll("$__rate_interval", rateInterval)
    .replaceAll("$__range", range)
    .replaceAll(/\$(namespace|name|instance)\b/g, (_, variable: "namespace" | "name" | "instance") => ({ namespace, name, instance })[variable]);
}
