// `explain NAME`: why this number of replicas, and (`--since`) what happened. Nothing is written.
// Exit codes: 1 there is no such scaler, it is not well, or it was short for longer than its service level allows; 3 something did not answer.
import { Command, InvalidArgumentError, Option } from "commander";
import { explain, momentsIn, spanText, tellStory } from "../advice/index.ts";
import type { Explanation, Journal, Situation, Story } from "../advice/index.ts";
import { parseDuration } from "../api/index.ts";
import { createClock, rfc3339 } from "../clock.ts";
import { publicHolidays } from "../controller/index.ts";
import { createScales } from "../kube/index.ts";
import type { KubeConnection } from "../kube/index.ts";
import { refuse } from "./refusal.ts";
import { traceFromPrometheus } from "./backtest/sources.ts";
import { createProgress } from "./demo/progress.ts";
import { askPods, askUrl } from "./explain/operator.ts";
import { explanationText, storyText } from "./explain/page.ts";
import type { Origin } from "./explain/page.ts";
import { recompute } from "./explain/recompute.ts";
import { conditionsOf, decisionOf, readScaler } from "./cluster-scaler.ts";
import type { ClusterOptions, ReadScaler } from "./cluster-scaler.ts";
import { EXIT } from "./io.ts";
import type { Io } from "./io.ts";
import { onCluster } from "./on-cluster.ts";
import { httpUrl } from "./option-values.ts";

interface ExplainOptions extends ClusterOptions {
  /** ms before the present. */
  readonly since?: number;
  readonly operatorUrl?: URL;
  readonly prometheusUrl?: URL;
  readonly output: "text" | "json";
}

const EXAMPLE = `
Examples:
  predictive-scaler explain checkout --namespace shop
  predictive-scaler explain checkout --namespace shop --since 6h

The first says why the scaler has its number of replicas, rule by rule, and what
would have to change for another. The second tells what happened: the cause of the
longest time without enough ready replicas first, then the timeline.

The last day is in the operator's memory. It is asked through the API server
(get on pods/proxy; the pods are found by the chart's label component=operator)
or at --operator-url, its metrics address. If it does not answer, the same is
computed again from --prometheus-url, without the ready replicas, which
Prometheus does not have; without that, the scaler's status has to do.

Exit codes: 0 all is well; 1 there is no such scaler, something keeps it from its
work, or (--since) it was short of ready replicas for longer than its service level
allows; 2 usage; 3 something did not answer.
`;

const address = httpUrl("http://127.0.0.1:8080");

export function explainCommand(io: Io, finish: (code: number) => void): Command {
  return new Command("explain")
    .description("Say why a scaler has its number of replicas, or what happened in the last hours.")
    .argument("<name>", "name of the PredictiveScaler")
    .addOption(new Option("-n, --namespace <name>", "its namespace (default: the kubeconfig's)"))
    .addOption(new Option("--since <duration>", "tell the story of the last hours, such as 6h (at most 1d)").argParser(duration))
    .addOption(new Option("--operator-url <url>", "metrics address of the operator, if it is not to be found through the API server").argParser(address))
    .addOption(new Option("--prometheus-url <url>", "computes the last day again if the operator does not answer").argParser(address))
    .addOption(new Option("--kubeconfig <file>", "kubeconfig to use (default: $KUBECONFIG, else ~/.kube/config)"))
    .addOption(new Option("--context <name>", "context of the kubeconfig (default: its current one)"))
    .addOption(new Option("--output <format>", "what is printed").choices(["text", "json"]).default("text"))
    .addHelpText("after", EXAMPLE)
    .action(async (name: string, options: ExplainOptions) => finish(await runExplain(name, options, io)));
}

function runExplain(name: string, options: ExplainOptions, io: Io): Promise<number> {
  const run = async (connection: KubeConnection) => {
    const namespace = options.namespace ?? connection.namespace;
    const read = await readScaler(connection, namespace, name, io.signal);
    const found = await findJournal(connection, read, options, io);
    return options.since === undefined ? await sayWhy(read, found, options, io) : sayStory(read, found, options.since, options, io);
  };
  return onCluster(options, io, run, "every line");
}

interface Found {
  readonly journal: Journal | undefined;
  readonly origin: Origin;
}

/** From the operator, else computed anew, else nothing but the status. */
async function findJournal(connection: KubeConnection, { scaler }: ReadScaler, options: ExplainOptions, io: Io): Promise<Found> {
  const { namespace, name } = scaler;
  const asked =
    options.operatorUrl === undefined
      ? await askPods(connection, [...new Set([connection.namespace, namespace])], namespace, name, io.signal)
      : await askUrl(options.operatorUrl, namespace, name, io.signal);
  if (asked.kind === "journal") return { journal: asked.journal, origin: { kind: "operator", sentence: `From the operator's memory (${asked.from}).` } };
  const away = `The operator could not be asked: ${asked.why.replace(/\.$/, "")}.`;
  if (options.prometheusUrl === undefined) {
    const how = "Give --operator-url, or --prometheus-url to compute the last day again.";
    return { journal: undefined, origin: { kind: "status", sentence: `${away} This is from the scaler's status alone. ${how}` } };
  }
  const journal = await fromPrometheus(connection, scaler, options.prometheusUrl, io);
  const unknown = "ready replicas of the past and what was really written are not known there";
  const sentence = `${away} Computed again from ${options.prometheusUrl.origin} with the operator's own code; ${unknown}.`;
  return { journal, origin: { kind: "prometheus", sentence } };
}

async function fromPrometheus(connection: KubeConnection, scaler: ReadScaler["scaler"], url: URL, io: Io): Promise<Journal> {
  const clock = createClock();
  const bar = io.isTerminal ? createProgress(io) : undefined;
  const progress = (share: number) => bar?.at(share, "reading the history");
  const { series } = await traceFromPrometheus({ url: url.href, scaler, signal: io.signal, progress }, () => undefined).finally(() => bar?.done());
  const scale = await createScales({ connection, clock })
    .read(scaler.namespace, scaler.spec.scaleTargetRef, io.signal)
    .catch(() => undefined);
  return recompute(scaler, series, scale?.replicas ?? NaN, clock.nowMs(), () => clock.delay(0));
}

async function sayWhy(read: ReadScaler, { journal, origin }: Found, { output }: ExplainOptions, io: Io): Promise<number> {
  const situation = await withHolidays(situationOf(read, journal));
  const explanation = explain(situation);
  io.stdout(output === "json" ? jsonText(explanationJson(situation, explanation, origin)) : explanationText(explanation, withAge(origin, situation)));
  return explanation.isWell ? EXIT.ok : EXIT.bad;
}

function sayStory({ scaler }: ReadScaler, { journal, origin }: Found, sinceMs: number, { output }: ExplainOptions, io: Io): number {
  if (journal === undefined) return refuse(`The story needs the last day. ${origin.sentence}`, EXIT.unreachable);
  const story = tellStory(journal, journal.nowMs - sinceMs);
  if (story === undefined) {
    const { namespace, name } = scaler;
    return refuse(`Nothing is remembered of ${namespace}/${name} in the last ${spanText(sinceMs)}: the operator may have started just now.`);
  }
  const zone = scaler.spec.forecast.timeZone;
  io.stdout(output === "json" ? jsonText(storyJson(story, origin)) : storyText(story, zone, origin));
  return story.isWithinLevel ? EXIT.ok : EXIT.bad;
}

function situationOf({ scaler, status }: ReadScaler, journal: Journal | undefined): Situation {
  const { namespace, name, spec } = scaler;
  const stored = decisionOf(status);
  const decision = journal?.decision ?? stored;
  return {
    namespace,
    name,
    spec,
    nowMs: journal?.nowMs ?? createClock().nowMs(),
    leadMs: journal?.leadMs ?? leadOf(status, spec.forecast.leadTimeMs),
    current: status.currentReplicas ?? NaN,
    decision,
    demand: journal?.demand ?? statusDemand(status),
    windowOpensMs: journal === undefined ? NaN : windowOpens(journal, spec.behavior.scaleDown.stabilizationWindowSeconds),
    conditions: conditionsOf(status),
  };
}

/** Where the holidays cannot be found out, the rest of the explanation stands. */
async function withHolidays(situation: Situation): Promise<Situation> {
  const rule = situation.spec.forecast.calendar.holidays;
  const holidays = rule === undefined ? [] : await publicHolidays(rule, situation.nowMs, situation.nowMs).catch(() => []);
  return { ...situation, holidays };
}

function leadOf({ model }: ReadScaler["status"], asked: number | string): number {
  return parseDuration(model?.leadTime ?? "") ?? (typeof asked === "number" ? asked : NaN);
}

function statusDemand({ demand }: ReadScaler["status"]): Situation["demand"] {
  if (demand?.now === undefined) return undefined;
  return { kind: "calibrated", now: Number(demand.now), point: Number(demand.atLead ?? NaN), spare: NaN, raw: NaN };
}

/** One window after the last slot that asked for more than the present does. */
function windowOpens({ slots, slotMs, demand }: Journal, windowSeconds: number): number {
  const last = slots.findLast(({ raw }) => raw > (demand?.raw ?? NaN));
  return last === undefined ? NaN : last.timeMs + slotMs + windowSeconds * 1000;
}

/** How old the decision is where it comes from the status, else what to ask next. */
function withAge(origin: Origin, { namespace, name, decision, nowMs, spec }: Situation): Origin {
  if (decision === undefined) return origin;
  const ageMs = nowMs - decision.timeMs;
  const since = momentsIn(spec.forecast.timeZone, nowMs).at(decision.timeMs);
  if (origin.kind === "status") return { ...origin, sentence: `${origin.sentence} The decision was made at ${since}, ${spanText(Math.max(0, ageMs))} ago.` };
  return { ...origin, sentence: `${origin.sentence} What happened before: predictive-scaler explain ${name} -n ${namespace} --since 6h` };
}

function explanationJson(situation: Situation, { answer, steps, changes, troubles, coming, isWell }: Explanation, origin: Origin): object {
  const { namespace, name, decision, spec } = situation;
  const time = decision === undefined ? null : rfc3339(decision.timeMs);
  const replicas = decision?.to ?? null;
  return { namespace, name, replicas, time, timeZone: spec.forecast.timeZone, well: isWell, answer, rules: steps, changes, troubles, coming, source: origin };
}

function storyJson({ fromMs, toMs, shortSeconds, shortShare, isWithinLevel, answer, shortages, timeline }: Story, origin: Origin): object {
  const time = (ms: number) => (Number.isNaN(ms) ? null : rfc3339(ms));
  return {
    from: rfc3339(fromMs),
    to: rfc3339(toMs),
    shortSeconds,
    shortShare,
    withinServiceLevel: isWithinLevel,
    answer,
    shortages: shortages.map(({ startMs, endMs, peakMs, askedMs, readyMs, ...rest }) => ({
      from: time(startMs),
      to: time(endMs),
      peakTime: time(peakMs),
      asked: time(askedMs),
      readyTime: time(readyMs),
      ...rest,
    })),
    timeline: timeline.map(({ timeMs, text }) => ({ time: rfc3339(timeMs), text })),
    source: origin,
  };
}

const jsonText = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`;

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 60_000 || ms > 86_400_000) throw new InvalidArgumentError("Expected a duration from 1m to 1d, such as 6h.");
  return ms;
}
