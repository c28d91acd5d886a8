// The kinds of field that the manifest is made of. Each carries its description and its range in words: the range is what the problem
// says was expected, what the API server answers, and what the reference lists. Every kind is bounded: the API server estimates the cost of rules.
import { z } from "zod";
import { celDuration, DURATION_LENGTH, durationText, parseDuration } from "./duration.ts";
import { parseQuantity, QUANTITY_LENGTH, QUANTITY_PATTERN } from "./quantity.ts";

/** A rule that the API server evaluates. `fieldPath` is where the error is shown, relative to the rule's place. */
interface CelRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/** What a field says of itself, kept as zod metadata. */
export interface FieldMeta {
  readonly description: string;
  /** What is right, as a noun: "a whole number from 1 to 10". */
  readonly range?: string;
  /** Its type in the words of the reference: duration, quantity, list. */
  readonly form?: string;
  readonly rules?: readonly CelRule[];
  /** Further words of the CRD's schema, for example x-kubernetes-list-type. */
  readonly kubernetes?: Readonly<Record<string, unknown>>;
}

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number, description: string) {
  return z.int().min(min).max(max).meta({ description, range: `a whole number from ${min} to ${max}`, form: "integer" } satisfies FieldMeta);
}

/** One of the words given. */
export function choice<const T extends readonly [string, ...string[]]>(words: T, description: string) {
  return z.enum(words).meta({ description, range: oneOf(words), form: "string" } satisfies FieldMeta);
}

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** Text that a test accepts: `cel` and `accepts` must say the same. `refusal` may explain one text better than `range` does. */
export function text(options: {
  readonly name: string;
  readonly description: string;
  readonly range: string;
  readonly maxLength: number;
  readonly cel: string;
  readonly accepts: (value: string) => boolean;
  readonly refusal?: (value: string) => string;
}) {
  const { name, description, range, maxLength, cel, accepts, refusal = () => range } = options;
  const rules = [{ rule: cel, message: `${name} must be ${range}` }];
  const meta: FieldMeta = { description, range, form: "string", rules };
  return z
    .string()
    .min(1)
    .max(maxLength)
    .refine(accepts, { error: (issue) => refusal(String(issue.input)) })
    .meta({ ...meta });
}

/** Text that must match a pattern both here and at the API server. */
export function patterned(name: string, pattern: string, maxLength: number, range: string, description: string) {
  const regex = new RegExp(pattern);
  // A raw string where the pattern has backslashes.
  const cel = `self.matches(${pattern.includes("\\") ? "r" : ""}'${pattern}')`;
  return text({ name, description, range, maxLength, cel, accepts: (value) => regex.test(value) });
}

/** Length that Kubernetes allows for names of objects. */
export const NAME_LENGTH = 253;
/** Length of the names that people give to parts of a manifest. */
const PART_NAME_LENGTH = 63;
/** No cluster runs more pods of one workload; keeps arithmetic on replicas small. */
export const MAX_REPLICAS = 100_000;

const LOWER_CASE = "lower-case letters, digits, dots and dashes";
const lowerCaseName = (name: string, maxLength: number, range: string, description: string) =>
  patterned(name, "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", maxLength, range, description);

/** The name of an object of the cluster. */
export function objectName(name: string, description: string, range = `an object name of ${LOWER_CASE}`) {
  return lowerCaseName(name, NAME_LENGTH, range, description);
}

/** The name by which a part of the manifest is told of. */
export function partName(description: string) {
  return lowerCaseName("name", PART_NAME_LENGTH, `a name of ${LOWER_CASE}`, description);
}

/** At most `max` objects, each with a name of its own. `what`: what they are, in the plural. */
export function namedList<T extends z.ZodType<{ readonly name: string }>>(item: T, max: number, what: string, description: string) {
  return z
    .array(item)
    .max(max)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length)
    .meta({
      description,
      range: `a list of at most ${max} ${what}, each name once`,
      form: "list",
      kubernetes: { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] },
    } satisfies FieldMeta);
}

/** A duration in ms from `minMs` to `maxMs`; with `dividesDay`, one that a day is a whole multiple of. */
export function duration(name: string, minMs: number, maxMs: number, description: string, dividesDay = false) {
  const range = `a duration from ${durationText(minMs)} to ${durationText(maxMs)}${dividesDay ? " that divides a day evenly" : ""}`;
  const condition = `ms >= ${minMs} && ms <= ${maxMs}${dividesDay ? ` && ${DAY_MS} % ms == 0` : ""}`;
  const isRight = (ms: number) => ms >= minMs && ms <= maxMs && (!dividesDay || DAY_MS % ms === 0);
  const meta: FieldMeta = { description, range, form: "duration", rules: [{ rule: celDuration(condition), message: `${name} must be ${range}` }] };
  return z
    .string()
    .max(DURATION_LENGTH)
    .meta({ ...meta })
    .transform((value, context) => {
      const ms = parseDuration(value);
      return ms !== undefined && isRight(ms) ? ms : refused(context, range);
    });
}

/** A duration as above, or one word that stays as it is. */
export function durationOr<const W extends string>(wordAllowed: W, name: string, minMs: number, maxMs: number, description: string) {
  const range = `${wordAllowed}, or a duration from ${durationText(minMs)} to ${durationText(maxMs)}`;
  const rule = `self == '${wordAllowed}' || (${celDuration(`ms >= ${minMs} && ms <= ${maxMs}`)})`;
  const meta: FieldMeta = { description, range, form: "duration", rules: [{ rule, message: `${name} must be ${range}` }] };
  return z
    .string()
    .max(DURATION_LENGTH)
    .meta({ ...meta })
    .transform((value, context): number | W => {
      if (value === wordAllowed) return wordAllowed;
      const ms = parseDuration(value);
      return ms !== undefined && ms >= minMs && ms <= maxMs ? ms : refused(context, range);
    });
}

const DAY_MS = 86_400_000;

/** A quantity: above zero (or zero as well), and not above `max` (as a quantity). */
export function quantity(name: string, bounds: { readonly zero: boolean; readonly max: string }, description: string) {
  const max = parseQuantity(bounds.max) ?? Infinity;
  const range = `a quantity ${bounds.zero ? "from 0 up" : "above 0 and up"} to ${bounds.max}, in quotes where it has a fraction`;
  const value = "quantity(string(self))";
  const compare = `${value}.compareTo(quantity('0')) ${bounds.zero ? ">=" : ">"} 0 && ${value}.compareTo(quantity('${bounds.max}')) <= 0`;
  const rule = `string(self).matches('${QUANTITY_PATTERN}') && isQuantity(string(self)) && ${compare}`;
  const rules = [{ rule, message: `${name} must be ${range}` }];
  const meta: FieldMeta = { description, range, form: "quantity", rules };
  return z
    .union([z.int(), z.string().max(QUANTITY_LENGTH)])
    .meta({ ...meta })
    .transform((value, context) => {
      const amount = parseQuantity(value);
      const isRight = amount !== undefined && amount <= max && (bounds.zero ? amount >= 0 : amount > 0);
      return isRight ? amount : refused(context, range);
    });
}

const PERCENT_PATTERN = "^[0-9]{1,3}([.][0-9]{1,4})?%$";
const PERCENT = new RegExp(PERCENT_PATTERN);

/** A percentage such as "99.9%" as a share, from `min` to `max` percent. */
export function percent(name: string, min: number, max: number, description: string) {
  const range = `a percentage from "${min}%" to "${max}%"`;
  const value = "double(self.replace('%', ''))";
  const rule = `self.matches('${PERCENT_PATTERN}') && ${value} >= ${min.toFixed(2)} && ${value} <= ${max.toFixed(2)}`;
  const meta: FieldMeta = { description, range, form: "percentage", rules: [{ rule, message: `${name} must be ${range}` }] };
  return z
    .string()
    .max(9)
    .meta({ ...meta })
    .transform((written, context) => {
      const digits = written.slice(0, -1);
      const isRight = PERCENT.test(written) && Number(digits) >= min && Number(digits) <= max;
      return isRight ? Number(`${digits}e-2`) : refused(context, range);
    });
}

function refused(context: z.RefinementCtx, expected: string): never {
  context.addIssue({ code: "custom", message: expected });
  return z.NEVER;
}
