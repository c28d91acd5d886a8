// The manifest of a scaler in the cache, parsed once: the cache holds the same object until the scaler changes, and a parse takes as long as a forecast.
// Invariant: objects of the cache are never changed, only replaced.
import { parseScaler } from "../api/index.ts";
import type { StoredScaler } from "./stored-scaler.ts";

type Parsed = ReturnType<typeof parseScaler>;

const known = new WeakMap<StoredScaler, Parsed>();

/** The complete specification, or all problems at once. */
export function parsedOf(stored: StoredScaler): Parsed {
  const found = known.get(stored) ?? parseScaler(stored);
  known.set(stored, found);
  return found;
}
