// Asks a Prometheus what a panel asks, over a range or at its end.
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { panelsOf, replaced, targetsOf } from "./panels.ts";
import type { Values } from "./panels.ts";

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix s and value. */
  readonly values: readonly (readonly [number, number])[];
}

export interface Answer {
  readonly panel: string;
  readonly id: number;
  readonly refId: string;
  readonly query: string;
  readonly status: number;
  readonly error: string;
  readonly series: readonly Series[];
}

export interface Span {
  readonly url: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepSeconds: number;
}

interface Body {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly { readonly metric: Record<string, string>; readonly value?: [number, string]; readonly values?: [number, string][] }[] };
}

export async function answersOf(dashboard: Dashboard, span: Span, values: Values): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const panel of panelsOf(dashboard))
    for (const { refId, expr, instant = false } of targetsOf(panel)) {
      const query = replaced(expr, values);
      const { status, body } = await ask(span, query, instant);
      const series = (body.data?.result ?? []).map(({ metric, value, values: many }) => ({
        metric,
        values: (many ?? (value === undefined ? [] : [value])).map(([time, text]) => [time, Number(text)] as const),
      }));
      answers.push({ panel: panel.title ?? "", id: panel.id ?? 0, refId, query, status, error: body.error ?? "", series });
    }
  return answers;
}

async function ask({ url, fromMs, toMs, stepSeconds }: Span, query: string, isInstant: boolean): Promise<{ status: number; body: Body }> {
  const end = String(toMs / 1000);
  const search = isInstant ? new URLSearchParams({ query, time: end }) : new URLSearchParams({ query, start: String(fromMs / 1000), end, step: String(stepSeconds) });
  const response = await fetch(`${url}/api/v1/${isInstant ? "query" : "query_range"}`, { method: "POST", body: search });
  return { status: response.status, body: (await response.json()) as Body };
}
