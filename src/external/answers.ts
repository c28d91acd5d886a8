// What a ScaledObject of KEDA is told about the scaler that its trigger names: the wanted replicas, or why there is no number.
// Invariant: what is not known is refused and never a small number. KEDA's HPA does not lower while one of its metrics is refused.
import { parseScaler, pauseOf, STATUS_EVERY_MS } from "../api/index.ts";
import type { Scaler, ScalerStatus } from "../api/index.ts";
import { parseTime } from "../clock.ts";
import type { KubeObject } from "../kube/index.ts";
import type { ScaledObjectRef } from "./protocol.ts";

/** A scaler as it is in the cache. Every replica of the operator has it, so every replica gives the same answer. */
export interface ServedScaler extends KubeObject {
  readonly status?: Pick<ScalerStatus, "currentReplicas" | "desiredReplicas" | "decision">;
}

/** Where scalers are looked up by `namespace/name`. */
export interface ScalerLookup {
  synced(): boolean;
  get(key: string): ServedScaler | undefined;
}

/** The names that gRPC gives its status codes. */
export type RefusalCode = "INVALID_ARGUMENT" | "NOT_FOUND" | "PERMISSION_DENIED" | "FAILED_PRECONDITION" | "UNAVAILABLE";

export interface Refusal {
  readonly kind: "refused";
  readonly code: RefusalCode;
  /** A sentence; KEDA shows it in its log and in events. */
  readonly message: string;
}

export type Found = { readonly kind: "found"; readonly stored: ServedScaler; readonly scaler: Scaler } | Refusal;
export type Wanted = { readonly kind: "wanted"; readonly replicas: number } | Refusal;

/** What an HPA tolerates that is not told otherwise. */
const USUAL_TOLERANCE = 0.1;
/** A scaler decides every step and its status is written every few minutes; what is older by so many steps and so long was not kept up. */
const LATE_STEPS = 3;
const LATE_MS = 60_000;

/** The scaler that the trigger's metadata names, where it is one that may be asked for. */
export function findScaler(scalers: ScalerLookup, { namespace, scalerMetadata }: ScaledObjectRef): Found {
  const { scalerName = "", scalerNamespace } = scalerMetadata;
  if (scalerName === "") {
    const expected = "expected the name of a PredictiveScaler in the namespace of the ScaledObject";
    return refused("INVALID_ARGUMENT", `The metadata of the trigger has no scalerName; ${expected}.`);
  }
  if (scalerNamespace !== undefined && scalerNamespace !== namespace) {
    const found = `The metadata of the trigger says scalerNamespace ${quoted(scalerNamespace)}, and the ScaledObject is in ${quoted(namespace)}`;
    return refused("PERMISSION_DENIED", `${found}; a scaler is told only to its own namespace. Leave scalerNamespace out.`);
  }
  if (!scalers.synced()) return refused("UNAVAILABLE", "The list of PredictiveScalers is not in yet.");
  const stored = scalers.get(`${namespace}/${scalerName}`);
  const name = `PredictiveScaler ${quoted(scalerName)} in namespace ${quoted(namespace)}`;
  if (stored === undefined) return refused("NOT_FOUND", `There is no ${name} that this operator sees. Check scalerName and --watch-namespaces.`);
  const parsed = parsedOf(stored);
  if (parsed.kind === "invalid") return refused("FAILED_PRECONDITION", `The manifest of the ${name} cannot be used; its condition Ready says why.`);
  const { type } = parsed.scaler.spec.output;
  if (type !== "External") return refused("FAILED_PRECONDITION", `The ${name} has output.type ${type}; only External is answered here.`);
  return { kind: "found", stored, scaler: parsed.scaler };
}

/** The number that makes KEDA's HPA, with the tolerance that the metadata names, arrive at the replicas wanted at `nowMs`. */
export function wantedReplicas(scalers: ScalerLookup, ref: ScaledObjectRef, nowMs: number): Wanted {
  const found = findScaler(scalers, ref);
  if (found.kind === "refused") return found;
  const tolerance = toleranceOf(ref.scalerMetadata);
  if (typeof tolerance !== "number") return tolerance;
  const { metadata, status } = found.stored;
  const { mode, metric } = found.scaler.spec;
  if (mode === "Recommend") return refused("FAILED_PRECONDITION", "The mode is Recommend: what would be done is in the status, and nothing is asked for.");
  const pause = pauseOf(metadata.annotations, nowMs);
  if (pause.scaleIn && pause.scaleOut) return refused("FAILED_PRECONDITION", "The scaler is paused: nothing is asked for until it goes on.");
  const { decision, desiredReplicas, currentReplicas = NaN } = status ?? {};
  if (decision === undefined || desiredReplicas === undefined) return refused("UNAVAILABLE", "There is no decision yet.");
  const ageMs = nowMs - parseTime(decision.time);
  if (!(ageMs <= STATUS_EVERY_MS + LATE_STEPS * metric.stepMs + LATE_MS))
    return refused("UNAVAILABLE", `The last decision is of ${decision.time}, too long ago to go by. The scaler's conditions and the operator's log say why.`);
  if (desiredReplicas < 1) return refused("FAILED_PRECONDITION", decision.message);
  return { kind: "wanted", replicas: beyondTolerance(desiredReplicas, currentReplicas, tolerance) };
}

/** An HPA leaves a raise alone that is within its tolerance: so that it raises at all, it is asked for the least that is not. */
function beyondTolerance(wanted: number, current: number, tolerance: number): number {
  return wanted > current ? Math.max(wanted, Math.floor((1 + tolerance) * current) + 1) : wanted;
}

function toleranceOf({ scaleUpTolerance = String(USUAL_TOLERANCE) }: ScaledObjectRef["scalerMetadata"]): number | Refusal {
  const value = /^\d{1,3}(\.\d{1,9})?$/.test(scaleUpTolerance) ? Number(scaleUpTolerance) : NaN;
  if (value <= 1) return value;
  const expected = "expected what behavior.scaleUp.tolerance of the HPA is, from 0 to 1, such as 0";
  return refused("INVALID_ARGUMENT", `The metadata of the trigger says scaleUpTolerance ${quoted(scaleUpTolerance)}; ${expected}.`);
}

type Parsed = ReturnType<typeof parseScaler>;
/** An object of the cache is replaced and never changed: it is parsed once, however often it is asked about. */
const parses = new WeakMap<ServedScaler, Parsed>();

function parsedOf(stored: ServedScaler): Parsed {
  const known = parses.get(stored);
  if (known !== undefined) return known;
  const parsed = parseScaler(stored);
  parses.set(stored, parsed);
  return parsed;
}

function refused(code: RefusalCode, message: string): Refusal {
  return { kind: "refused", code, message };
}

/** What others wrote, within bounds. */
function quoted(text: string): string {
  return JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 80)}…`);
}
