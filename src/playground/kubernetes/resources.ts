// The resources that the server knows, as data: names, scope, subresources, and what makes an object of each complete or wrong.
import { crd, GROUP, KIND, parseScaler, PLURAL, VERSION } from "../../api/index.ts";
import { badRequest } from "./failure.ts";
import type { Cause } from "./failure.ts";
import { isObject, number, part, text } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { causesOf, shaped } from "./schema.ts";

export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly subresources: readonly ("status" | "scale")[];
  /** Whether metadata.generation counts changes of spec. */
  readonly hasGeneration: boolean;
  /** The object with defaults; may throw an ApiFailure. `isStrict`: unknown fields are refused instead of dropped. */
  readonly complete?: (object: JsonObject, isStrict: boolean) => JsonObject;
  readonly causes?: (object: JsonObject) => readonly Cause[];
}

const required = (object: JsonObject, fields: readonly string[]): Cause[] =>
  fields
    .filter((field) => object[field] === undefined || object[field] === "")
    .map((field) => ({ field, reason: "FieldValueRequired", message: "Required value" }));

const plain = { isNamespaced: true, subresources: [], hasGeneration: false } as const;

const deployments: Resource = {
  ...plain,
  group: "apps",
  version: "v1",
  plural: "deployments",
  kind: "Deployment",
  subresources: ["status", "scale"],
  hasGeneration: true,
  complete(object) {
    const spec = part(object, "spec");
    return { ...object, spec: { progressDeadlineSeconds: 600, revisionHistoryLimit: 10, ...spec, replicas: number(spec, "replicas", 1) } };
  },
  causes(object) {
    const spec = part(object, "spec");
    const replicas = spec["replicas"];
    const labels = part(part(spec, "selector"), "matchLabels");
    const own = part(part(part(spec, "template"), "metadata"), "labels");
    const isSelected = Object.entries(labels).every(([key, value]) => own[key] === value);
    const mismatch = "Invalid value: `selector` does not match template `labels`";
    return [
      ...(Object.keys(labels).length > 0 ? [] : [{ field: "spec.selector", reason: "FieldValueRequired", message: "Required value" }]),
      ...(isSelected ? [] : [{ field: "spec.template.metadata.labels", reason: "FieldValueInvalid", message: mismatch }]),
      ...(Number.isInteger(replicas) && Number(replicas) >= 0
        ? []
        : [{ field: "spec.replicas", reason: "FieldValueInvalid", message: `Invalid value: ${String(replicas)}: must be greater than or equal to 0` }]),
    ];
  },
};

/** The schema of the custom resource, from the CRD that users apply. */
function scalerSchema(): JsonObject {
  const [version] = part(crd(), "spec")["versions"] as readonly JsonObject[];
  return part(part(version ?? {}, "schema"), "openAPIV3Schema");
}

function scalers(): Resource {
  const schema = scalerSchema();
  return {
    ...plain,
    group: GROUP,
    version: VERSION,
    plural: PLURAL,
    kind: KIND,
    subresources: ["status"],
    hasGeneration: true,
    complete(object, isStrict) {
      const { value, pruned } = shaped(object, schema);
      if (isStrict && pruned.length > 0) throw badRequest(`strict decoding error: ${pruned.map((path) => `unknown field "${path}"`).join(", ")}`);
      return isObject(value) ? value : object;
    },
    causes(object) {
      const { status, ...asked } = object;
      const parsed = parseScaler(asked);
      const wrong = parsed.kind === "valid" ? [] : parsed.problems;
      return [
        ...wrong.map(({ path, found, expected }) =>
          found === "nothing"
            ? { field: path, reason: "FieldValueRequired", message: `Required value: expected ${expected}` }
            : { field: path, reason: "FieldValueInvalid", message: `Invalid value: ${found}: expected ${expected}` },
        ),
        ...(status === undefined ? [] : causesOf(status, part(part(schema, "properties"), "status"), "status")),
      ];
    },
  };
}

const EVENT_FIELDS = ["eventTime", "reportingController", "reportingInstance", "action", "reason", "type"];

/** All that there is. */
export function allResources(): readonly Resource[] {
  return [
    { ...plain, group: "", version: "v1", plural: "namespaces", kind: "Namespace", isNamespaced: false },
    { ...plain, group: "", version: "v1", plural: "pods", kind: "Pod", subresources: ["status"] },
    { ...plain, group: "", version: "v1", plural: "configmaps", kind: "ConfigMap" },
    deployments,
    scalers(),
    { ...plain, group: "events.k8s.io", version: "v1", plural: "events", kind: "Event", causes: (event) => required(event, EVENT_FIELDS) },
    { ...plain, group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease" },
  ];
}

/** `apps/v1`, or `v1` of the core group. */
export function groupVersion({ group, version }: Resource): string {
  return group === "" ? version : `${group}/${version}`;
}

/** The selector of a workload as /scale shows it: `app=checkout`. */
export function selectorText(object: JsonObject): string {
  const labels = part(part(part(object, "spec"), "selector"), "matchLabels");
  return Object.keys(labels)
    .map((key) => `${key}=${text(labels, key)}`)
    .join(",");
}
