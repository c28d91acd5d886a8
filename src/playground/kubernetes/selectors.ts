// Label and field selectors as predicates over objects.
import { badRequest } from "./failure.ts";
import { part } from "./json.ts";
import type { JsonObject } from "./json.ts";

export type Selector = (object: JsonObject) => boolean;

/** `a=b,c!=d,e in (f,g),h,!i` over labels and `metadata.name=x` over fields; empty texts select everything. */
export function selectorOf(labelText: string, fieldText: string): Selector {
  const label = labelText === "" ? [] : labelText.split(/,(?![^(]*\))/).map(requirement);
  const fields = fieldText === "" ? [] : fieldText.split(",").map(fieldRequirement);
  return (object) => {
    const labels = part(part(object, "metadata"), "labels");
    return label.every((holds) => holds(labels)) && fields.every((holds) => holds(object));
  };
}

function requirement(source: string): (labels: JsonObject) => boolean {
  const set = /^\s*([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)\s*$/.exec(source);
  if (set !== null) {
    const values = (set[3] ?? "").split(",").map((value) => value.trim());
    return (labels) => values.includes(String(labels[set[1] ?? ""])) === (set[2] === "in");
  }
  const equality = /^\s*([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)\s*$/.exec(source);
  if (equality !== null) return (labels) => (labels[equality[1] ?? ""] === equality[3]) === (equality[2] !== "!=");
  const existence = /^\s*(!?)([\w./-]+)\s*$/.exec(source);
  if (existence !== null) return (labels) => Object.hasOwn(labels, existence[2] ?? "") === (existence[1] === "");
  throw badRequest(`unable to parse requirement: ${source}`);
}

function fieldRequirement(source: string): (object: JsonObject) => boolean {
  const found = /^metadata\.(name|namespace)(==|=|!=)(.*)$/.exec(source);
  if (found === null) throw badRequest(`field label not supported: ${source}`);
  return (object) => (part(object, "metadata")[found[1] ?? ""] === found[3]) === (found[2] !== "!=");
}
