// The text of a manifest file -> its one PredictiveScaler, or all that is wrong with it as lines for a person.
import { parseAllDocuments } from "yaml";
import { formatProblems, KIND, parseScaler } from "../../api/index.ts";
import type { Scaler } from "../../api/index.ts";

export type ManifestText =
  /** `text`: the manifest alone, as YAML. */
  | { readonly kind: "valid"; readonly scaler: Scaler; readonly text: string }
  | { readonly kind: "invalid"; readonly problems: string };

/** The manifest may stand among others; `file` is named in what is wrong. */
export function readManifest(text: string, file: string): ManifestText {
  const documents = parseAllDocuments(text);
  const invalid = (problems: string): ManifestText => ({ kind: "invalid", problems: problems.replaceAll(/^/gm, `${file}: `) });
  if (!Array.isArray(documents) || documents.length === 0) return invalid(`found nothing, expected a ${KIND}`);
  const errors = documents.flatMap(({ errors: found }) => found.map(({ message }) => message.split("\n")[0]?.replace(/:$/, "") ?? ""));
  if (errors.length > 0) return invalid(errors.join("\n"));
  let objects: unknown[];
  try {
    objects = documents.map((document): unknown => document.toJS({ maxAliasCount: 100 }));
  } catch (error) {
    // Aliases without a target, or so many that expanding them would not end.
    return invalid(error instanceof Error ? error.message : String(error));
  }
  const scalers = objects.filter(isScaler);
  if (scalers.length > 1) return invalid(`found ${scalers.length} objects of kind ${KIND}, expected one`);
  const parsed = parseScaler(scalers[0] ?? objects[0]);
  const [document] = scalers.length === 1 ? documents.filter((_, i) => isScaler(objects[i])) : documents;
  return parsed.kind === "valid" ? { ...parsed, text: String(document).replace(/^---\n/, "") } : invalid(formatProblems(parsed.problems));
}

function isScaler(object: unknown): boolean {
  return typeof object === "object" && object !== null && "kind" in object && object.kind === KIND;
}
