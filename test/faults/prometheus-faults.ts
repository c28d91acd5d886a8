// The faults of Prometheus, each for the subject's query only: the neighbour's is answered meanwhile.
import type { FaultCase } from "./cases.ts";
import type { Fault, Seen } from "./proxy.ts";
import type { World } from "./scenario.ts";

interface Matrix {
  readonly data: { readonly result: { metric: Record<string, string>; values: [number, string][] }[] };
}

const SECONDS = 20;
const isSubjects = ({ body, path }: Seen) => decodeURIComponent(`${path} ${body}`).includes('service="early"');

const changed = (change: (answer: Matrix) => void): Fault => ({
  kind: "answer",
  change(text) {
    const answer = JSON.parse(text) as Matrix;
    change(answer);
    return JSON.stringify(answer);
  },
});

type Row = Pick<FaultCase, "id" | "what" | "happens"> & { readonly fault: Fault | ((world: World) => Fault); readonly reason: string } & Partial<FaultCase>;

function row({ fault, reason, ...rest }: Row): FaultCase {
  return {
    seconds: SECONDS,
    isBlind: true,
    isNeighbourServed: true,
    sees: { kind: "condition", type: "MetricAvailable", status: "False", reason },
    async begin(world) {
      const { lift } = world.prometheus.inject({ fault: typeof fault === "function" ? fault(world) : fault, when: isSubjects });
      return { end: lift };
    },
    ...rest,
  };
}

const HELD = "replicas hold";

export const prometheusFaults: readonly FaultCase[] = [
  row({ id: "prometheus-away", what: "Prometheus is away", happens: HELD, fault: { kind: "refuse" }, reason: "PrometheusUnreachable", isShort: true }),
  row({ id: "prometheus-503", what: "Prometheus answers 503 with Retry-After", happens: HELD, fault: { kind: "status", status: 503, retryAfterSeconds: 1 }, reason: "PrometheusUnreachable" }),
  row({ id: "prometheus-garbage", what: "Prometheus answers what is no JSON", happens: HELD, fault: { kind: "garbage" }, reason: "PrometheusUnreachable" }),
  row({ id: "prometheus-cut", what: "answers of Prometheus are cut in the middle", happens: `${HELD}; half an answer counts as none`, fault: { kind: "cut" }, reason: "PrometheusUnreachable" }),
  row({
    id: "prometheus-endless",
    what: "an answer of Prometheus never ends, and the memory is limited",
    happens: "it is left at the limit of samples; the operator lives on with 96 MB of heap",
    fault: { kind: "endless" },
    reason: "QueryRejected",
    env: { NODE_OPTIONS: "--max-old-space-size=96" },
  }),
  row({
    id: "prometheus-slow",
    what: "Prometheus takes 3 s for each answer",
    happens: "decisions go on, each so much later",
    fault: { kind: "delay", ms: 3_000 },
    reason: "",
    isBlind: false,
    sees: { kind: "nothing", text: "nothing but the duration metrics" },
  }),
  row({
    id: "prometheus-drip",
    what: "Prometheus' answers drip in",
    happens: "decisions go on, each so much later",
    fault: { kind: "drip", bytes: 64, everyMs: 200 },
    reason: "",
    isBlind: false,
    sees: { kind: "nothing", text: "nothing but the duration metrics" },
  }),
  row({ id: "prometheus-empty", what: "Prometheus has no series", happens: HELD, fault: changed(({ data }) => void data.result.splice(0)), reason: "MetricStale" }),
  row({
    id: "prometheus-nan",
    what: "every value is NaN",
    happens: `${HELD}; NaN counts as missing`,
    fault: changed(({ data }) => data.result.forEach(({ values }) => values.forEach((value) => void (value[1] = "NaN")))),
    reason: "MetricStale",
    isShort: true,
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
    fault: ({ operator }) => {
      const fromSeconds = operator().nowMs() / 1000;
      return changed(({ data }) => {
        for (const series of data.result) series.values = series.values.filter(([seconds]) => seconds >= fromSeconds);
        data.result.splice(0, data.result.length, ...data.result.filter(({ values }) => values.length > 0));
      });
    },
    reason: "",
    isBlind: false,
    sees: { kind: "nothing", text: "nothing: new samples are there with the next scrape" },
  }),
  row({
    id: "prometheus-clock-behind",
    what: "Prometheus' clock is 10 minutes behind",
    happens: `${HELD} while the newest sample is too old`,
    fault: ({ operator }) =>
      changed(({ data }) => {
        const newest = operator().nowMs() / 1000 - 600;
        for (const series of data.result) series.values = series.values.filter(([seconds]) => seconds <= newest);
        data.result.splice(0, data.result.length, ...data.result.filter(({ values }) => values.length > 0));
      }),
    reason: "MetricStale",
  }),
];
