// The faults of Prometheus, each for the subject's query only: the neighbour's is answered meanwhile.
import { SERVICES } from "../cluster/demand.ts";
import type { FaultCase } from "./case.ts";
import type { Fault, Seen } from "./proxy.ts";
import type { World } from "./world.ts";

interface Matrix {
  readonly data: { readonly result: { metric: Record<string, string>; values: [number, string][] }[] };
}

const OFF_SECONDS = 600;

/** Whether a query is that of the subject: see `queryFor`. */
export const isOf = (subject: string) => ({ body, path }: Seen) => decodeURIComponent(`${path} ${body}`).includes(`subject!="${subject}"`);

/** The demand that falls early, in words of one subject: no series has the label. */
export const queryFor = (subject: string) => `sum(demand{service="early",subject!="${subject}"})`;

const changed = (change: (answer: Matrix) => void): Fault => ({
  kind: "answer",
  change(text) {
    const answer = JSON.parse(text) as Matrix;
    change(answer);
    return JSON.stringify(answer);
  },
});

/** Samples of such moments (unix seconds) are not there; a series without samples is none. */
export const leftOut = (isLeftOut: (seconds: number) => boolean): Fault =>
  changed(({ data }) => {
    for (const series of data.result) series.values = series.values.filter(([seconds]) => !isLeftOut(seconds));
    data.result.splice(0, data.result.length, ...data.result.filter(({ values }) => values.length > 0));
  });

type Row = Pick<FaultCase, "id" | "what" | "happens"> & { readonly fault: Fault | ((world: World) => Fault); readonly reason: string } & Partial<FaultCase>;

function row({ fault, reason, ...rest }: Row): FaultCase {
  return {
    isBlind: true,
    isNeighbourServed: true,
    sees: { kind: "condition", type: "MetricAvailable", status: "False", reason },
    async begin(world) {
      const { lift } = world.prometheus.inject({ fault: typeof fault === "function" ? fault(world) : fault, when: isOf(world.subject) });
      return { end: lift };
    },
    ...rest,
  };
}

const seen = (text: string) => ({ reason: "", isBlind: false, sees: { kind: "nothing", text } }) as const;

const HELD = "replicas hold";
const LATER = "decisions go on, each so much later";

export const prometheusFaults: readonly FaultCase[] = [
  row({ id: "prometheus-away", what: "Prometheus is away", happens: HELD, fault: { kind: "refuse" }, reason: "PrometheusUnreachable" }),
  row({ id: "prometheus-503", what: "Prometheus answers 503 with Retry-After", happens: HELD, fault: { kind: "status", status: 503, retryAfterSeconds: 1 }, reason: "PrometheusUnreachable" }),
  row({ id: "prometheus-garbage", what: "Prometheus answers what is no JSON", happens: HELD, fault: { kind: "garbage" }, reason: "PrometheusUnreachable" }),
  row({ id: "prometheus-cut", what: "answers of Prometheus are cut in the middle", happens: `${HELD}; half an answer counts as none`, fault: { kind: "cut" }, reason: "PrometheusUnreachable" }),
  row({
    id: "prometheus-silent",
    what: "Prometheus takes requests and answers nothing",
    happens: `${HELD}; each request is left at its \`timeout\``,
    fault: { kind: "silent" },
    reason: "PrometheusUnreachable",
    metric: { prometheus: { timeout: "2s" } },
  }),
  row({
    id: "prometheus-endless",
    what: "an answer of Prometheus never ends, and the operator has 96 MB of heap",
    happens: "it is left at the limit of samples; the operator lives on, and replicas hold",
    fault: { kind: "endless" },
    reason: "QueryRejected",
    alone: { env: { NODE_OPTIONS: "--max-old-space-size=96" } },
  }),
  row({ id: "prometheus-slow", what: "Prometheus takes 3 s for each answer", happens: LATER, fault: { kind: "delay", ms: 3_000 }, ...seen("nothing but the duration metrics") }),
  row({ id: "prometheus-drip", what: "Prometheus' answers drip in", happens: LATER, fault: { kind: "drip", bytes: 64, everyMs: 200 }, ...seen("nothing but the duration metrics") }),
  row({ id: "prometheus-empty", what: "Prometheus has no series", happens: HELD, fault: changed(({ data }) => void data.result.splice(0)), reason: "MetricStale" }),
  row({
    id: "prometheus-nan",
    what: "every value is NaN",
    happens: `${HELD}; NaN counts as missing`,
    fault: changed(({ data }) => data.result.forEach(({ values }) => values.forEach((value) => void (value[1] = "NaN")))),
    reason: "MetricStale",
  }),
  row({
    id: "prometheus-two-series",
    what: "the query answers two series",
    happens: HELD,
    fault: changed(({ data }) => void data.result.push(...data.result.map(({ values }) => ({ metric: { second: "yes" }, values })))),
    reason: "QueryAmbiguous",
  }),
  row({
    id: "prometheus-no-history",
    what: "Prometheus is restarted without its data",
    happens: "the model in memory goes on; replicas follow demand from the first new samples",
    fault({ nowMs }) {
      const fromSeconds = nowMs() / 1000;
      return leftOut((seconds) => seconds < fromSeconds);
    },
    ...seen("nothing: new samples are there with the next scrape"),
  }),
  row({
    id: "prometheus-clock-behind",
    what: "Prometheus' clock is 10 minutes behind",
    happens: `${HELD} while the newest sample is too old`,
    fault: ({ nowMs }) => leftOut((seconds) => seconds > nowMs() / 1000 - OFF_SECONDS),
    reason: "MetricStale",
  }),
  row({
    id: "prometheus-clock-ahead",
    what: "Prometheus' clock is 10 minutes ahead",
    happens: "replicas follow the demand of 10 minutes ago",
    fault: changed(({ data }) => {
      for (const { values } of data.result) for (const value of values) value[1] = String(SERVICES.early((value[0] - OFF_SECONDS) * 1000));
    }),
    ...seen("nothing: the samples look as if they were new"),
  }),
];
