// A time zone as a field of the manifest.
import { text } from "./fields.ts";
import { CEL_ZONE, isTimeZone, nearestTimeZone, ZONE_LENGTH } from "./time-zone.ts";

/** The IANA name of a time zone, UTC by default. */
export function timeZone(description: string) {
  return text({
    name: "timeZone",
    description,
    range: "the name of an IANA time zone such as UTC or Europe/Berlin",
    maxLength: ZONE_LENGTH,
    cel: CEL_ZONE,
    accepts: isTimeZone,
    refusal(zone) {
      const near = nearestTimeZone(zone);
      return `the name of an IANA time zone; ${zone} is an unknown zone${near === undefined ? "" : `, perhaps ${near} was meant`}`;
    },
  }).prefault("UTC");
}
