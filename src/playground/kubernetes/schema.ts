// A structural schema over a custom resource: what is pruned, what is filled in, what is wrong. The subset of OpenAPI that the CRD uses.
import type { Cause } from "./failure.ts";
import { isObject } from "./json.ts";
import type { JsonObject } from "./json.ts";

export interface Shaped {
  readonly value: unknown;
  /** Paths of fields that the schema does not know and that were dropped. */
  readonly pruned: readonly string[];
}

/** `value` without unknown fields and with the schema's defaults. Metadata is the server's own and passes as it is. */
export function shaped(value: unknown, schema: JsonObject): Shaped {
  const pruned: string[] = [];
  return { value: shape(value, schema, "", pruned), pruned };
}

function shape(value: unknown, schema: JsonObject, path: string, pruned: string[]): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return isObject(items) ? value.map((item, i) => shape(item, items, `${path}[${i}]`, pruned)) : value;
  }
  const { properties } = schema;
  if (!isObject(value) || !isObject(properties)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    const field = properties[key];
    const at = path === "" ? key : `${path}.${key}`;
    if (!isObject(field)) pruned.push(at);
    else if (entry !== null || !Object.hasOwn(field, "default")) result[key] = at === "metadata" ? entry : shape(entry, field, at, pruned);
  }
  for (const [key, field] of Object.entries(properties))
    if (isObject(field) && Object.hasOwn(field, "default") && !Object.hasOwn(result, key)) result[key] = shape(field["default"], field, key, pruned);
  return result;
}

/** What is wrong with `value`, each thing with its path. */
export function causesOf(value: unknown, schema: JsonObject, path: string): Cause[] {
  const wrong = (reason: string, message: string): Cause[] => [{ field: path, reason, message }];
  const found = JSON.stringify(value);
  if (schema["x-kubernetes-int-or-string"] === true) {
    const isEither = Number.isInteger(value) || typeof value === "string";
    return isEither ? [] : wrong("FieldValueTypeInvalid", `Invalid value: ${found}: must be an integer or a string`);
  }
  const { type } = schema;
  if (typeof type === "string" && !isOfType(value, type)) {
    const name = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
    return wrong("FieldValueTypeInvalid", `Invalid value: "${name}": ${path} in body must be of type ${type}: "${name}"`);
  }
  const { enum: choices, minimum, maximum, maxLength, maxItems } = schema;
  if (Array.isArray(choices) && !choices.includes(value))
    return wrong("FieldValueNotSupported", `Unsupported value: ${found}: supported values: ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`);
  const limits: [unknown, boolean, string][] = [
    [minimum, typeof value === "number" && value < Number(minimum), "should be greater than or equal to"],
    [maximum, typeof value === "number" && value > Number(maximum), "should be less than or equal to"],
    [maxLength, typeof value === "string" && value.length > Number(maxLength), "may not be longer than"],
    [maxItems, Array.isArray(value) && value.length > Number(maxItems), "must have at most this many items:"],
  ];
  for (const [limit, isBroken, words] of limits)
    if (limit !== undefined && isBroken) return wrong("FieldValueInvalid", `Invalid value: ${found}: ${path} in body ${words} ${Number(limit)}`);
  return memberCauses(value, schema, path);
}

function memberCauses(value: unknown, schema: JsonObject, path: string): Cause[] {
  const { items, properties, required } = schema;
  if (Array.isArray(value)) return isObject(items) ? value.flatMap((item, i) => causesOf(item, items, `${path}[${i}]`)) : [];
  if (!isObject(value)) return [];
  const at = (key: string) => (path === "" ? key : `${path}.${key}`);
  const missing = (Array.isArray(required) ? required : []).filter((key: unknown) => typeof key === "string" && !Object.hasOwn(value, key)) as string[];
  return [
    ...missing.map((key) => ({ field: at(key), reason: "FieldValueRequired", message: "Required value" })),
    ...Object.entries(value).flatMap(([key, entry]) => {
      const field = isObject(properties) ? properties[key] : undefined;
      return isObject(field) ? causesOf(entry, field, at(key)) : [];
    }),
  ];
}

function isOfType(value: unknown, type: string): boolean {
  if (type === "object") return isObject(value);
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}
