// argv -> command -> exit code. No stack trace for a user's mistake.
import { basename } from "node:path";
import { CommanderError } from "commander";
import { EXIT, processIo } from "./cli/io.ts";
import { createProgram } from "./cli/program.ts";
import { OperatorError } from "./errors.ts";

declare const __VERSION__: string | undefined;

const io = processIo();
let exitCode: number = EXIT.ok;
const finish = (code: number) => void (exitCode = code);

/** kubectl runs a program called kubectl-psc as `kubectl psc`. */
const isPlugin = basename(process.argv[1] ?? "").replace(/\.\w+$/, "") === "kubectl-psc";
const version = typeof __VERSION__ === "undefined" ? "from source" : __VERSION__;
const program = createProgram(io, finish, { name: isPlugin ? "kubectl psc" : "predictive-scaler", version });
const args = isPlugin && mayMeanList(process.argv[2]) ? [...process.argv.slice(0, 2), "list", ...process.argv.slice(2)] : process.argv;

try {
  await program.parseAsync(args);
} catch (error) {
  if (error instanceof CommanderError) exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else if (error instanceof OperatorError) {
    io.stderr(`predictive-scaler: ${error.sentence}\n`);
    exitCode = EXIT.unreachable;
  } else {
    io.stderr(`predictive-scaler: this is a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    exitCode = EXIT.bad;
  }
}
process.exitCode = exitCode;

/** Nothing, or flags that are the list's own. */
function mayMeanList(first: string | undefined): boolean {
  return first === undefined || (first.startsWith("-") && !["-h", "--help", "-V", "--version"].includes(first));
}
