// The CustomResourceDefinition, made from the zod schemas. Its schema is structural: no additionalProperties, no unions, integers with a format.
import { z } from "zod";
import type { FieldMeta } from "./fields.ts";
import { GROUP, KIND, PLURAL, VERSION } from "./identity.ts";
import { COMPANION_RULES, FIELD_RULES } from "./rules.ts";
import { specSchema } from "./schema.ts";
import { statusSchema } from "./status.ts";

type JsonObject = Record<string, unknown>;

/** A zod schema as the schema of a CRD. */
export function structural(schema: z.core.$ZodType): JsonObject {
  const { $schema: _, ...root } = z.toJSONSchema(schema, { target: "openapi-3.0", io: "input", override: ({ jsonSchema }) => tidy(jsonSchema as JsonObject) });
  return root;
}

/** Rewrites one node in place. */
function tidy(node: JsonObject): void {
  const { range, rules, kubernetes } = node as Partial<FieldMeta>;
  for (const key of ["additionalProperties", "nullable", "form", "range", "rules", "kubernetes"]) delete node[key];
  if (Array.isArray(node["anyOf"])) {
    delete node["anyOf"];
    node["x-kubernetes-int-or-string"] = true;
  }
  if (node["type"] === "integer") tidyInteger(node);
  if (range !== undefined && node["enum"] === undefined) node["description"] = `${String(node["description"])} Expected: ${range}.`;
  if (rules !== undefined) node["x-kubernetes-validations"] = rules.map((rule) => ({ ...rule }));
  Object.assign(node, kubernetes);
}

function tidyInteger(node: JsonObject): void {
  const isLong = node["maximum"] === Number.MAX_SAFE_INTEGER;
  node["format"] = isLong ? "int64" : "int32";
  if (isLong) delete node["maximum"];
  delete node["exclusiveMinimum"];
}

/** The rules between fields, as the API server evaluates them on spec. */
function specRules(): JsonObject[] {
  const between = FIELD_RULES.map(({ fields: [path], cel, expected }) => ({ path, cel, expected }));
  const rules = [...between, ...COMPANION_RULES.map(({ field: path, cel, expected }) => ({ path, cel, expected }))];
  return rules.map(({ cel, path, expected }) => ({ rule: cel, message: `${path} must be ${expected}`, fieldPath: `.${path}` }));
}

const column = (name: string, jsonPath: string, type: string, description: string, priority = 0) => ({
  name,
  type,
  jsonPath,
  description,
  ...(priority > 0 ? { priority } : {}),
});
const READY = '.status.conditions[?(@.type=="Ready")]';

const COLUMNS = [
  column("Target", ".spec.scaleTargetRef.name", "string", "What is scaled."),
  column("Mode", ".spec.mode", "string", "Active, ScaleOutOnly or Recommend."),
  column("Min", ".spec.minReplicas", "integer", "Never fewer replicas."),
  column("Max", ".spec.maxReplicas", "integer", "Never more replicas."),
  column("Replicas", ".status.currentReplicas", "integer", "Replicas of the target."),
  column("Desired", ".status.desiredReplicas", "integer", "Replicas wanted."),
  column("Demand", ".status.demand.now", "string", "Demand now."),
  column("At lead", ".status.demand.atLead", "string", "Demand forecast for one lead time from now."),
  column("Error", ".status.accuracy.wape", "string", "Error of the forecast at the lead time (WAPE)."),
  column("Ready", `${READY}.status`, "string", "Whether the scaler does what is asked."),
  column("Reason", `${READY}.reason`, "string", "Why Ready is as it is.", 1),
  column("Lead", ".status.model.leadTime", "string", "How far ahead replicas are asked for.", 1),
  column("Age", ".metadata.creationTimestamp", "date", "Since when the scaler exists."),
];

/** The CRD as a plain object, ready for YAML or JSON. */
export function crd(): JsonObject {
  const spec = structural(specSchema);
  const schema = {
    description: "PredictiveScaler has the replicas of a workload ready before the demand for them arrives.",
    type: "object",
    required: ["spec"],
    properties: {
      apiVersion: { description: "Version of the schema of this object.", type: "string" },
      kind: { description: "Kind of this object.", type: "string" },
      metadata: { type: "object" },
      spec: { ...spec, "x-kubernetes-validations": specRules() },
      status: structural(statusSchema),
    },
  };
  const version = {
    name: VERSION,
    served: true,
    storage: true,
    subresources: { status: {} },
    additionalPrinterColumns: COLUMNS,
    schema: { openAPIV3Schema: schema },
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: { kind: KIND, listKind: `${KIND}List`, plural: PLURAL, singular: KIND.toLowerCase(), shortNames: ["psc"], categories: ["all", "autoscaling"] },
      versions: [version],
    },
  };
}
