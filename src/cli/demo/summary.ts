// The demo's end on a terminal: the verdict, a row a peak, a row a policy, and what to do next. Fits 80 columns.
import type { PolicyNumbers } from "../../replay/index.ts";
import { amount, percent, timesIn } from "../report/wording.ts";
import { columns, wrapped } from "../terminal.ts";
import { MINUTE_MS } from "./course.ts";
import type { PeakReport } from "./peaks.ts";
import { HPA_TARGET, missedPeaks } from "./result.ts";
import type { DemoResult } from "./result.ts";
import { READY_DELAY_MS, SERVICE_LEVEL, TARGET_PER_REPLICA, TIME_ZONE } from "./settings.ts";

/** A minute is decided on when it is over and scraped; older than this at a look is late. */
const IN_TIME_MINUTES = 4;

/** The answer first: one sentence. */
export function verdict(result: DemoResult): string {
  const regular = result.peaks.filter(({ kind }) => kind === "regular");
  const missed = missedPeaks(result);
  if (missed.length > 0) return `The capacity of ${missed.length} of ${regular.length} regular peaks was never asked for.`;
  const least = Math.min(...regular.map(({ leadMinutes }) => leadMinutes ?? 0));
  const peaks = `Each of ${regular.length} regular peaks had its replicas asked for at least ${Math.floor(least)} minutes before demand needed them`;
  const overload = `${percent(result.operator.overloadedShare)} of all minutes were overloaded`;
  return `${peaks}; ${overload}, ${priceSentence(result)}.`;
}

function priceSentence({ operator, hpaTuned }: DemoResult): string {
  if (hpaTuned === undefined) return "which no fixed HPA target reaches";
  const saved = 1 - operator.podHours / hpaTuned.numbers.podHours;
  return `with ${percent(Math.abs(saved), 0)} ${saved >= 0 ? "fewer" : "more"} pod-hours than the cheapest HPA that does as well`;
}

/** Name and numbers of each policy, best price first known to the reader: the operator, the usual HPA, the HPA of hindsight. */
export function policies(result: DemoResult): readonly { readonly name: string; readonly numbers: PolicyNumbers | undefined }[] {
  const tuned = result.hpaTuned;
  return [
    { name: `operator, service level ${percent(SERVICE_LEVEL, 0)}`, numbers: result.operator },
    { name: `HPA at ${percent(HPA_TARGET, 0)}`, numbers: result.hpa },
    { name: tuned === undefined ? "HPA tuned in hindsight: none" : `HPA at ${percent(tuned.utilisation, 0)}, tuned in hindsight`, numbers: tuned?.numbers },
  ];
}

/** What to know where the machine could not keep the demo's pace: that is no fault of the forecast. */
function haste({ minutesBehind }: DemoResult): string[] {
  if (!(minutesBehind > IN_TIME_MINUTES)) return [];
  const late = `This machine was too busy for the pace of the demo: the operator was up to ${Math.round(minutesBehind)} simulated minutes behind,`;
  return ["", ...wrapped(`${late} so the lead times above are shorter than its own. Run it again with --rate 1000.`)];
}

/** Minutes before demand needed it; a dash where it never came. */
export function minutesBefore(peak: PeakReport, ms: number | undefined): string {
  return ms === undefined ? "never" : ((peak.neededMs - ms) / MINUTE_MS).toFixed(1);
}

/** The whole text, ending with what to do next. `page`: where the report lies. */
export function summaryText(result: DemoResult, page: string): string {
  const times = timesIn(TIME_ZONE);
  const minutes = result.course.demand.length;
  const clock = (ms: number | undefined) => (ms === undefined ? "never" : times.time(ms));
  const peaks = result.peaks.map((peak) => [
    `${times.dayTime(peak.atMs)} ${peak.kind === "regular" ? "regular" : "flash crowd"}`,
    String(peak.needed),
    clock(peak.askedMs),
    clock(peak.readyMs),
    clock(peak.neededMs),
    peak.leadMinutes === undefined ? "never" : peak.leadMinutes.toFixed(1),
  ]);
  const rows = policies(result).map(({ name, numbers }) =>
    numbers === undefined
      ? [name, "–", "–", "–", "–"]
      : [name, amount(numbers.overloadedShare * minutes), percent(numbers.overloadedShare, 2), amount(numbers.podHours), amount(numbers.replicaChanges)],
  );
  const { wape, wapePersistence } = result.forecast;
  return [
    ...wrapped(verdict(result)),
    "",
    `Two days from ${times.date(result.course.startMs)} (${TIME_ZONE}). A replica serves ${TARGET_PER_REPLICA} requests/s and takes`,
    `${READY_DELAY_MS / MINUTE_MS} minutes to become Ready.`,
    "",
    ...columns(["Peak", "replicas", "asked", "ready", "needed", "lead min"], peaks),
    "",
    ...columns(["Policy", "overload min", "share", "pod-hours", "changes/day"], rows),
    "",
    `Forecast 20 minutes ahead: off by ${percent(wape)} of demand; "as it is now" by ${percent(wapePersistence)}.`,
    ...(result.errors > 0 ? wrapped(`The operator met ${result.errors} errors, the last: ${result.lastComplaint ?? "unknown"}`) : []),
    ...haste(result),
    "",
    `Next: open ${page} in a browser.`,
    "",
  ].join("\n");
}
