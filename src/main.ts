// argv -> command -> exit code. No stack trace for a user's mistake.
import { Command, CommanderError } from "commander";
import { backtestCommand } from "./cli/backtest.ts";
import { crdCommand } from "./cli/crd.ts";
import { demoCommand } from "./cli/demo.ts";
import { explainCommand } from "./cli/explain.ts";
import { EXIT, processIo } from "./cli/io.ts";
import { runCommand } from "./cli/run.ts";
import { validateCommand } from "./cli/validate.ts";
import { OperatorError } from "./errors.ts";

declare const __VERSION__: string | undefined;

const io = processIo();
let exitCode: number = EXIT.ok;
const finish = (code: number) => void (exitCode = code);

const program = new Command("predictive-scaler")
  .description("A Kubernetes operator that has the replicas ready before the traffic arrives.")
  .version(typeof __VERSION__ === "undefined" ? "from source" : __VERSION__)
  .showHelpAfterError("Run with --help to see what there is.")
  .exitOverride()
  .configureOutput({ writeOut: io.stdout, writeErr: io.stderr });
const commands = [runCommand(io, finish), demoCommand(io, finish), backtestCommand(io, finish), explainCommand(io, finish), validateCommand(io, finish), crdCommand(io)];
for (const command of commands) program.addCommand(command.exitOverride().configureOutput(program.configureOutput()));

try {
  await program.parseAsync(process.argv);
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
