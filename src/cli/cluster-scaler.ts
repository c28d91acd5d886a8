// One scaler as the API server has it, for commands that look at it. Nothing is written.
import type { Condition, Reason, Scaler, ScalerStatus } from "../api/index.ts";
import { formatProblems, GROUP, parseScaler, PLURAL, VERSION } from "../api/index.ts";
import type { DecisionRecord, RuleStep } from "../advice/index.ts";
import { parseTime } from "../clock.ts";
import { connect, KubeError } from "../kube/index.ts";
import type { KubeConnection, KubeObject } from "../kube/index.ts";
import { refuse } from "./refusal.ts";
import { EXIT } from "./io.ts";

export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

export interface ReadScaler {
  readonly scaler: Scaler;
  readonly status: ScalerStatus;
}

interface StoredScaler extends KubeObject {
  readonly status?: ScalerStatus;
}

/** A connection to the cluster that the flags name. Throws Refusal. */
export function connectFor({ kubeconfig, context }: ClusterOptions): KubeConnection {
  try {
    return connect({ ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) });
  } catch (error) {
    if (error instanceof KubeError) return refuse(error.sentence, EXIT.unreachable);
    throw error;
  }
}

/** The scaler `name`. Throws Refusal: 1 if it is not there or cannot be acted on, 3 if the API server does not tell. */
export async function readScaler(connection: KubeConnection, namespace: string, name: string, signal: AbortSignal): Promise<ReadScaler> {
  const path = `/apis/${GROUP}/${VERSION}/namespaces/${encodeURIComponent(namespace)}/${PLURAL}/${encodeURIComponent(name)}`;
  const stored = await connection.request({ method: "GET", path, signal }).catch((error: unknown) => refuseKube(error, namespace, name));
  const { status = {} } = stored as StoredScaler;
  const parsed = parseScaler(stored);
  if (parsed.kind === "valid") return { scaler: parsed.scaler, status };
  return refuse(
    `${namespace}/${name} does nothing, because its manifest has mistakes:\n${formatProblems(parsed.problems)}\nCorrect them and apply it again.`,
  );
}

function refuseKube(error: unknown, namespace: string, name: string): never {
  if (!(error instanceof KubeError)) throw error;
  if (error.status !== 404) return refuse(error.sentence, EXIT.unreachable);
  return refuse(`There is no PredictiveScaler ${name} in the namespace ${namespace}. Look for it with: kubectl get psc --all-namespaces`);
}

/** The last decision of a status, as a record. */
export function decisionOf({ decision }: ScalerStatus): DecisionRecord | undefined {
  if (decision === undefined) return undefined;
  const { time, from, to, reason, message, trace = [] } = decision;
  const steps = trace.map((step): RuleStep => ({ ...step, reason: step.reason }));
  return { timeMs: parseTime(time), from, to, reason: reason satisfies Reason, message, trace: steps };
}

export function conditionsOf({ conditions = [] }: ScalerStatus): readonly Condition[] {
  return conditions;
}
