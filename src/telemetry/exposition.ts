// The text of /metrics (Prometheus's exposition format 0.0.4), in slices: between two of them the event loop is let go.
// Invariant: the lines of one metric stand together, whatever the number of its series.

/** One metric: its lines may be made while they are read. */
export interface Family {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  /** The lines of one scaler after the other, each with its line end; empty where it has none. */
  readonly blocks: Iterable<string>;
}

/** Blocks that are made without letting go, empty ones too: to find that there is nothing to say is work as well. */
export const SLICE_BLOCKS = 100;
/** Characters of a slice, or a few blocks more: each is a write to a socket, which costs more than its lines. */
const SLICE_LENGTH = 64 * 1024;

/** The text of `families` in slices. The event loop is let go after every 100 blocks. */
export async function* exposition(families: Iterable<Family>): AsyncGenerator<string, void> {
  let slice = "";
  let count = 0;
  for (const { name, type, help, blocks } of families) {
    slice += `# HELP ${name} ${escapedHelp(help)}\n# TYPE ${name} ${type}\n`;
    for (const block of blocks) {
      slice += block;
      if (++count < SLICE_BLOCKS) continue;
      if (slice.length >= SLICE_LENGTH) {
        yield slice;
        slice = "";
      }
      count = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  if (slice !== "") yield slice;
}

const ESCAPED = /[\\"\n]/;

/** `name="value"`, escaped. */
export function label(name: string, value: string): string {
  return `${name}="${ESCAPED.test(value) ? value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n") : value}"`;
}

function escapedHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
