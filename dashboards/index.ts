// The dashboards by the names of their files.
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { fleetPage } from "./fleet.ts";
import { operatorPage } from "./operator.ts";
import { scalerPage } from "./scaler.ts";

export const DASHBOARDS: Readonly<Record<string, Dashboard>> = { "scaler.json": scalerPage, "fleet.json": fleetPage, "operator.json": operatorPage };

/** As the file holds it. */
export function dashboardJson(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
