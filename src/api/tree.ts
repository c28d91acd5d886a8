// Ways through the zod schema by field name: what lies beneath default, optional and transform.
import { z } from "zod";
import type { FieldMeta } from "./fields.ts";

/** The schema beneath default, optional, nullable and transform. */
export function bare(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return bare(schema.unwrap());
  if (schema instanceof z.ZodPipe) return bare(schema.in);
  return schema;
}

/** The schema of one member: a field of an object, an item of a list; undefined if there is none. */
function member(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  const inner = bare(schema);
  if (inner instanceof z.ZodArray) return inner.element;
  if (inner instanceof z.ZodObject && typeof key === "string" && Object.hasOwn(inner.shape, key)) return inner.shape[key];
  return undefined;
}

/** The schema at a path; undefined if there is none. */
export function schemaAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  return path.reduce<z.core.$ZodType | undefined>((at, key) => (at === undefined ? undefined : member(at, key)), schema);
}

/** What a field says of itself. */
export function metaOf(schema: z.core.$ZodType): FieldMeta | undefined {
  return z.globalRegistry.get(bare(schema)) as FieldMeta | undefined;
}

/** The value that stands in for an absent one, as the manifest writes it; undefined if there is none. */
export function defaultOf(schema: z.core.$ZodType): unknown {
  return schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined;
}

/** The value at a path of a plain object; undefined if there is none. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined), value);
}
