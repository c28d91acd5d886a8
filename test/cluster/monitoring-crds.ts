// The CRDs of the Prometheus Operator with no more than the fields that the chart uses: the API server refuses all others.

const text = { type: "string" };
const texts = { type: "object", additionalProperties: text };
const list = (items: object) => ({ type: "array", items });
const object = (properties: object, required: readonly string[] = []) => ({ type: "object", properties, ...(required.length === 0 ? {} : { required }) });

const selector = object({ matchLabels: texts });
const endpoint = object({ port: text, interval: text, honorLabels: { type: "boolean" } });
const rule = object({ alert: text, record: text, expr: text, for: text, keep_firing_for: text, labels: texts, annotations: texts }, ["expr"]);
const group = object({ name: text, interval: text, rules: list(rule) }, ["name", "rules"]);

const SPECS = {
  ServiceMonitor: object({ selector, endpoints: list(endpoint) }, ["selector", "endpoints"]),
  PodMonitor: object({ selector, podMetricsEndpoints: list(endpoint) }, ["selector", "podMetricsEndpoints"]),
  PrometheusRule: object({ groups: list(group) }, ["groups"]),
};

export function monitoringCrds(): (object & { readonly metadata: { readonly name: string } })[] {
  return Object.entries(SPECS).map(([kind, spec]) => {
    const plural = `${kind.toLowerCase()}s`;
    const version = { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: object({ spec }) } };
    return {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.monitoring.coreos.com`, labels: { "test.predictivescaler.io/minimal": "true" } },
      spec: { group: "monitoring.coreos.com", scope: "Namespaced", names: { kind, plural, singular: kind.toLowerCase() }, versions: [version] },
    };
  });
}
