// A command's view of a process that keeps what is written.
import { Readable } from "node:stream";
import type { Command } from "commander";
import type { Io } from "../../src/cli/io.ts";

export interface Captured {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** An `Io` whose texts go to `out` and `err`; `given` replaces what a test cares about. */
export function captureIo(given: Partial<Io> = {}): { readonly io: Io; readonly text: { out: string; err: string } } {
  const text = { out: "", err: "" };
  const io: Io = {
    stdin: Readable.from([]),
    stdout: (part) => void (text.out += part),
    stderr: (part) => void (text.err += part),
    isTerminal: false,
    stdoutIsTerminal: false,
    signal: new AbortController().signal,
    env: {},
    ...given,
  };
  return { io, text };
}

/** Runs a command with `args`; the code is -1 if it never said one. */
export async function runCaptured(make: (io: Io, finish: (code: number) => void) => Command, args: readonly string[], given: Partial<Io> = {}): Promise<Captured> {
  const { io, text } = captureIo(given);
  let code = -1;
  const command = make(io, (said) => void (code = said)).exitOverride().configureOutput({ writeOut: io.stdout, writeErr: io.stderr });
  await command.parseAsync(args, { from: "user" });
  return { code, ...text };
}
