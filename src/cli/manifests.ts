// The text of a manifest file -> its documents, each with where its fields stand. What is no YAML is a problem with a line, not an exception.
import { isMap, isNode, isScalar, LineCounter, parseAllDocuments } from "yaml";
import type { Document } from "yaml";

/** A place in a file, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type ManifestDocument =
  /** `placeOf`: where the field with this path stands, or the nearest one above it. */
  | { readonly kind: "object"; readonly object: unknown; readonly placeOf: (path: string) => Place }
  | { readonly kind: "broken"; readonly message: string; readonly place: Place };

/** Aliases are expanded at most so often: a bomb of them is refused. */
const MOST_ALIASES = 100;

/** The documents of a YAML (or JSON) text in their order; empty ones are left out. */
export function readDocuments(text: string): ManifestDocument[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines });
  if (!Array.isArray(documents)) return [];
  return (documents as Document[]).flatMap((document) => documentOf(document, lines));
}

function documentOf(document: Document, lines: LineCounter): ManifestDocument[] {
  const [error] = document.errors;
  if (error !== undefined) {
    const message = error.message.split(" at line ")[0]?.split("\n")[0] ?? error.message;
    return [{ kind: "broken", message, place: placeAt(lines, error.pos[0]) }];
  }
  const start = isNode(document.contents) ? (document.contents.range?.[0] ?? 0) : 0;
  try {
    const object: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    if (object === null || object === undefined) return [];
    return [{ kind: "object", object, placeOf: (path) => placeAt(lines, offsetOf(document, path) ?? start) }];
  } catch (error) {
    return [{ kind: "broken", message: error instanceof Error ? error.message : String(error), place: placeAt(lines, start) }];
  }
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/** The offset of the key at `path` (as problems write it: `spec.policies[0].value`), or of the nearest field above. */
function offsetOf({ contents }: Document, path: string): number | undefined {
  let node: unknown = contents;
  let offset: number | undefined;
  for (const [, key, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (pair === undefined || !isScalar(pair.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else {
      const items: unknown = typeof node === "object" && node !== null && "items" in node ? node.items : undefined;
      const item: unknown = Array.isArray(items) ? items[Number(index)] : undefined;
      if (!isNode(item)) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    }
  }
  return offset;
}
