// `crd`: prints the CustomResourceDefinition, made from the same schema that manifests are parsed with.
import { Command, Option } from "commander";
import { stringify } from "yaml";
import { crd } from "../api/index.ts";
import type { Io } from "./io.ts";

const EXAMPLE = `
Example:
  predictive-scaler crd | kubectl apply --server-side -f -
`;

/** The CustomResourceDefinition as YAML. */
export function crdYaml(): string {
  return stringify(crd(), { lineWidth: 0, aliasDuplicateObjects: false });
}

export function crdCommand(io: Io): Command {
  return new Command("crd")
    .description("Print the CustomResourceDefinition.")
    .addOption(new Option("--output <format>", "how it is printed").choices(["yaml", "json"]).default("yaml"))
    .addHelpText("after", EXAMPLE)
    .action(({ output }: { output: "yaml" | "json" }) => io.stdout(output === "json" ? `${JSON.stringify(crd(), undefined, 2)}\n` : crdYaml()));
}
