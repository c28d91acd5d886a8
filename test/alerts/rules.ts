// The alerts as the chart ships them, read from their one file.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export const RULES_FILE = fileURLToPath(new URL("../../charts/predictive-scaler/files/alerts.yaml", import.meta.url));

const file = parse(readFileSync(RULES_FILE, "utf8")) as { readonly groups: readonly { readonly name: string; readonly rules: readonly Alert[] }[] };

export const ALERTS: readonly Alert[] = file.groups.flatMap(({ rules }) => rules);
