// The demo's surroundings: both servers on one accelerated clock, the traffic, and the objects that a user would apply.
import { createClock } from "../../clock.ts";
import type { Clock } from "../../clock.ts";
import { createTraffic, startPlaygroundKubernetes, startPlaygroundPrometheus } from "../../playground/index.ts";
import type { ReplicaRecord, Traffic } from "../../playground/index.ts";
import { DEPLOYMENT, LIVE_MS, METRIC, NAME, NAMESPACE, NAMESPACE_OBJECT, READY_DELAY_MS, SCALER, WARM_UP_MS } from "./settings.ts";

export interface World {
  readonly clock: Clock;
  /** What the operator's clock needs to read the same. */
  readonly startMs: number;
  readonly rate: number;
  readonly originMs: number;
  readonly traffic: Traffic;
  readonly kubernetesUrl: string;
  readonly kubeconfig: string;
  readonly prometheusUrl: string;
  /** Replicas asked for and ready so far. */
  record(): readonly ReplicaRecord[];
  /** Whether the scaler has a forecast, as its status says; and why not. */
  forecasting(): Promise<{ readonly isTrue: boolean; readonly reason: string }>;
  close(): Promise<void>;
}

const SCALERS = `/apis/predictivescaler.io/v1alpha1/namespaces/${NAMESPACE}/predictivescalers`;

interface StoredScaler {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[] };
}

/** Starts the servers and applies the objects. `rate`: simulated seconds a second. */
export async function startWorld({ seed, rate, port }: { readonly seed: number; readonly rate: number; readonly port: number }): Promise<World> {
  const startMs = LIVE_MS - WARM_UP_MS;
  const originMs = Math.round(createClock().nowMs());
  const clock = createClock({ startMs, rate, originMs });
  const traffic = createTraffic({ seed, liveMs: LIVE_MS });
  const series = [{ name: METRIC, labels: { service: NAME }, value: (timeMs: number) => traffic.rate(timeMs) }];
  const prometheus = await startPlaygroundPrometheus({ clock, series });
  const kubernetes = await startPlaygroundKubernetes({ clock, readyDelayMs: READY_DELAY_MS, port });
  const close = async () => {
    await Promise.all([kubernetes.close(), prometheus.close()]);
  };
  try {
    await create(`${kubernetes.url}/api/v1/namespaces`, NAMESPACE_OBJECT);
    await create(`${kubernetes.url}/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, DEPLOYMENT);
    await create(kubernetes.url + SCALERS, SCALER);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    clock,
    startMs,
    rate,
    originMs,
    traffic,
    kubernetesUrl: kubernetes.url,
    kubeconfig: kubernetes.kubeconfig,
    prometheusUrl: prometheus.url,
    record: () => kubernetes.replicas(`${NAMESPACE}/${NAME}`),
    async forecasting() {
      const response = await fetch(`${kubernetes.url}${SCALERS}/${NAME}`);
      const { status } = (await response.json()) as StoredScaler;
      const condition = status?.conditions?.find(({ type }) => type === "Forecasting");
      return { isTrue: condition?.status === "True", reason: condition?.reason ?? "no status yet" };
    },
    close,
  };
}

async function create(url: string, body: object): Promise<void> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  const text = await response.text();
  if (!response.ok) throw new Error(`${new URL(url).pathname} refused the demo's object: ${text}`);
}
