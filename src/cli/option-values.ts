// Values of flags that several commands take, read once: each says what it expected, with an example.
import { InvalidArgumentError } from "commander";
import { parseDuration } from "../api/index.ts";
import { parseMoment } from "./backtest/moment.ts";
import type { Moment } from "./backtest/moment.ts";

/** The longest time to Ready that is replayed, ms. */
const LONGEST_READY_DELAY_MS = 86_400_000;

/** Reads an http or https URL; `example` is named where it is none. */
export function httpUrl(example: string): (text: string) => URL {
  return (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== "http:" && url?.protocol !== "https:") throw new InvalidArgumentError(`Expected a URL such as ${example}.`);
    return url;
  };
}

/** --from and --to. */
export function moment(text: string): Moment {
  const found = parseMoment(text);
  if (found === undefined) throw new InvalidArgumentError("Expected a time such as 2026-03-02T08:00:00Z, unix seconds, or a duration before now such as 28d.");
  return found;
}

/** --ready-delay, ms. */
export function readyDelay(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError("Expected a duration such as 90s, 5m or 1h30m.");
  if (ms > LONGEST_READY_DELAY_MS) throw new InvalidArgumentError("Expected at most 1d.");
  return ms;
}
