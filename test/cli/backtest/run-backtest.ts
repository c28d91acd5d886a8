// The command as its user runs it: arguments in, exit code and both outputs out. Rejects for wrong usage.
import { Readable } from "node:stream";
import { backtestCommand } from "../../../src/cli/backtest.ts";
import type { Io } from "../../../src/cli/io.ts";

export async function backtest(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [code, out, err] = [-1, "", ""];
  const io: Io = {
    stdin: Readable.from([]),
    stdout: (text) => void (out += text),
    stderr: (text) => void (err += text),
    isTerminal: false,
    stdoutIsTerminal: false,
    signal: new AbortController().signal,
    env: {},
  };
  const command = backtestCommand(io, (found) => void (code = found)).exitOverride();
  await command.configureOutput({ writeOut: io.stdout, writeErr: io.stderr }).parseAsync([...args], { from: "user" });
  return { code, out, err };
}
