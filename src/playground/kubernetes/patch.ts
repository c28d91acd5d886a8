// A patched copy of an object: merge patch (RFC 7396) and JSON patch (RFC 6902). The object itself is never changed.
// A strategic merge patch is treated as a merge patch: the same for everything but lists, which the demo never patches.
import { ApiFailure, badRequest } from "./failure.ts";
import { isEqual, isObject } from "./json.ts";
import type { JsonObject } from "./json.ts";

/** Operations of one JSON patch, as the real server bounds them. */
const MAX_OPERATIONS = 10_000;

export function patched(object: JsonObject, patch: unknown, contentType: string): JsonObject {
  switch (contentType.split(";")[0]?.trim()) {
    case "application/merge-patch+json":
    case "application/strategic-merge-patch+json": {
      if (!isObject(patch)) throw badRequest("json: cannot unmarshal the patch into a Go value of type map[string]interface {}");
      return merged(object, patch) as JsonObject;
    }
    case "application/json-patch+json":
      return jsonPatched(object, patch);
    default:
      throw new ApiFailure(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json",
      );
  }
}

function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

function jsonPatched(object: JsonObject, patch: unknown): JsonObject {
  if (!Array.isArray(patch) || patch.length > MAX_OPERATIONS) throw badRequest("the JSON patch is not a list of at most 10,000 operations");
  let result: unknown = object;
  for (const operation of patch) result = applied(result, isObject(operation) ? operation : {});
  if (!isObject(result)) throw badRequest("the patched object is no object");
  return result;
}

function applied(root: unknown, operation: JsonObject): unknown {
  const { op, value } = operation;
  const path = pointer(operation["path"]);
  if (op === "add" || op === "replace" || op === "remove") return changed(root, path, op, value);
  if (op === "test") {
    if (isEqual(valueAt(root, path), value)) return root;
    throw refused(`testing path ${String(operation["path"])} failed`);
  }
  if (op === "copy" || op === "move") {
    const from = pointer(operation["from"]);
    const moved = valueAt(root, from);
    return changed(op === "move" ? changed(root, from, "remove", undefined) : root, path, "add", moved);
  }
  throw badRequest(`Unexpected kind: ${String(op)}`);
}

function pointer(path: unknown): string[] {
  if (typeof path !== "string" || (path !== "" && !path.startsWith("/"))) throw badRequest(`${JSON.stringify(path)} is no JSON pointer`);
  return path
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (Array.isArray(at) ? at[Number(key)] : isObject(at) ? at[key] : undefined), root);
}

function changed(at: unknown, [key, ...rest]: readonly string[], op: "add" | "replace" | "remove", value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(at)) {
    const index = key === "-" ? at.length : Number(key);
    const isPlace = Number.isInteger(index) && index >= 0 && index <= at.length;
    const isNew = index === at.length;
    if (!isPlace || (isNew && (op !== "add" || rest.length > 0))) throw refused(`no item ${key}`);
    if (rest.length > 0) return at.with(index, changed(at[index], rest, op, value));
    return at.toSpliced(index, op === "add" ? 0 : 1, ...(op === "remove" ? [] : [value]));
  }
  if (!isObject(at) || ((rest.length > 0 || op !== "add") && !Object.hasOwn(at, key))) throw refused(`no field ${key}`);
  if (rest.length > 0) return { ...at, [key]: changed(at[key], rest, op, value) };
  if (op !== "remove") return { ...at, [key]: value };
  const { [key]: _, ...kept } = at;
  return kept;
}

function refused(why: string): ApiFailure {
  return new ApiFailure(422, "Invalid", `the server rejected our request due to an error in our request: ${why}`);
}
