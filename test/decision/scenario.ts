// Reads decision scenarios written as text, plays them through the demand rule and `decide`, and says what differs.
// The margin is 0 on the first day, so what is forecast is what is asked for; `start N reactive` begins without one.
//
//   every 1m   policy target=100 min=2 max=20 ceiling=30 up=4/1m,100%/1m upSelect=Min upWindow=5m upTolerance=0.1
//              down=1/1m downSelect=Max downWindow=5m downTolerance=0.1 mode=Active fallback=10/30m
//   start      2 | 2 for 1h | 2 reactive          replicas at 0m; `for`: this process has decided for so long
//   observed   200x3  -x2  800                     samples; - is a missing one
//   forecast   800x5  200                          what is forecast for the next step; left out: as observed, or as it last was
//   bound      700x5  -                            the most that was to be expected of each sample; left out: nothing was said
//   needs      2x9 20x5                            replicas that will be needed at each step, as far as they are known ahead
//   reactive   3m..5m                              the forecast has lost control
//   failing    3m..5m                              the metrics server does not answer
//   rollout    3m..5m                              a rollout is in progress
//   collapsed  3m..5m                              demand has fallen at once, far below its forecast
//   ready      4 1x3                               ready pods before each decision; left out: all
//   someone    4m=0                                a person sets the replicas
//   paused     both 3m..5m  in 7m                 directions that an annotation pauses
//   conflict   AnotherScaler 3m..5m               somebody else scales the target
//   schedule   office 6/- 3m..5m                  floor and ceiling while it is on
//   replicas   6  8x5                              the target's replicas after each decision
//   would      6  8x5                              what the decision says, where that is not what is applied
//   because    ScaleUpLimit at 0m; ScaleDownStabilized 6m..9m       exactly then, each reason that is named
//   says       0m forecast to reach 800            words of the decision's or of a rule's sentence
import { createDemandRule, decide, remember, startHistory } from "../../src/decision/index.ts";
import type { Decision, DecisionInput, DirectionPolicy, LineDemand, Policy, ScalingPolicyRule } from "../../src/decision/index.ts";
import { utc } from "./demand/worlds.ts";

const START_MS = 1_767_571_200_000;

export interface Scenario {
  readonly title: string;
  readonly fields: ReadonlyMap<string, string>;
}

/** Scenarios of one file: blocks apart by blank lines, each opened by `#` lines that say what happens. */
export function parseScenarios(text: string): Scenario[] {
  return text
    .split(/\n\s*\n/)
    .filter((block) => block.trim() !== "")
    .map((block) => {
      const lines = block.split("\n").filter((line) => line.trim() !== "");
      const title = lines.filter((line) => line.startsWith("#")).map((line) => line.slice(1).trim()).join(" ");
      const fields = new Map<string, string>();
      let last = "";
      for (const line of lines.filter((line) => !line.startsWith("#"))) {
        const [, word = "", rest = ""] = /^(\S*)\s+(.*)$/.exec(line) ?? [];
        last = word === "" ? last : word;
        const before = fields.get(last);
        fields.set(last, before === undefined ? rest.trim() : `${before} ${rest.trim()}`);
      }
      return { title, fields };
    });
}

/** Plays a scenario; the lines say what was expected and what came instead. Empty: as written. */
export function playScenario({ fields }: Scenario): string[] {
  const [every = "", ...policyWords] = (fields.get("every") ?? "").split(/\s+/);
  const stepMs = duration(every);
  const options = new Map(policyWords.slice(1).map((word) => splitOnce(word, "=")));
  const { decisions, replicas } = play(fields, stepMs, options);
  const problems: string[] = [];
  const compare = (name: string, found: readonly number[]) => {
    const expected = fields.get(name);
    if (expected === undefined) return;
    const wanted = runs(expected);
    if (wanted.join() !== found.join()) problems.push(`${name}: expected ${inRuns(wanted)}, found ${inRuns(found)}`);
  };
  compare("replicas", replicas);
  compare("would", decisions.map(({ to }) => to));
  problems.push(...wrongReasons(fields.get("because") ?? "", decisions, stepMs));
  for (const claim of (fields.get("says") ?? "").split(";").filter((claim) => claim.trim() !== "")) {
    const [at, words] = splitOnce(claim.trim(), " ");
    const decision = decisions[duration(at) / stepMs];
    const sentences = [decision?.message, ...(decision?.trace ?? []).map(({ message }) => message)].join(" | ");
    if (!sentences.includes(words.trim())) problems.push(`says at ${at}: expected "${words.trim()}" in "${sentences}"`);
  }
  return problems;
}

/** The reasons that scenario names. */
export function reasonsNamed({ fields }: Scenario): string[] {
  return claims(fields.get("because") ?? "").map(({ reason }) => reason);
}

function play(fields: ReadonlyMap<string, string>, stepMs: number, options: ReadonlyMap<string, string>) {
  const policy = { ...policyOf(options), schedules: schedulesOf(fields.get("schedule")) };
  const observed = runs(fields.get("observed") ?? "");
  const forecasts = fields.has("forecast") ? runs(fields.get("forecast") ?? "") : observed;
  const bounds = runs(fields.get("bound") ?? "-");
  const ready = runs(fields.get("ready") ?? "").filter((count) => !Number.isNaN(count) && fields.has("ready"));
  const needs = runs(fields.get("needs") ?? "").filter((need) => need > 0);
  const [startText = "", startKind = "", startTime = "0m"] = (fields.get("start") ?? "").split(/\s+/);
  if (forecasts.length !== observed.length) throw new Error(`${observed.length} samples are observed and ${forecasts.length} forecast`);
  const rule = createDemandRule({
    stepMs,
    leadSteps: 1,
    stabilizationSteps: Math.round((policy.scaleDown.stabilizationWindowSeconds * 1000) / stepMs),
    scaleDownTolerance: policy.scaleDown.tolerance,
    targetPerReplica: Number(options.get("target")),
    budget: 0.01,
    minReplicas: policy.minReplicas,
    maxReplicas: policy.maxReplicasCeiling ?? policy.maxReplicas,
    localClock: utc,
    ...(startKind === "reactive" ? {} : { initialMargin: 0 }),
  });
  let current = Number(startText);
  let history = startHistory(startKind === "for" ? START_MS - duration(startTime) : START_MS, current);
  let lastSampleMs = NaN;
  let lastForecast = NaN;
  const decisions: Decision[] = [];
  const replicas: number[] = [];
  for (const [i, value] of observed.entries()) {
    const nowMs = START_MS + i * stepMs;
    const forecast = forecasts[i] ?? NaN;
    if (!Number.isNaN(forecast)) lastForecast = forecast;
    if (!Number.isNaN(value)) lastSampleMs = nowMs;
    const told = lastForecast;
    rule.observe(nowMs, value, { forecast: () => told });
    const atMs = i * stepMs;
    for (const word of (fields.get("someone") ?? "").split(/\s+/)) {
      const [at, count] = splitOnce(word, "=");
      if (word !== "" && duration(at) === atMs) current = Number(count);
    }
    const isFailing = within(fields.get("failing"), atMs);
    const decision = decide({
      nowMs,
      demand: { ...rule.demand(), ...extrasOf(fields, needs.slice(i + 1), stepMs, atMs), control: within(fields.get("reactive"), atMs) ? "demand" : "forecast" },
      expectedAtMost: bounds[i] ?? NaN,
      lastSampleMs,
      missingBecause: isFailing ? "The metrics server does not answer." : undefined,
      target: { replicas: current, ready: ready[Math.min(i, ready.length - 1)] ?? current, isRollingOut: within(fields.get("rollout"), atMs) },
      policy,
      history,
      ...people(fields, atMs),
    });
    if (decision.kind === "scale") current = decision.to;
    history = remember(history, decision, { nowMs, policy, isMissing: isFailing });
    decisions.push(decision);
    replicas.push(current);
  }
  return { decisions, replicas };
}

/** What a line knows beside its demand rule. */
function extrasOf(fields: ReadonlyMap<string, string>, needs: readonly number[], stepMs: number, atMs: number): Pick<LineDemand, "ahead" | "collapse"> {
  return {
    ahead: needs.length === 0 ? undefined : { stepMs, needs: Float64Array.from(needs) },
    collapse: within(fields.get("collapsed"), atMs) ? { forecast: 400, demand: 20, sinceMs: stepMs, goodMs: 0 } : undefined,
  };
}

/** `WORD RANGE` in turns: those whose range holds the moment. */
function wordsAt(text: string | undefined, atMs: number, words: number): string[][] {
  const parts = (text ?? "").split(/\s+/).filter((part) => part !== "");
  const groups = Array.from({ length: parts.length / words }, (_, i) => parts.slice(i * words, (i + 1) * words));
  return groups.filter((group) => within(group.at(-1), atMs));
}

function people(fields: ReadonlyMap<string, string>, atMs: number): Pick<DecisionInput, "pause" | "conflict"> {
  const [direction] = wordsAt(fields.get("paused"), atMs, 2)[0] ?? [];
  const [reason] = wordsAt(fields.get("conflict"), atMs, 2)[0] ?? [];
  return {
    pause: direction === undefined ? undefined : { scaleIn: direction !== "out", scaleOut: direction !== "in", sentence: "Scaling is paused." },
    conflict: reason === undefined ? undefined : { reason: reason as NonNullable<DecisionInput["conflict"]>["reason"], sentence: "Somebody else scales it." },
  };
}

function schedulesOf(text: string | undefined): NonNullable<Policy["schedules"]> {
  const parts = (text ?? "").split(/\s+/).filter((part) => part !== "");
  return Array.from({ length: parts.length / 3 }, (_, i) => {
    const [name = "", bounds = "", range] = parts.slice(3 * i);
    const [least, most] = splitOnce(bounds, "/").map((bound) => (bound === "-" ? undefined : Number(bound)));
    const clock = { stretchAt: (nowMs: number) => ({ isOn: within(range, nowMs - START_MS), fromMs: nowMs, untilMs: Infinity }) };
    return { name, minReplicas: least, maxReplicas: most, clock };
  });
}

function policyOf(options: ReadonlyMap<string, string>): Policy {
  const direction = (name: string, window: string, tolerance: string, policies: string): DirectionPolicy => ({
    stabilizationWindowSeconds: duration(options.get(`${name}Window`) ?? window) / 1000,
    selectPolicy: (options.get(`${name}Select`) ?? "Max") as DirectionPolicy["selectPolicy"],
    policies: (options.get(name) ?? policies).split(",").map(policyRule),
    tolerance: Number(options.get(`${name}Tolerance`) ?? tolerance),
  });
  const [fallbackReplicas, fallbackAfter] = splitOnce(options.get("fallback") ?? "", "/");
  return {
    minReplicas: Number(options.get("min") ?? 1),
    maxReplicas: Number(options.get("max") ?? 100),
    ...(options.has("ceiling") ? { maxReplicasCeiling: Number(options.get("ceiling")) } : {}),
    mode: (options.get("mode") ?? "Active") as Policy["mode"],
    scaleUp: direction("up", "0s", "0", "100%/15s,4/15s"),
    scaleDown: direction("down", "5m", "0.1", "100%/15s"),
    fallback: fallbackReplicas === "" ? undefined : { replicas: Number(fallbackReplicas), afterMs: duration(fallbackAfter) },
  };
}

function policyRule(text: string): ScalingPolicyRule {
  const [amount, period] = splitOnce(text, "/");
  return { type: amount.endsWith("%") ? "Percent" : "Pods", value: Number.parseInt(amount, 10), periodSeconds: duration(period) / 1000 };
}

interface Claim {
  readonly reason: string;
  readonly from: string;
  readonly to: string;
}

function claims(text: string): Claim[] {
  return text
    .split(";")
    .map((claim) => claim.trim().split(/\s+/))
    .filter(([reason]) => reason !== "")
    .flatMap(([reason = "", ...times]) =>
      times
        .filter((time) => time !== "at")
        .map((time) => {
          const [from, to] = splitOnce(time.replace(",", ""), "..");
          return { reason, from, to: to === "" ? from : to };
        }),
    );
}

/** Each reason that is named must be there exactly when it is said to be. */
function wrongReasons(text: string, decisions: readonly Decision[], stepMs: number): string[] {
  const all = claims(text);
  return [...new Set(all.map(({ reason }) => reason))].flatMap((reason) => {
    const expected: number[] = [];
    const found: number[] = [];
    for (const [i, decision] of decisions.entries()) {
      const atMs = i * stepMs;
      if (all.some((claim) => claim.reason === reason && atMs >= duration(claim.from) && atMs <= duration(claim.to))) expected.push(atMs / 60_000);
      if (decision.reason === reason || decision.trace.some((entry) => entry.reason === reason)) found.push(atMs / 60_000);
    }
    return expected.join() === found.join() ? [] : [`${reason}: expected at minutes ${expected.join(" ")}, found at ${found.join(" ")}`];
  });
}

function within(range: string | undefined, atMs: number): boolean {
  return (range ?? "").split(/\s+/).some((part) => {
    if (part === "") return false;
    const [from, to] = splitOnce(part, "..");
    return atMs >= duration(from) && atMs <= duration(to === "" ? from : to);
  });
}

/** `200x3 -` as 200, 200, 200, NaN. */
function runs(text: string): number[] {
  return text.split(/\s+/).flatMap((word) => {
    const [value, times] = splitOnce(word, "x");
    return Array.from({ length: times === "" ? 1 : Number(times) }, () => (value === "-" ? NaN : Number(value)));
  });
}

function inRuns(values: readonly number[]): string {
  const parts: { value: number; times: number }[] = [];
  for (const value of values) {
    const last = parts.at(-1);
    if (last !== undefined && Object.is(last.value, value)) last.times++;
    else parts.push({ value, times: 1 });
  }
  return parts.map(({ value, times }) => (times === 1 ? String(value) : `${value}x${times}`)).join("  ");
}

function duration(text: string): number {
  const [, amount, unit] = /^(\d+)([smh])$/.exec(text) ?? [];
  if (unit === undefined) throw new Error(`"${text}" is no duration such as 30s, 5m or 1h`);
  return Number(amount) * (unit === "s" ? 1000 : unit === "m" ? 60_000 : 3_600_000);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
