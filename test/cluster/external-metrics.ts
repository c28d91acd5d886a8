// The external metrics API as an extension server on loopback, behind the real API server's aggregation layer: what an HPA of type External asks.
import { serveExtension } from "../control-plane/extension-server.ts";
import type { Kubectl } from "../control-plane/kubectl.ts";

const GROUP = "external.metrics.k8s.io";
const VERSION = "v1beta1";

export interface ExternalMetrics {
  close(): Promise<void>;
}

/** Serves `values` by name of the metric, in every namespace. */
export async function serveExternalMetrics(kubectl: Kubectl, values: Readonly<Record<string, () => number>>): Promise<ExternalMetrics> {
  const close = await serveExtension(kubectl, {
    group: GROUP,
    version: VERSION,
    resources: Object.keys(values).map((name) => ({ name, kind: "ExternalMetricValueList" })),
    answer(_namespace, [name = ""]) {
      const value = values[name];
      if (value === undefined) return undefined;
      const item = { metricName: name, metricLabels: {}, timestamp: new Date().toISOString(), value: `${Math.round(value() * 1000)}m` };
      return { kind: "ExternalMetricValueList", apiVersion: `${GROUP}/${VERSION}`, metadata: {}, items: [item] };
    },
  });
  return { close };
}

/** An HPA of the Deployment of the same name that keeps the metric at `perReplica` a replica, at any pace, and forgets what was at once. */
export function externalAutoscaler(namespace: string, name: string, metric: string, perReplica: number, [minReplicas, maxReplicas]: readonly [number, number]): object {
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
      minReplicas,
      maxReplicas,
      metrics: [{ type: "External", external: { metric: { name: metric }, target: { type: "AverageValue", averageValue: String(perReplica) } } }],
      behavior: { scaleUp: { policies: [{ type: "Pods", value: 100, periodSeconds: 15 }] }, scaleDown: { stabilizationWindowSeconds: 0 } },
    },
  };
}
