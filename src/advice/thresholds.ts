// At which demand the next number of replicas, up or down, would be reached: the demand rule read backwards.
import { durationText } from "../api/index.ts";
import { numberText, replicasText } from "../decision/index.ts";
import type { Told } from "./situation.ts";

/** What would give another number. */
export interface Change {
  /** undefined where the number cannot be said beforehand. */
  readonly replicas: number | undefined;
  readonly when: string;
}

/** Quotients this little above a whole number are that number. */
const ROUNDING = 1e-9;

/** The next number up and the next one down, as far as the demand decides; none where it is not seen. */
export function thresholds(told: Told, replicas: number): Change[] {
  if (told.demand === undefined || told.demand.kind === "missing" || !(replicas > 0)) return [];
  return [up(told, replicas), down(told, replicas)].filter((change) => change !== undefined);
}

function up(told: Told, replicas: number): Change | undefined {
  const { spec } = told;
  const next = replicas + 1;
  const { maxReplicas, maxReplicasCeiling: most = maxReplicas } = spec;
  const field = most === maxReplicas ? "maxReplicas" : "maxReplicasCeiling";
  if (next > most) return { replicas: undefined, when: `More than ${most}: only with a higher ${field}.` };
  return { replicas: next, when: `${replicasText(next)}: as soon as ${load(told, replicas, "above")}.` };
}

function down(told: Told, replicas: number): Change | undefined {
  const { spec } = told;
  const { tolerance, stabilizationWindowSeconds } = spec.behavior.scaleDown;
  const next = Math.max(spec.minReplicas, Math.min(replicas - 1, Math.floor(replicas * (1 - tolerance) + ROUNDING)));
  if (next >= replicas) return { replicas: undefined, when: `Fewer than ${replicas}: only with a lower minReplicas.` };
  const patience = stabilizationWindowSeconds === 0 ? "" : `, for ${durationText(stabilizationWindowSeconds * 1000)} on end`;
  const step = next < replicas - 1 ? ` (closer numbers are within the tolerance of ${numberText(tolerance * 100)} %)` : "";
  return { replicas: next, when: `${replicasText(next)}: when ${load(told, next, "at most")}${patience}${step}.` };
}

/** The demand that `replicas` just serve, in terms of what is measured and forecast. */
function load({ spec, demand, leadMs }: Told, replicas: number, word: "above" | "at most"): string {
  const { targetPerReplica } = spec.metric;
  const now = numberText(demand?.now ?? NaN);
  const point = demand?.point ?? NaN;
  const spare = demand?.spare ?? NaN;
  const served = replicas * targetPerReplica;
  if (demand?.kind === "reactive") return `demand is ${word} ${numberText(0.8 * served)} (now ${now}): replicas are filled to 80 % until a day is known`;
  const join = word === "above" ? "or" : "and";
  const lead = spec.forecast.leadTimeMs === "Auto" ? "lead time" : Number.isNaN(leadMs) ? "lead time" : durationText(leadMs);
  if (Number.isNaN(spare)) return `the forecast for ${lead} with its margin is ${word} ${numberText(served)}, ${join} demand itself is (now ${now})`;
  if (point <= (demand?.now ?? NaN)) return `demand is ${word} ${numberText(served - Math.max(0, spare))} (now ${now})`;
  const forecast = `the forecast for the next ${lead} is ${word} ${numberText(Math.max(0, served - spare))} (now ${numberText(point)})`;
  return `${forecast} ${join} demand itself ${word} ${numberText(served)} (now ${now})`;
}
