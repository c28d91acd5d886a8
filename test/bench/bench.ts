// npm run bench [-- speed]                how fast: fit, pass, update and forecast, against the naive form of the same recurrence
// npm run bench -- accuracy DIR          how good: WAPE on the real traces in DIR
// npm run bench -- decision DIR          what it decides: overload and price on the real traces in DIR, against an HPA and last week in hindsight
// speed and accuracy with --peers: beside other libraries, installed on demand below test/bench
// npm run bench -- calendar DIR          what holidays bring: errors with and without them, on a generated year and real traces in DIR
// npm run bench -- picture                the picture of docs/forecasting.md
// npm run bench -- fleet                  how long until a hundred scalers forecast, on the embedded servers
// npm run bench -- load                   what a fleet costs on the real API server and Prometheus, and how punctual it is; several sizes for what more scalers cost
// npm run bench -- cluster                one compressed day under HPA, KEDA and ours with each output, on the real servers
// npm run bench -- fuzz                   a million hostile cases for all that reads text from outside; --seed repeats a run
// All take --output json. Times depend on what else the machine does: the best of many runs is the one to read. Exit code 1 when a fleet is too slow or a decision's verdict is missed, 2 on wrong arguments.
import { parseArgs } from "node:util";
import { accuracy, accuracyTable } from "./accuracy.ts";
import { type Figure, speed, STATE_BYTES } from "./speed.ts";
import { table } from "./table.ts";

const MINUTE_MS = 60_000;
const USAGE = `usage: npm run bench -- [speed] [--peers] [--output text|json]
       npm run bench -- accuracy DIR [--lead MINUTES] [--coverage] [--peers [--windows N]] [--output text|json]
       npm run bench -- decision DIR [--output text|json]
       npm run bench -- calendar DIR [--output text|json]
       npm run bench -- picture [FILE]
       npm run bench -- fleet [--scalers 100] [--minutes 0] [--output text|json]
       npm run bench -- load [--scalers 1000[,10000]] [--minutes 5] [--step 1m|5m] [--history 28d] [--output text|json]
       npm run bench -- cluster [--hours 24] [--rate 60] [--output text|json]
       npm run bench -- fuzz [--cases 1000000] [--seed N] [--output text|json]
example: npm run bench -- accuracy ../shared/traces`;
const isBold = process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";
const progress = (what: string) => void process.stderr.write(`${what}\n`);
const print = (lines: readonly string[]) => process.stdout.write(`${lines.join("\n")}\n`);

/** How a figure stands to its target, in a word. */
function verdictOf(best: number, { must, aim }: { readonly must: number; readonly aim: number }): string {
  if (best > must) return "MISSED";
  return best <= aim ? "aim" : "must";
}

async function runSpeed(isJson: boolean, hasPeers: boolean): Promise<number> {
  const peers = hasPeers ? await (await import("./peers-speed.ts")).peerSpeed(progress) : undefined;
  const { figures, stateBytes } = speed();
  const missed = figures.filter(({ best, must }) => best > must).map(({ what }) => what);
  const row = (figure: Figure) => [
    figure.what, figure.unit, figure.best, figure.median, figure.must, figure.aim, verdictOf(figure.best, figure), figure.naive, figure.naive / figure.best, figure.bytes,
  ];
  if (isJson) print([JSON.stringify({ node: process.version, arch: process.arch, figures, stateBytes, peers }, undefined, 2)]);
  else {
    const columns = [
      { title: "what" }, { title: "unit" }, { title: "best", decimals: 3 }, { title: "median", decimals: 3 }, { title: "must", decimals: 2 }, { title: "aim", decimals: 2 },
      { title: "meets" }, { title: "naive", decimals: 1 }, { title: "ratio" }, { title: "B/call", decimals: 1 },
    ];
    print(table(columns, figures.map(row)));
    print(["", `State of one series with one lead: ${Object.entries(stateBytes).map(([step, bytes]) => `${(bytes / 1024).toFixed(1)} KB at ${step}`).join(", ")}; must ${STATE_BYTES.must / 1024}, aim ${STATE_BYTES.aim / 1024}.`]);
    print([`Node ${process.version} on ${process.arch}. ${missed.length > 0 ? `Above what it must be here: ${missed.join("; ")}.` : "Every figure is within what it must be."}`]);
    if (peers !== undefined) print(["", ...(await import("./peers-speed.ts")).peerSpeedTable(peers)]);
  }
  return 0;
}

function runAccuracy(dir: string, leadMs: number, isJson: boolean): number {
  const begin = performance.now();
  const summary = accuracy(dir, leadMs);
  if (isJson) print([JSON.stringify(summary, undefined, 2)]);
  else {
    print([`WAPE (%) ${leadMs / MINUTE_MS} minutes ahead, on the last 30 % of each window; the prototype's figures are for 20 minutes.`, "", ...accuracyTable(summary, isBold), ""]);
    print([`HW: expert 1; HW+p: it and persistence; RLS: expert 2; 1-3: the experts combined; all: their second stage too. ${((performance.now() - begin) / 1000).toFixed(0)} s.`]);
  }
  return 0;
}

async function runCoverage(dir: string, leadMs: number, isJson: boolean): Promise<number> {
  const { coverages, coverageTable } = await import("./accuracy-coverage.ts");
  const summary = coverages(dir, leadMs);
  if (isJson) print([JSON.stringify(summary, undefined, 2)]);
  else {
    print([`Samples (%) at or below the bounds said ${leadMs / MINUTE_MS} minutes before, on the last 30 % of each window, then of parts of the traces drawn at random.`, ""]);
    print([...coverageTable(summary), "?: too few errors to know the bound all the time; !: outside the limits."]);
  }
  return 0;
}

async function runPeerAccuracy(dir: string, leadMs: number, most: number, isJson: boolean): Promise<number> {
  const [{ arePeersInstalled, INSTALL }, { peerAccuracy, peerAccuracyTable }] = [await import("./peers.ts"), await import("./peers-accuracy.ts")];
  if (!arePeersInstalled()) throw new Error(INSTALL);
  const windows = await peerAccuracy(dir, leadMs, most, progress);
  if (isJson) print([JSON.stringify({ windows }, undefined, 2)]);
  else {
    print([`WAPE (%) ${leadMs / MINUTE_MS} minutes ahead, on the last 30 % of each window.`, "", ...peerAccuracyTable(windows, isBold), ""]);
    print(["MSTL: augurs, refitted every 3 hours; Prophet: refitted daily; Prophet+r: and 0.9 of the mean of its last errors."]);
  }
  return 0;
}

async function runDecision(dir: string, isJson: boolean): Promise<number> {
  const { decisionBench, decisionTable } = await import("./decision.ts");
  const begin = performance.now();
  const summary = await decisionBench(dir, progress);
  print(isJson ? [JSON.stringify(summary, undefined, 2)] : [...decisionTable(summary), `${((performance.now() - begin) / 1000).toFixed(0)} s.`]);
  return summary.verdicts.every(({ isMet }) => isMet) ? 0 : 1;
}

async function runCalendar(dir: string, isJson: boolean): Promise<number> {
  const { calendarFigures, calendarTable } = await import("./calendar.ts");
  const figures = await calendarFigures(dir, progress);
  if (isJson) print([JSON.stringify({ figures }, undefined, 2)]);
  else print(["WAPE (%) at the lead, without the holidays -> with them as Sundays, by kind of day.", "", ...calendarTable(figures)]);
  return 0;
}

/** What 100 scalers may take. */
const FLEET_MUST = { scalers: 100, secondsToForecast: 20, eventLoopP99Ms: 50 };

async function runFleet(scalers: number, minutes: number, isJson: boolean): Promise<number> {
  const { fleet } = await import("./fleet.ts");
  const figures = await fleet(scalers, minutes);
  const isMissed = scalers <= FLEET_MUST.scalers && (figures.secondsToForecast > FLEET_MUST.secondsToForecast || figures.eventLoopP99Ms > FLEET_MUST.eventLoopP99Ms);
  if (isJson) print([JSON.stringify(figures, undefined, 2)]);
  else {
    const { secondsToFirstDecision, secondsToForecast, eventLoopP99Ms, residentMiB, cpuSeconds } = figures;
    print([`${scalers} scalers, four weeks of minutes each, from the start of the operator:`]);
    print([`  all decided after ${secondsToFirstDecision.toFixed(1)} s, all forecasting after ${secondsToForecast.toFixed(1)} s (must: ${FLEET_MUST.secondsToForecast} s for 100)`]);
    print([`  event-loop delay p99 ${eventLoopP99Ms.toFixed(0)} ms (must: ${FLEET_MUST.eventLoopP99Ms} ms), resident ${residentMiB.toFixed(0)} MiB, ${cpuSeconds.toFixed(1)} s of processor time`]);
    if (minutes > 0) print([`  then ${figures.steady.cores.toFixed(3)} cores and ${figures.steady.residentMiB.toFixed(0)} MiB while each decides once a minute`]);
  }
  return isMissed ? 1 : 0;
}

async function runLoad(sizes: readonly number[], minutes: number, { step, history, isJson }: { step: string; history: string; isJson: boolean }): Promise<number> {
  const { load } = await import("./load.ts");
  const { growthVerdicts, loadVerdicts } = await import("./load-figures.ts");
  const runs = [];
  for (const scalers of sizes) {
    const figures = await load({ scalers, minutes, step, history, say: progress });
    runs.push({ ...figures, verdicts: loadVerdicts(figures) });
  }
  const [few, many] = [runs[0], runs.at(-1)];
  const growth = few !== undefined && many !== undefined && many.scalers > few.scalers ? growthVerdicts(few, many) : [];
  if (isJson) print([JSON.stringify({ runs, growth }, undefined, 2)]);
  const columns = [{ title: "what" }, { title: "found", decimals: 2 }, { title: "must", decimals: 2 }, { title: "meets" }];
  const rows = (verdicts: typeof growth) => verdicts.map(({ what, found, must, isMet }) => [what, found, must, isMet ? "must" : "MISSED"]);
  for (const { scalers, start, steady, secondsToDecisions, secondsToForecasts, verdicts } of isJson ? [] : runs) {
    print([`${scalers} scalers, steps of ${step}: all decided after ${secondsToDecisions.toFixed(0)} s, all forecasting after ${secondsToForecasts.toFixed(0)} s.`]);
    for (const [when, usage] of Object.entries({ start, steady })) {
      const { seconds, cores, residentMiB, usedMiB, apiCallsPerSecond, queriesPerSecond, passesPerSecond, eventLoopP99Ms, eventLoopWorstMs, lateness } = usage;
      print([`  ${when}, ${seconds.toFixed(0)} s: ${cores.toFixed(3)} cores, ${residentMiB.toFixed(0)} MiB resident, ${usedMiB.toFixed(0)} MiB in use`]);
      print([`    a second ${passesPerSecond.toFixed(1)} passes, ${apiCallsPerSecond.toFixed(1)} API calls, ${queriesPerSecond.toFixed(1)} queries of Prometheus`]);
      print([`    event loop p99 ${eventLoopP99Ms.toFixed(0)} ms (worst ${eventLoopWorstMs.toFixed(0)}), decisions late at most p50 ${lateness.p50} s, p99 ${lateness.p99} s`]);
    }
    print([...table(columns, rows(verdicts)), ""]);
  }
  if (!isJson && growth.length > 0) print(table(columns, rows(growth)));
  return [...runs.flatMap(({ verdicts }) => verdicts), ...growth].every(({ isMet }) => isMet) ? 0 : 1;
}

async function runFuzz(cases: number, seed: number, isJson: boolean): Promise<number> {
  const { fuzz } = await import("./fuzz.ts");
  const found = await fuzz(cases, seed, progress);
  if (isJson) print([JSON.stringify({ seed, targets: found }, undefined, 2)]);
  else {
    const columns = [{ title: "what" }, { title: "cases" }, { title: "seconds", decimals: 1 }, { title: "fell" }];
    print(table(columns, found.map(({ name, cases: done, seconds, fall }) => [name, done, seconds, fall === undefined ? "no" : "yes"])));
    print([`Seed ${seed}.`, ...found.flatMap(({ name, fall }) => (fall === undefined ? [] : ["", `${name}: ${fall}`]))]);
  }
  return found.some(({ fall }) => fall !== undefined) ? 1 : 0;
}

async function runCluster(hours: number, rate: number, isJson: boolean): Promise<number> {
  const { race } = await import("./cluster.ts");
  const figures = await race({ hours, rate, say: progress });
  const columns = [{ title: "autoscaler" }, { title: "overloaded %", decimals: 2 }, { title: "unserved %", decimals: 3 }, { title: "pod-hours", decimals: 0 }, { title: "changes" }, { title: "most" }];
  const row = ({ what, overloadedShare, unservedShare, podHours, changes, mostReplicas }: (typeof figures)[number]) =>
    [what, 100 * overloadedShare, 100 * unservedShare, podHours, changes, mostReplicas];
  if (isJson) print([JSON.stringify({ hours, rate, figures }, undefined, 2)]);
  else print([...table(columns, figures.map(row)), "", `${hours - 1} judged hours of the same traffic, pods Ready 3 minutes after they are scheduled, ${rate} simulated seconds a second.`]);
  return 0;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { output: { type: "string", default: "text" }, lead: { type: "string", default: "20" }, scalers: { type: "string", default: "100" }, minutes: { type: "string" },
      step: { type: "string", default: "1m" }, history: { type: "string", default: "28d" },
      hours: { type: "string", default: "24" }, rate: { type: "string", default: "60" },
      cases: { type: "string", default: "1000000" }, seed: { type: "string" },
      peers: { type: "boolean", default: false }, coverage: { type: "boolean", default: false }, windows: { type: "string", default: "17" }, help: { type: "boolean", default: false } },
  });
  const [command = "speed", dir] = positionals;
  const isJson = values.output === "json";
  const leadMs = Number(values.lead) * MINUTE_MS;
  if (values.help) {
    print([USAGE]);
    return 0;
  }
  if ((!isJson && values.output !== "text") || !(leadMs > 0)) throw new TypeError(`--output is text or json, --lead a number of minutes`);
  if (!(Number(values.windows) >= 1)) throw new TypeError("--windows is a number from 1 on");
  if (command === "speed") return runSpeed(isJson, values.peers);
  if (command === "picture") {
    const { drawPicture } = await import("./picture.ts");
    drawPicture(dir);
    return 0;
  }
  if (command === "accuracy" && dir !== undefined && values.coverage) return runCoverage(dir, leadMs, isJson);
  if (command === "accuracy" && dir !== undefined && values.peers) return runPeerAccuracy(dir, leadMs, Number(values.windows), isJson);
  if (command === "decision" && dir !== undefined) return runDecision(dir, isJson);
  if (command === "calendar" && dir !== undefined) return runCalendar(dir, isJson);
  if (command === "fuzz") {
    const [cases, seed] = [Number(values.cases), Number(values.seed ?? Date.now() % 2 ** 31)];
    if (!(Number.isSafeInteger(cases) && cases >= 100) || !Number.isSafeInteger(seed)) throw new TypeError("--cases is a number from 100 on, --seed a whole number");
    return runFuzz(cases, seed, isJson);
  }
  if (command === "cluster") {
    const [hours, rate] = [Number(values.hours), Number(values.rate)];
    if (!(hours > 1 && hours <= 48) || !(rate >= 1 && rate <= 120)) throw new TypeError("--hours is a number above 1, up to 48, --rate one from 1 to 120");
    return runCluster(hours, rate, isJson);
  }
  if (command === "fleet") return runFleet(Number(values.scalers), Number(values.minutes ?? 0), isJson);
  if (command === "load") {
    const sizes = values.scalers.split(",").map(Number);
    const minutes = Number(values.minutes ?? 5);
    if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 1) || !(minutes > 0)) throw new TypeError("--scalers is one number from 1 on or several by commas, --minutes a number above 0");
    return runLoad(sizes, minutes, { step: values.step, history: values.history, isJson });
  }
  if (command === "accuracy" && dir !== undefined) return runAccuracy(dir, leadMs, isJson);
  throw new TypeError(["accuracy", "calendar", "decision"].includes(command) ? `${command} needs the folder that holds the traces` : `unknown command ${command}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${error instanceof TypeError ? `${USAGE}\n` : ""}`);
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
