// `completion SHELL`: a script that completes commands, flags, choices and the names of scalers. Made from the commands themselves.
import { Argument, Command } from "commander";
import type { Io } from "./io.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

const EXAMPLE = `
Examples:
  source <(predictive-scaler completion bash)
  predictive-scaler completion zsh > "\${fpath[1]}/_predictive-scaler"
  predictive-scaler completion fish > ~/.config/fish/completions/predictive-scaler.fish

For "kubectl psc" kubectl asks a program called kubectl_complete-psc on the PATH:
  printf '#!/bin/sh\\nexec predictive-scaler __complete "$@"\\n' > ~/bin/kubectl_complete-psc
  chmod +x ~/bin/kubectl_complete-psc
`;

/** `program` is asked when the script is printed, so it may still be in the making. */
export function completionCommand(io: Io, program: () => Command): Command {
  return new Command("completion")
    .description("Print a completion script for a shell.")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText("after", EXAMPLE)
    .action((shell: Shell) => io.stdout(SCRIPTS[shell](program().name())));
}

/** `__complete WORDS…`: what may stand in place of the last word, one a line, then `:4` as kubectl expects it (no file names). Hidden. */
export function completeCommand(io: Io, program: () => Command, scalers: (words: readonly string[]) => Promise<readonly string[]>): Command {
  return new Command("__complete")
    .argument("[words...]")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[]) => {
      const last = words.at(-1) ?? "";
      const found = candidates(program(), words) ?? (await scalers(words).catch(() => []));
      io.stdout(`${[...found.filter((word) => word.startsWith(last)), ":4"].join("\n")}\n`);
    });
}

/** Commands, flags or choices that fit; undefined where the name of a scaler does. */
export function candidates(program: Command, words: readonly string[]): readonly string[] | undefined {
  const [name = "", ...rest] = words;
  const commands = program.commands.filter((command) => !command.name().startsWith("__"));
  const command = commands.find((one) => one.name() === name);
  if (words.length <= 1 || command === undefined) return commands.map((one) => one.name());
  const before = rest.at(-2);
  const flagBefore = command.options.find(({ short, long }) => before !== undefined && (before === short || before === long));
  if (flagBefore !== undefined && (flagBefore.required || flagBefore.optional)) return flagBefore.argChoices ?? [];
  if (rest.at(-1)?.startsWith("-") === true) return command.options.flatMap((option) => [option.short, option.long].filter((flag) => flag !== undefined));
  const [argument] = command.registeredArguments;
  if (argument === undefined) return [];
  return argument.argChoices ?? (argument.name() === "name" ? undefined : []);
}

const SCRIPTS: Readonly<Record<Shell, (program: string) => string>> = {
  bash: (program) => `_predictive_scaler() {
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  mapfile -t COMPREPLY < <(${program} __complete "\${words[@]}" 2>/dev/null | sed '$d')
  [ \${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -F _predictive_scaler ${program}
`,
  zsh: (program) => `#compdef ${program}
local -a found
found=("\${(@f)$(${program} __complete "\${(@)words[2,CURRENT]}" 2>/dev/null | sed '$d')}")
if [ -n "$found" ]; then compadd -a found; else _files; fi
`,
  fish: (program) => `function __predictive_scaler
  set -l words (commandline -opc) (commandline -ct)
  ${program} __complete $words[2..-1] 2>/dev/null | sed '$d'
end
complete -c ${program} -a '(__predictive_scaler)'
`,
};
