// What the annotations of a scaler say about pausing it, at one moment. Pure: the end time is read, nobody has to take the annotations away.
// Invariant: what cannot be understood pauses more and longer, never less.
import { parseTime, rfc3339 } from "../clock.ts";

export const PAUSED_ANNOTATION = "predictivescaler.io/paused";
export const PAUSED_UNTIL_ANNOTATION = "predictivescaler.io/paused-until";

/** The values of the first annotation; "false" is as good as none. */
export const PAUSE_WORDS = ["true", "scale-in", "scale-out"] as const;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

export interface Pause {
  /** Replicas are not removed. */
  readonly scaleIn: boolean;
  /** Replicas are not added. */
  readonly scaleOut: boolean;
  /** When it ends, unix ms; undefined: when the annotation is taken away. */
  readonly untilMs: number | undefined;
  /** What is wrong with the annotations, as a sentence. */
  readonly problem?: string;
}

/** The pause at `nowMs`; one that is over pauses nothing and still says when it ended. An unknown word pauses both ways, an unreadable end is none. */
export function pauseOf(annotations: Readonly<Record<string, string>> | undefined, nowMs: number): Pause {
  const word = annotations?.[PAUSED_ANNOTATION];
  const end = annotations?.[PAUSED_UNTIL_ANNOTATION];
  if (word === undefined || word === "false") return { scaleIn: false, scaleOut: false, untilMs: undefined };
  const known = PAUSE_WORDS.some((each) => each === word);
  const endMs = end === undefined ? undefined : DATE_TIME.test(end) ? parseTime(end) : NaN;
  const untilMs = Number.isNaN(endMs) ? undefined : endMs;
  const problems = [
    ...(known ? [] : [`The annotation ${PAUSED_ANNOTATION} is ${quoted(word)}; expected "true", "scale-in" or "scale-out", so both directions are paused.`]),
    ...(Number.isNaN(endMs)
      ? [`The annotation ${PAUSED_UNTIL_ANNOTATION} is ${quoted(end ?? "")}; expected a time such as ${rfc3339(nowMs)}, so the pause has no end.`]
      : []),
  ];
  const isOn = untilMs === undefined || nowMs < untilMs;
  return {
    scaleIn: isOn && word !== "scale-out",
    scaleOut: isOn && word !== "scale-in",
    untilMs,
    ...(problems.length === 0 ? {} : { problem: problems.join(" ") }),
  };
}

function quoted(text: string): string {
  return JSON.stringify(text.length <= 40 ? text : `${text.slice(0, 40)}…`);
}
