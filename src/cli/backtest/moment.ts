// A moment as a user writes it: RFC 3339, unix seconds, or a duration before the present.
import { parseDuration } from "../../api/index.ts";
import { parseTime } from "../../clock.ts";

/** Unix ms, or ms before the present. */
export type Moment = { readonly kind: "at"; readonly ms: number } | { readonly kind: "ago"; readonly ms: number };

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
const UNIX_SECONDS = /^\d{1,10}(\.\d+)?$/;

/** Undefined if the text is none of the three. */
export function parseMoment(text: string): Moment | undefined {
  if (UNIX_SECONDS.test(text)) return { kind: "at", ms: Number(text) * 1000 };
  const ago = parseDuration(text);
  if (ago !== undefined) return { kind: "ago", ms: ago };
  const ms = RFC3339.test(text) ? parseTime(text) : NaN;
  return Number.isNaN(ms) ? undefined : { kind: "at", ms };
}

/** Unix ms. */
export function momentOf(moment: Moment | undefined, nowMs: number): number | undefined {
  if (moment === undefined) return undefined;
  return moment.kind === "at" ? moment.ms : nowMs - moment.ms;
}
