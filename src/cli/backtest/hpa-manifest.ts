// The user's own HorizontalPodAutoscaler -> what a backtest needs of it, or all that is wrong with it as lines for a person.
// Invariant: only a metric that says how much demand a replica serves is taken; anything else is refused, not guessed.
import { formatProblems, parseHpaBehavior, parseQuantity } from "../../api/index.ts";
import type { HpaBehavior } from "../../replay/index.ts";
import { stringify } from "yaml";
import { readDocuments } from "../manifests.ts";

export interface Hpa {
  readonly name: string;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Of the scaler's targetPerReplica that a replica is filled to; may be above 1. */
  readonly utilisation: number;
  /** The target as the manifest says it: `80 % CPU`. */
  readonly target: string;
  readonly behavior: HpaBehavior;
}

export type HpaText =
  /** `text`: the manifest alone, as YAML. */
  | { readonly kind: "valid"; readonly hpa: Hpa; readonly text: string }
  | { readonly kind: "invalid"; readonly problems: string };

const KIND = "HorizontalPodAutoscaler";
const API_VERSION = "autoscaling/v2";
/** What the API server fills in where there are no metrics. */
const DEFAULT_METRIC = { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } };
const TRANSLATABLE = "Resource cpu with averageUtilization, or External, Pods or Object with averageValue in the unit of the scaler's query";

/** The HPA may stand among other manifests; `file` is named in what is wrong. */
export function readHpa(text: string, file: string, targetPerReplica: number): HpaText {
  const documents = readDocuments(text);
  const broken = documents.find((document) => document.kind === "broken");
  if (broken !== undefined) return { kind: "invalid", problems: `${file}:${broken.place.line}:${broken.place.column}: ${broken.message}` };
  const objects = documents.flatMap((document) => (document.kind === "object" ? [document.object] : []));
  const hpas = objects.filter((object) => at(object, "kind") === KIND);
  const [hpa] = hpas;
  if (hpas.length !== 1) return { kind: "invalid", problems: `${file}: found ${hpas.length} objects of kind ${KIND}, expected one` };

  const problems: string[] = [];
  const expect = (isRight: boolean, path: string, found: unknown, expected: string) => {
    if (!isRight) problems.push(`${file}: ${path}: found ${shown(found)}, expected ${expected}`);
  };
  const hint = `${API_VERSION} (kubectl get hpa.v2.autoscaling NAME -o yaml writes it so)`;
  expect(at(hpa, "apiVersion") === API_VERSION, "apiVersion", at(hpa, "apiVersion"), hint);
  const minReplicas = at(hpa, "spec.minReplicas") ?? 1;
  const maxReplicas = at(hpa, "spec.maxReplicas");
  const isMin = Number.isInteger(minReplicas) && Number(minReplicas) >= 0;
  expect(isMin, "spec.minReplicas", minReplicas, "a whole number of 0 or more");
  const isMax = Number.isInteger(maxReplicas) && Number(maxReplicas) >= Math.max(1, Number(minReplicas));
  expect(isMax, "spec.maxReplicas", maxReplicas, "a whole number of at least 1 and at least minReplicas");
  const metrics = at(hpa, "spec.metrics") ?? [];
  const listed: readonly unknown[] = Array.isArray(metrics) && metrics.length > 0 ? (metrics as unknown[]) : [DEFAULT_METRIC];
  const [target] = listed.map((metric) => targetOf(metric, targetPerReplica));
  const isOne = listed.length === 1 && target !== undefined;
  expect(isOne, "spec.metrics", listed.map(metricText).join(", "), `one metric that a replay can translate: ${TRANSLATABLE}`);
  const behavior = parseHpaBehavior(at(hpa, "spec.behavior"));
  if (behavior.kind === "invalid") problems.push(formatProblems(behavior.problems).replaceAll(/^/gm, `${file}: `));
  if (problems.length > 0 || target === undefined || behavior.kind === "invalid") return { kind: "invalid", problems: problems.join("\n") };
  const name = at(hpa, "metadata.name");
  const bounds = { minReplicas: Number(minReplicas), maxReplicas: Number(maxReplicas) };
  const found = { name: typeof name === "string" ? name : file, ...bounds, ...target, behavior: behavior.behavior };
  return { kind: "valid", hpa: found, text: stringify(hpa) };
}

const SOURCES: Readonly<Record<string, string>> = { External: "external", Pods: "pods", Object: "object" };

/** Undefined for a metric that does not say how much demand a replica serves. */
function targetOf(metric: unknown, targetPerReplica: number): Pick<Hpa, "utilisation" | "target"> | undefined {
  const type = at(metric, "type");
  const percent = Number(at(metric, "resource.target.averageUtilization"));
  if (type === "Resource" && at(metric, "resource.name") === "cpu" && percent > 0) return { utilisation: percent / 100, target: `${percent} % CPU` };
  const source = typeof type === "string" ? SOURCES[type] : undefined;
  const written = source === undefined ? undefined : at(metric, `${source}.target.averageValue`);
  const value = typeof written === "string" || typeof written === "number" ? parseQuantity(written) : undefined;
  if (value === undefined || !(value > 0)) return undefined;
  return { utilisation: value / targetPerReplica, target: `${String(written)} a replica` };
}

function metricText(metric: unknown): string {
  const type = at(metric, "type");
  if (typeof type !== "string") return JSON.stringify(metric);
  const source = `${type.slice(0, 1).toLowerCase()}${type.slice(1)}`;
  const name = at(metric, `${source}.metric.name`) ?? at(metric, `${source}.name`);
  const target = at(metric, `${source}.target.type`);
  return [type, name, target].filter((part) => typeof part === "string").join(" ");
}

function shown(found: unknown): string {
  if (found === undefined || found === null) return "nothing";
  return typeof found === "string" ? found : JSON.stringify(found);
}

/** The value at a path such as `spec.minReplicas`; undefined if it is not there. */
function at(object: unknown, path: string): unknown {
  let found: unknown = object;
  for (const key of path.split(".")) found = typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined;
  return found ?? undefined;
}
