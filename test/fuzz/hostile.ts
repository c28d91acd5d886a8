// What may come from outside and should not: hostile values, and real samples that were cut, doubled, overwritten and put together wrongly.
import * as fc from "fast-check";

/** Deeper than the stack of a program that goes down by calling itself. */
const DEEP = 20_000;

/** Values that a field may be given instead of what it wants. */
const HOSTILE: readonly unknown[] = [
  "1e400", "-5", "50m", "1Ki", "-0", "+1", "0x10", "1_000", "NaN", "Infinity", "9007199254740993", "1e-400", "0.1e1", ".", "", " ", "5Q", "1E", "1e3Mi",
  "300d", "-1m", "1h30m", "1e9s", "99999999999999999999s", "0s", "1.5m", "m", "Europe/Nowhere", "../../etc", "100.1%", "-1%", "99%", "1e2%",
  "a".repeat(253), "a".repeat(254), `${"a".repeat(63)}.`.repeat(3) + "a".repeat(61), "ü", "漢字", "\u0000", "\uFFFF", "\uD800", "\u202E", "e\u0301", "__proto__", "constructor", "toString",
  `sum(${"a".repeat(4_994)})`, "(".repeat(5_000), "sum(".repeat(1_250), "-".repeat(5_000), '"'.repeat(4_999), "up{a=~\"(a+)+$\"}", "up + ".repeat(1_000),
  2 ** 53, 2 ** 53 + 2, -(2 ** 53), 2 ** 31, 2 ** 63, 1e308, -1e308, 5e-324, -0, 0, -1, 0.5, 1.0000000000000002, NaN, Infinity, -Infinity,
  null, undefined, true, false, [], {}, [[]], [null], { a: 1 }, { "": "" }, JSON.parse('{"__proto__": {"a": 1}}') as unknown, { constructor: 1 }, Array.from({ length: 300 }, () => 1),
];

/** A value within a value, and so on; and one that holds itself, which YAML can write. */
export function bottomless(): unknown[] {
  let [list, object]: unknown[] = [[], {}];
  for (let i = 0; i < DEEP; i++) [list, object] = [[list], { a: object }];
  const circle: unknown[] = [];
  circle.push(circle, { circle });
  return [list, object, circle];
}

export const hostile: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 4, arbitrary: fc.double() },
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 300 }) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** `object` with hostile values at places of it, members that nobody knows, and members taken away. */
export function damaged(object: unknown): fc.Arbitrary<unknown> {
  const change = fc.record({ place: fc.nat(), how: fc.constantFrom("replace", "replace", "replace", "remove", "add", "swap"), value: hostile, other: fc.nat() });
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const copy = structuredClone(object);
    for (const { place, how, value, other } of changes) {
      const slots = slotsOf(copy);
      const slot = slots[place % slots.length];
      const from = slots[other % slots.length];
      if (slot === undefined || from === undefined) continue;
      if (how === "remove") delete slot.parent[slot.key];
      // Neither JSON nor YAML can write a list with named members.
      else if (how === "add" && Array.isArray(slot.parent)) slot.parent.push(value);
      else if (how === "add") slot.parent[typeof value === "string" ? value : "unknown"] = value;
      else slot.parent[slot.key] = how === "swap" ? structuredClone(from.parent[from.key]) : value;
    }
    return copy;
  });
}

interface Slot {
  readonly parent: Record<string, unknown>;
  readonly key: string;
}

/** Every place of a value below its top, to a depth that real objects have. */
function slotsOf(value: unknown, depth = 0): Slot[] {
  if (typeof value !== "object" || value === null || depth > 8) return [];
  const parent = value as Record<string, unknown>;
  return Object.keys(parent).slice(0, 50).flatMap((key) => [{ parent, key }, ...slotsOf(parent[key], depth + 1)]);
}

const WORDS = ["1e400", "-5", "NaN", "+Inf", "null", "18446744073709551616", "\r", "\n", "\r\n", '"', "\\", "\\u00", "\\ud800", "{", "}", "[", "]", ",", ":", "#", "&a", "*a", "<<:", "---\n", "\t", "\u0000", "\uFEFF", "ü", "漢", "-", "|", ">", "!!int ", "? ", "%", "'"];

interface Edit {
  readonly at: number;
  readonly length: number;
  readonly how: "cut" | "word" | "copy" | "text" | "end";
  readonly word: string;
  readonly text: string;
}

const edits = fc.array(
  fc.record<Edit>({
    at: fc.nat({ max: 1_000_000 }),
    length: fc.nat({ max: 40 }),
    how: fc.constantFrom("cut", "word", "word", "copy", "text", "end"),
    word: fc.constantFrom(...WORDS),
    text: fc.string({ unit: "binary", maxLength: 8 }),
  }),
  { maxLength: 6 },
);

/** One of `samples` with a few edits. */
export function mutated(samples: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...samples), edits).map(([sample, all]) => all.reduce(edited, sample));
}

function edited(text: string, { at: place, length, how, word, text: more }: Edit): string {
  const at = text.length === 0 ? 0 : place % text.length;
  const [before, cut, after] = [text.slice(0, at), text.slice(at, at + length), text.slice(at + length)];
  if (how === "end") return before;
  if (how === "cut") return before + after;
  if (how === "copy") return before + cut + cut + cut + after;
  return before + (how === "word" ? word : more) + after;
}

/** The bytes of a text, some of them overwritten, and where the stream is cut into pieces. */
export function pieces(texts: fc.Arbitrary<string>): fc.Arbitrary<{ readonly whole: Buffer; readonly parts: readonly Buffer[] }> {
  const bytes = fc.array(fc.tuple(fc.nat({ max: 1_000_000 }), fc.nat({ max: 255 })), { maxLength: 2 });
  return fc.tuple(texts, bytes, fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 5 })).map(([text, changes, cuts]) => {
    const whole = Buffer.from(text);
    for (const [at, byte] of changes) if (whole.length > 0) whole[at % whole.length] = byte;
    const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length];
    return { whole, parts: places.slice(1).map((end, i) => whole.subarray(places[i], end)) };
  });
}
