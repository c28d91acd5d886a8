// What a command sees of the process: text in and out, the terminal's nature, the environment and one signal to stop.
// `processIo` is the only home of `process` beside main.ts; exit codes: 0 ok, 1 the thing asked about is bad, 2 usage, 3 could not reach something.

export interface Io {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** stderr is a terminal: progress may be drawn there. */
  readonly isTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  /** Fires at SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const EXIT = { ok: 0, bad: 1, usage: 2, unreachable: 3, interrupted: 130 } as const;

/** The real process. A second signal while stopping ends it at once. */
export function processIo(): Io {
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort(new Error(name));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  // A reader that went away (`| head`) is no error of ours.
  process.stdout.on("error", () => undefined);
  return {
    stdin: process.stdin,
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY,
    stdoutIsTerminal: process.stdout.isTTY,
    signal: stop.signal,
    env: process.env,
  };
}
