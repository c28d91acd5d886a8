// Which names are IANA time zones. The names come from Intl; the API server asks its own copy of the database.
import { nearestName } from "./nearest.ts";

export const ZONE_LENGTH = 64;
/** Names only: no offsets such as +02:00, and with the capital letters of the database. */
const ZONE_PATTERN = "^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*)*$";
const ZONE = new RegExp(ZONE_PATTERN);

/** CEL that is true for a known zone; for an unknown one the API server adds which zone it does not know. */
export const CEL_ZONE = `self.matches('${ZONE_PATTERN}') && self != 'Local' && timestamp('2000-01-01T00:00:00Z').getHours(self) >= 0`;

/** Zones that Intl knows: to ask it takes longer than the rest of a manifest. */
const known = new Set<string>();

/** Whether `name` is an IANA time zone. */
export function isTimeZone(name: string): boolean {
  if (known.has(name)) return true;
  if (!ZONE.test(name)) return false;
  try {
    if (new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone === "") return false;
  } catch {
    return false;
  }
  known.add(name);
  return true;
}

/** A zone that `name` may have meant: a near name, or the one whose city it is. */
export function nearestTimeZone(name: string): string | undefined {
  const zones = Intl.supportedValuesOf("timeZone");
  const city = name.replaceAll(" ", "_").toLowerCase();
  return zones.find((zone) => zone.toLowerCase().endsWith(`/${city}`)) ?? nearestName(name, ["UTC", ...zones]);
}
