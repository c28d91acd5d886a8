// All commands in their order: what main.ts runs, what completion completes, and what the reference of flags lists.
import { Command } from "commander";
import { adviseCommand } from "./advise.ts";
import { backtestCommand } from "./backtest.ts";
import { completeCommand, completionCommand } from "./completion.ts";
import { checkCommand } from "./check.ts";
import { crdCommand } from "./crd.ts";
import { demoCommand } from "./demo.ts";
import { explainCommand } from "./explain.ts";
import type { Io } from "./io.ts";
import { listCommand, scalerNames } from "./list.ts";
import { pauseCommand, resumeCommand } from "./pause.ts";
import { releaseCommand } from "./release.ts";
import { runCommand } from "./run.ts";
import { validateCommand } from "./validate.ts";

/** `name` is how it was called: `kubectl psc` as a plugin, where the list is shown if nothing is asked for. */
export function createProgram(io: Io, finish: (code: number) => void, { name, version }: { readonly name: string; readonly version: string }): Command {
  const program = new Command(name)
    .description("A Kubernetes operator that has the replicas ready before the traffic arrives.")
    .version(version)
    .showHelpAfterError("Run with --help to see what there is.")
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr });
  const itself = () => program;
  const commands = [
    listCommand(io, finish),
    explainCommand(io, finish), adviseCommand(io, finish),
    pauseCommand(io, finish), resumeCommand(io, finish),
    backtestCommand(io, finish),
    validateCommand(io, finish),
    demoCommand(io, finish),
    runCommand(io, finish),
    checkCommand(io, finish),
    releaseCommand(io, finish),
    crdCommand(io),
    completionCommand(io, itself),
  ];
  for (const command of commands) program.addCommand(command.exitOverride().configureOutput(program.configureOutput()));
  program.addCommand(completeCommand(io, itself, (words) => scalerNames(words, io)).exitOverride(), { hidden: true });
  return program;
}
