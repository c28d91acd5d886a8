// The external metrics API as an extension server on loopback, behind the real API server's aggregation layer: what an HPA of type External asks.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { registerApi } from "../control-plane/api-service.ts";
import type { Kubectl } from "../control-plane/kubectl.ts";

const GROUP = "external.metrics.k8s.io";
const VERSION = "v1beta1";
const NAME = `${VERSION}.${GROUP}`;
const NS = "external-metrics";
const pem = (name: string) => readFileSync(new URL(`../prometheus/certificates/${name}`, import.meta.url));

export interface ExternalMetrics {
  close(): Promise<void>;
}

/** Serves `values` by name of the metric, in every namespace. */
export async function serveExternalMetrics(kubectl: Kubectl, values: Readonly<Record<string, () => number>>): Promise<ExternalMetrics> {
  const server = createServer({ key: pem("server.key"), cert: pem("server.pem") }, (request, response) => {
    const answer = answerTo(new URL(request.url ?? "/", "https://server").pathname, values);
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await kubectl.apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: NS } },
    { apiVersion: "v1", kind: "Service", metadata: { name: "server", namespace: NS }, spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] } },
  );
  await registerApi(kubectl, { group: GROUP, version: VERSION, service: { name: "server", namespace: NS, port } });
  await kubectl("wait", "--for=condition=Available", `apiservice/${NAME}`, "--timeout=20s");
  return {
    async close() {
      await kubectl("delete", "apiservice", NAME, "--ignore-not-found");
      await kubectl("delete", "namespace", NS, "--wait=false", "--ignore-not-found");
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

function answerTo(path: string, values: Readonly<Record<string, () => number>>): object | undefined {
  const [, root, group, version, , namespace, name = ""] = path.split("/");
  if (root !== "apis" || group !== GROUP || version !== VERSION) return undefined;
  if (namespace === undefined) {
    const resources = Object.keys(values).map((metric) => ({ name: metric, singularName: "", namespaced: true, kind: "ExternalMetricValueList", verbs: ["get"] }));
    return { kind: "APIResourceList", apiVersion: "v1", groupVersion: `${GROUP}/${VERSION}`, resources };
  }
  const value = values[name];
  if (value === undefined) return undefined;
  const item = { metricName: name, metricLabels: {}, timestamp: new Date().toISOString(), value: `${Math.round(value() * 1000)}m` };
  return { kind: "ExternalMetricValueList", apiVersion: `${GROUP}/${VERSION}`, metadata: {}, items: [item] };
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
