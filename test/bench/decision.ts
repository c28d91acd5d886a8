// The decision judged on real traces: overload, price and unrest of the controller's own line, against an HPA and last week in hindsight.
// Levels, delays, traces and what must be reached are fixed here; the world and all policies are those of `backtest`.
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { geometricMean } from "simple-statistics";
import type { PolicyName } from "../../src/replay/index.ts";
import type { Judged, Task } from "./decision-judge.ts";
import { table } from "./table.ts";

const TRACES: readonly { readonly trace: string; readonly minutes: number }[] = [
  { trace: "azure_vm2017_cpu_5m", minutes: 5 },
  { trace: "google2019_cell_cpu_5m", minutes: 5 },
  { trace: "isp_eu_5m", minutes: 5 },
  { trace: "ms_mongo_app1_1m", minutes: 1 },
  { trace: "ms_mongo_app2_1m", minutes: 1 },
  { trace: "ms_mongo_app4_1m", minutes: 1 },
  { trace: "nab_elb_requests_5m", minutes: 5 },
  { trace: "nab_tweets_amzn_5m", minutes: 5 },
  { trace: "nab_tweets_goog_5m", minutes: 5 },
  { trace: "nasa_http_1m", minutes: 1 },
  { trace: "twitter_anomaly_1m", minutes: 1 },
  { trace: "worldcup98_1m", minutes: 1 },
];
const DELAYS = [5, 15] as const;
const SERVICE_LEVELS = [0.98, 0.99, 0.995] as const;
/** The level at which prices are compared, and the most that pods may cost of another policy's, in the geometric mean. */
const COMPARED_LEVEL = 0.99;
const MUST = { hpa: { 5: 0.86, 15: 0.77 }, lastWeek: 0.91, priceError: 0.1 } as const;
/** Nobody runs an HPA below this; where only such a one is good enough, it shows how hard the workload is. The means are given without these too. */
const COMMON_UTILISATION = 0.25;
const THREADS = 2;

export interface DecisionRow {
  readonly trace: string;
  readonly readyDelayMinutes: number;
  readonly serviceLevel: number;
  /** 0..1. */
  readonly overloadedShare: number;
  /** Pod-hours over those of the clairvoyant, the tuned HPA and last week; NaN where those are not there. */
  readonly ofClairvoyant: number;
  readonly ofHpa: number;
  readonly ofLastWeek: number;
  /** The tuned HPA's utilisation, 0..1; NaN where it is not there. */
  readonly hpaUtilisation: number;
  /** Changes of the number asked for, a day: ours, and the tuned HPA's. */
  readonly changes: number;
  readonly hpaChanges: number;
  /** Pod-hours that the price curve says, over those that were replayed, and the overload of that replay; largest of the checked levels. */
  readonly priceError: number;
  readonly priceOverload: number;
}

export interface Verdict {
  readonly what: string;
  readonly found: string;
  readonly must: string;
  readonly isMet: boolean;
}

export interface DecisionSummary {
  readonly rows: readonly DecisionRow[];
  readonly verdicts: readonly Verdict[];
}

/** Judges all traces that lie in `dir`. Throws if none does. */
export async function decisionBench(dir: string, progress: (what: string) => void): Promise<DecisionSummary> {
  const there = TRACES.filter(({ trace }) => existsSync(join(dir, `${trace}.csv`)));
  if (there.length === 0) throw new Error(`${dir}: found none of the traces, expected ${TRACES[0]?.trace ?? ""}.csv and others`);
  if (there.length < TRACES.length) progress(`${dir} holds ${there.length} of ${TRACES.length} traces: the verdicts are about these.`);
  const tasks = there.flatMap((trace) => DELAYS.map((readyDelayMinutes): Task => ({ dir, ...trace, readyDelayMinutes, serviceLevels: SERVICE_LEVELS })));
  const judged = await inThreads(tasks);
  const rows = judged.flat().map(rowOf);
  return { rows, verdicts: verdictsOf(rows) };
}

/** Long tasks begin first. */
async function inThreads(tasks: readonly Task[]): Promise<Judged[][]> {
  const answers: Judged[][] = tasks.map(() => []);
  const queue = [...tasks.entries()].sort(([, a], [, b]) => a.minutes - b.minutes);
  const thread = async () => {
    const worker = new Worker(new URL("decision-worker.ts", import.meta.url));
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [place, task] = next;
        worker.postMessage(task, []);
        [answers[place]] = (await once(worker, "message")) as [Judged[]]; // rejects when the thread fails
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: THREADS }, thread));
  return answers;
}

function rowOf({ trace, readyDelayMinutes, serviceLevel, policies, checked }: Judged): DecisionRow {
  const policy = (name: PolicyName) => policies.find((one) => one.name === name);
  const numbers = (name: PolicyName) => policy(name)?.numbers;
  const ours = numbers("predictive");
  const hpa = numbers("hpa-tuned");
  const of = (name: PolicyName) => (ours?.podHours ?? NaN) / (numbers(name)?.podHours ?? NaN);
  const overBudget = checked.map((price) => price.overloadedShare / (1 - price.serviceLevel));
  return {
    trace, readyDelayMinutes, serviceLevel,
    overloadedShare: ours?.overloadedShare ?? NaN,
    ofClairvoyant: of("clairvoyant"), ofHpa: of("hpa-tuned"), ofLastWeek: of("last-week"),
    hpaUtilisation: policy("hpa-tuned")?.utilisation ?? NaN,
    changes: ours?.replicaChanges ?? NaN, hpaChanges: hpa?.replicaChanges ?? NaN,
    priceError: Math.max(...checked.map(({ podHours, predictedPodHours }) => Math.abs(predictedPodHours / podHours - 1))),
    priceOverload: Math.max(...overBudget),
  };
}

/** Geometric mean of what is there. */
function mean(rows: readonly DecisionRow[], of: (row: DecisionRow) => number): number {
  const present = rows.map(of).filter((value) => value > 0);
  return present.length > 0 ? geometricMean(present) : NaN;
}

function verdictsOf(rows: readonly DecisionRow[]): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const readyDelay of DELAYS) {
    const ofDelay = rows.filter(({ readyDelayMinutes }) => readyDelayMinutes === readyDelay);
    const at = `ready after ${readyDelay} min`;
    for (const level of SERVICE_LEVELS) {
      const atLevel = ofDelay.filter(({ serviceLevel }) => serviceLevel === level);
      const within = atLevel.filter(({ overloadedShare }) => overloadedShare <= 2 * (1 - level)).length;
      verdicts.push({ what: `overload within twice the budget, ${percent(level)}, ${at}`, found: `${within}`, must: `${atLevel.length} of ${atLevel.length}`, isMet: within === atLevel.length });
    }
    const compared = ofDelay.filter(({ serviceLevel }) => serviceLevel === COMPARED_LEVEL);
    const most = (what: string, found: number, must: number, decimals = 2) =>
      verdicts.push({ what: `${what}, ${at}`, found: found.toFixed(decimals), must: `at most ${must.toFixed(decimals)}`, isMet: found <= must });
    most("pods of the tuned HPA's", mean(compared, ({ ofHpa }) => ofHpa), MUST.hpa[readyDelay]);
    most("pods of last week's", mean(compared, ({ ofLastWeek }) => ofLastWeek), MUST.lastWeek);
    const both = compared.filter(({ hpaChanges }) => hpaChanges > 0);
    most("changes a day, against the tuned HPA's", mean(both, ({ changes }) => changes), mean(both, ({ hpaChanges }) => hpaChanges), 1);
    most("price curve against levels run for themselves, largest error", Math.max(...compared.map(({ priceError }) => priceError)), MUST.priceError, 3);
    most("overload of these levels, in budgets", Math.max(...compared.map(({ priceOverload }) => priceOverload)), 2);
  }
  return verdicts;
}

const percent = (share: number) => `${+(100 * share).toFixed(2)} %`;

/** The cells of a row of geometric means. */
function meansOf(title: string, rows: readonly DecisionRow[]): (string | number)[] {
  const both = rows.filter(({ hpaChanges }) => hpaChanges > 0);
  return [
    title, NaN, mean(rows, (row) => row.ofClairvoyant), mean(rows, (row) => row.ofHpa), NaN, mean(rows, (row) => row.ofLastWeek),
    mean(both, (row) => row.changes), mean(both, (row) => row.hpaChanges), NaN, NaN,
  ];
}

/** The tables for a person. */
export function decisionTable({ rows, verdicts }: DecisionSummary): string[] {
  const columns = [
    { title: "trace" }, { title: "overload %", decimals: 2 }, { title: "pods", decimals: 2 }, { title: "HPA", decimals: 2 }, { title: "at %" },
    { title: "week", decimals: 2 }, { title: "changes" }, { title: "HPA's" }, { title: "98 %", decimals: 2 }, { title: "99.5 %", decimals: 2 },
  ];
  const lines: string[] = [];
  for (const readyDelay of DELAYS) {
    const of = (level: number) => rows.filter((row) => row.readyDelayMinutes === readyDelay && row.serviceLevel === level);
    const compared = of(COMPARED_LEVEL);
    const overload = (trace: string, level: number) => 100 * (of(level).find((row) => row.trace === trace)?.overloadedShare ?? NaN);
    const cells = compared.map((row) => [
      row.trace, 100 * row.overloadedShare, row.ofClairvoyant, row.ofHpa, 100 * row.hpaUtilisation, row.ofLastWeek, row.changes, row.hpaChanges, overload(row.trace, 0.98), overload(row.trace, 0.995),
    ]);
    const common = compared.filter(({ hpaUtilisation }) => hpaUtilisation >= COMMON_UTILISATION);
    lines.push(`Ready after ${readyDelay} minutes, ${percent(COMPARED_LEVEL)}`, "");
    lines.push(...table(columns, [...cells, meansOf(`geo-mean, HPA from ${percent(COMMON_UTILISATION)}`, common), meansOf("geo-mean", compared)]), "");
  }
  lines.push("pods: of the clairvoyant's; HPA, week: of the tuned HPA's and of last week's, chosen in hindsight for no more overload (-: none has it).");
  lines.push("at %: that HPA's utilisation; changes: of the number asked for, a day; 98 %, 99.5 %: overload at these levels.", "");
  for (const { what, found, must, isMet } of verdicts) lines.push(`${isMet ? "met   " : "MISSED"} ${what}: ${found} (must be ${must})`);
  return lines;
}
