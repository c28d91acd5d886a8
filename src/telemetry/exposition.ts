// The text of /metrics (Prometheus's exposition format 0.0.4), in slices: between two of them the event loop is let go.
// Invariant: the lines of one metric stand together, whatever the number of its series.

/** One metric: its lines may be made while they are read. */
export interface Family {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  /** Each without its line end. */
  readonly lines: Iterable<string>;
}

/** Lines that are made without letting go: less than a millisecond's work. */
const SLICE_LINES = 500;

/** The text of `families` in slices of at most 500 lines each. */
export async function* exposition(families: Iterable<Family>): AsyncGenerator<string, void> {
  let slice = "";
  let count = 0;
  for (const { name, type, help, lines } of families) {
    slice += `# HELP ${name} ${escapedHelp(help)}\n# TYPE ${name} ${type}\n`;
    for (const line of lines) {
      slice += `${line}\n`;
      if (++count < SLICE_LINES) continue;
      yield slice;
      slice = "";
      count = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  if (slice !== "") yield slice;
}

/** `name="value"`, escaped. */
export function label(name: string, value: string): string {
  return `${name}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

function escapedHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
