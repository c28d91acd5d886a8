// The demand to replay, on its grid, and what a person should know of how it was read. Throws Refusal for a trace that cannot be replayed.
import { durationText } from "../../api/index.ts";
import { gridOfTrace } from "../../replay/index.ts";
import { coverage, regularize } from "../../series/index.ts";
import type { Grid, Samples, Series } from "../../series/index.ts";
import { refuse } from "../refusal.ts";
import { MOST_ROWS } from "./trace-csv.ts";

export interface Trace {
  /** For people: a file's name, or a server's address. */
  readonly name: string;
  readonly series: Series;
}

const DAY_MS = 86_400_000;

/** The trace of a file's rows: its step is found from them. `note` takes what is worth a sentence. */
export function traceOfRows(samples: Samples, file: string, name: string, note: (sentence: string) => void): Trace {
  const grid = gridOfTrace(samples);
  if (grid === undefined) return refuse(`${file}: found ${samples.timesMs.length} rows, expected at least two different timestamps`);
  const step = durationText(grid.stepMs);
  if (grid.stepMs > DAY_MS) refuse(`${file}: found a step of ${step}, expected at most a day`);
  if (grid.length > MOST_ROWS) refuse(`${file}: found ${grid.length} steps of ${step} from first to last row, expected at most ${MOST_ROWS}`);
  const series = regularize(samples, grid);
  const present = coverage(series);
  if (present === 0) refuse(`${file}: found no value in ${samples.timesMs.length} rows, expected samples`);
  const sharing = samples.values.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0) - Math.round(present * grid.length);
  if (sharing > 0) note(`${file}: ${sharing} rows share their step of ${step} with another; the later one counts.`);
  return { name, series };
}

/** The trace of a query's samples on the grid that was asked for, from the first sample on. */
export function traceOfQuery(samples: Samples, grid: Grid, name: string): Trace {
  const asked = regularize(samples, grid);
  const first = asked.values.findIndex((value) => !Number.isNaN(value));
  if (first < 0) refuse(`${name}: found no sample in the ${durationText(grid.length * grid.stepMs)} asked for; expected the query to yield one series there`);
  return { name, series: { ...asked, startMs: asked.startMs + first * asked.stepMs, values: asked.values.slice(first) } };
}
