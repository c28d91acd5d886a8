// Where text from outside comes in, each as a property: whatever comes, the answer is a value within its bounds or a typed failure, in bounded time.
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { parseScaler } from "../../src/api/index.ts";
import { createTraceReader } from "../../src/cli/backtest/trace-csv.ts";
import type { TraceText } from "../../src/cli/backtest/trace-csv.ts";
import { readDocuments } from "../../src/cli/manifests.ts";
import { createClock } from "../../src/clock.ts";
import { OperatorError } from "../../src/errors.ts";
import { readLines } from "../../src/kube/body.ts";
import { createReflector } from "../../src/kube/index.ts";
import type { KubeConnection, KubeObject } from "../../src/kube/index.ts";
import { MatrixDecoder } from "../../src/prometheus/decode.ts";
import { enforceLabel } from "../../src/prometheus/enforce.ts";
import { createPrometheusClient, queryFacts, queryProblem } from "../../src/prometheus/index.ts";
import { NotJson } from "../../src/prometheus/json-scanner.ts";
import { createSampleBuffer } from "../../src/prometheus/sample-buffer.ts";
import { regularize } from "../../src/series/index.ts";
import type { Samples } from "../../src/series/index.ts";
import { BAD_MANIFESTS, GOOD_MANIFEST } from "../api/bad-manifests.ts";
import { queries } from "../prometheus/queries.ts";
import { damaged, mutated, pieces } from "./hostile.ts";

/** Something that takes text from outside. */
export interface Target {
  readonly name: string;
  /** Of a million cases. */
  readonly share: number;
  /** Sets up what the cases need; `check` throws where one falls. */
  readonly start: () => Promise<{ readonly check: (parameters: { readonly seed: number; readonly numRuns: number }) => Promise<void>; readonly stop: () => Promise<void> }>;
}

/** A case that takes longer hangs, as far as anybody can tell: ms. Real ones take far below one. */
export const CASE_MS = 2_000;

/** A target whose cases are functions of one value. */
function target<T>(name: string, share: number, arbitrary: fc.Arbitrary<T>, run: (value: T) => void | Promise<void>): Target {
  const timed = async (value: T) => {
    const beginMs = performance.now();
    await run(value);
    const tookMs = performance.now() - beginMs;
    if (tookMs > CASE_MS) throw new Error(`It took ${Math.round(tookMs)} ms.`);
  };
  const check = (parameters: { seed: number; numRuns: number }) => fc.assert(fc.asyncProperty(arbitrary, timed), parameters);
  return { name, share, start: () => Promise.resolve({ check, stop: () => Promise.resolve() }) };
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const EXAMPLES = readdirSync(new URL("../../deploy/examples/", import.meta.url)).map((name) => read(`deploy/examples/${name}`));
const FULL_MANIFEST = readDocuments(EXAMPLES[EXAMPLES.length - 1] ?? "").flatMap((document) => (document.kind === "object" ? [document.object] : []))[0];

/** What the parse gave: all its numbers in their ranges, or problems in words. */
function checkParsed(object: unknown): void {
  const parsed = parseScaler(object);
  if (parsed.kind === "invalid") {
    must(parsed.problems.length > 0 && parsed.problems.every(({ expected, found }) => expected !== "" && found.length < 500), "problems in words");
    return;
  }
  const { minReplicas, maxReplicas, metric, forecast, behavior } = parsed.scaler.spec;
  must(Number.isSafeInteger(minReplicas) && minReplicas >= 1 && Number.isSafeInteger(maxReplicas) && maxReplicas >= minReplicas && maxReplicas <= 2 ** 31, "replicas");
  must(metric.targetPerReplica > 0 && Number.isFinite(metric.targetPerReplica), "targetPerReplica");
  must(metric.stepMs >= 1_000 && metric.stepMs <= 86_400_000 && metric.query.length <= 5_000, "step and query");
  must(forecast.serviceLevel > 0 && forecast.serviceLevel < 1, "serviceLevel");
  for (const { stabilizationWindowSeconds, tolerance, policies } of [behavior.scaleUp, behavior.scaleDown]) {
    must(stabilizationWindowSeconds >= 0 && stabilizationWindowSeconds <= 3_600 && tolerance >= 0 && Number.isFinite(tolerance), "behavior");
    must(policies.every(({ value, periodSeconds }) => Number.isSafeInteger(value) && value > 0 && periodSeconds >= 1 && periodSeconds <= 1_800), "policies");
  }
}

const RANGE = { startMs: 1_700_000_000_000, stepMs: 60_000, points: 12 };
const points = (value: (i: number) => string) => Array.from({ length: RANGE.points }, (_, i) => `[${RANGE.startMs / 1000 + i * 60}${i % 3 === 0 ? "" : ".000"},"${value(i)}"]`).join(",");
const matrix = (metric: string, values: string) => `{"status":"success","data":{"resultType":"matrix","result":[{"metric":${metric},"values":[${values}]}]}}`;
/** Answers as real servers give them. */
const ANSWERS = [
  matrix('{"__name__":"demand","job":"a \\"b\\" \\u00fc"}', points((i) => String(100 + i / 7))),
  matrix("{}", points((i) => ["NaN", "+Inf", "-Inf", "-3.5", "1.7976931348623157e+308", "0", "4.9e-324", "9007199254740993", "1e400"][i % 9] ?? "1")),
  '{"status":"success","isPartial":false,"data":{"resultType":"matrix","result":[]},"stats":{"seriesFetched":"0"},"warnings":["PromQL info: x"]}',
  '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"1"},"values":[[1700000000,"1"]]},{"metric":{"a":"2"},"values":[[1700000000,"2"]]}]}}',
  '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"histograms":[[1700000000,{"count":"1","sum":"2","buckets":[[0,"1","2","3"]]}]]}]}}',
  '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1700000000.5,"1"]}]}}',
  '{"status":"success","data":{"resultType":"scalar","result":[1700000000.5,"1"]}}',
  '{"status":"error","errorType":"bad_data","error":"1:5: parse error: unclosed left parenthesis"}',
  "<!DOCTYPE html><html><title>Sign in</title></html>",
  "",
];

function checkSamples({ timesMs, values }: Samples): void {
  must(timesMs.every((ms) => Number.isSafeInteger(ms)), "times are whole ms");
  must(values.every((value) => Number.isNaN(value) || Number.isFinite(value)), "values are finite or missing");
  const { values: grid } = regularize({ timesMs, values }, { startMs: RANGE.startMs, stepMs: RANGE.stepMs, length: RANGE.points });
  must(grid.length === RANGE.points && [...grid].every((value) => Number.isNaN(value) || (value >= 0 && Number.isFinite(value))), "demand is 0 or more, or missing");
}

/** What the decoder makes of an answer, as one text. */
function decoded(parts: readonly Buffer[]): string {
  const buffer = createSampleBuffer(RANGE.points);
  const decoder = new MatrixDecoder(buffer);
  try {
    for (const part of parts) decoder.push(part);
    const answer = decoder.end();
    checkSamples(buffer.samples());
    return JSON.stringify([answer, [...buffer.samples().timesMs], [...buffer.samples().values]]);
  } catch (error) {
    if (error instanceof NotJson) return "refused";
    throw error;
  }
}

const object = (name: string, more: object = {}) => ({ ...GOOD_MANIFEST, metadata: { name, namespace: "shop", uid: `u-${name}`, resourceVersion: "12", generation: 1, ...more } });
const event = (type: string, of: unknown) => JSON.stringify({ type, object: of });
const WATCHES = [
  [event("ADDED", object("a")), event("MODIFIED", object("a", { resourceVersion: "13" })), event("DELETED", object("a")), event("BOOKMARK", { metadata: { resourceVersion: "20" } })].join("\n"),
  [event("ADDED", object("b", { labels: { ü: "漢" } })), event("ERROR", { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" })].join("\n"),
  [event("ERROR", { kind: "Status", code: 500, message: "etcd", details: { retryAfterSeconds: 1e300, causes: [{ reason: 1 }, null] } }), event("UNKNOWN", null)].join("\n"),
  [event("ADDED", object("c", { namespace: undefined, uid: 5, resourceVersion: 18446744073709552000 })), event("ADDED", { metadata: null }), "null", "[]", "5"].join("\n"),
].map((text) => `${text}\n`);
const LISTS = [
  JSON.stringify({ kind: "PredictiveScalerList", metadata: { resourceVersion: "10" }, items: [object("a"), object("b")] }),
  JSON.stringify({ metadata: { resourceVersion: "10", continue: "next", remainingItemCount: 1 }, items: [object("a"), null, 5, {}, { metadata: {} }] }),
  '{"metadata":{},"items":null}',
  '{"metadata":null}',
];
const LIST_REQUESTS = 3;
const MAX_LINE = 100_000;

/** A reflector on a server that answers a few times with what it is given, and is then cancelled. */
async function reflected({ list, parts }: { readonly list: string; readonly parts: readonly Buffer[] }): Promise<void> {
  const stop = new AbortController();
  const end = () => {
    stop.abort();
    throw new DOMException("over", "AbortError");
  };
  const counts = { lists: 0, watches: 0 };
  const wrong: string[] = [];
  const connection: KubeConnection = {
    server: "",
    namespace: "",
    request: async () => (++counts.lists > LIST_REQUESTS ? end() : (JSON.parse(list) as unknown)),
    async *watch() {
      if (++counts.watches > 2) end();
      for await (const line of readLines(stream(parts), MAX_LINE)) yield JSON.parse(line) as unknown;
    },
    close: () => Promise.resolve(),
  };
  const clock = { ...createClock(), delay: () => Promise.resolve() };
  const reflector = createReflector<KubeObject>({
    connection,
    clock,
    path: "/apis/x/v1/things",
    prune: (found) => found,
    handlers: { changed: (key) => void (key === "" && wrong.push("a change of no key")) },
    random: () => 0.5,
    onError: (error) => void (error instanceof OperatorError || wrong.push(String(error))),
  });
  await reflector.run(stop.signal);
  must(wrong.length === 0, wrong.join("; "));
  must(reflector.keys().every((key) => typeof reflector.get(key)?.metadata.name === "string"), "what is kept has a name");
}

async function* stream(parts: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield await Promise.resolve(part);
}

const CSVS = [
  "timestamp,value\n2026-03-02T08:00:00Z,1\n2026-03-02T08:01:00Z,2.5\n2026-03-02T08:02:00Z,\n2026-03-02T08:03:00Z,NaN\n",
  '\uFEFFTimestamp,Value\r\n"2026-03-02 08:00:00.5+0200","1e3"\r\n1772438400,7\r\n-1,0\r\n2026-02-30,1\r\n',
  "timestamp,value\r1772438400.25,1e400\r99999999999,-0\r9999-12-31T23:59:59Z,1e308\r0001-01-01,5",
  `timestamp,value\n${"1772438400,1\n".repeat(50)}`,
];

function csv(parts: readonly string[]): TraceText {
  const reader = createTraceReader();
  for (const part of parts) reader.push(part);
  const trace = reader.end();
  if (trace.kind === "invalid") must(trace.count > 0 && trace.problems.every(({ line, found }) => line >= 1 && found.length < 100), "problems in words");
  else {
    const { timesMs, values } = trace.samples;
    must(timesMs.every((ms, i) => Number.isSafeInteger(ms) && (i === 0 || ms >= (timesMs[i - 1] as number))), "times ascend");
    must(values.every((value) => Number.isNaN(value) || (value >= 0 && Number.isFinite(value))), "values are 0 or more, or missing");
  }
  return trace;
}

const QUERIES = ['sum(rate(http_requests_total{service="checkout"}[2m]))', "histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))", 'a{b=~"c|d",} offset 5m / on(x) group_left b @ start()', `sum(${"up + ".repeat(998)}up)`, "(".repeat(5_000), "up[".repeat(1_600)];

export const TARGETS: readonly Target[] = [
  target("manifest as an object", 150_000, fc.oneof(...[GOOD_MANIFEST, FULL_MANIFEST, ...BAD_MANIFESTS.map(({ patch }) => ({ ...GOOD_MANIFEST, ...patch }))].map(damaged)), checkParsed),
  target("manifest as text", 30_000, mutated([...EXAMPLES, "a: &a [x]\nb: [*a, *a]\n", "a: &a [*a, *a]\n", "{\"a\": 1}"]), (text) => {
    for (const document of readDocuments(text)) {
      if (document.kind === "broken") must(document.message !== "" && document.place.line >= 0, "a problem in words");
      else {
        checkParsed(document.object);
        document.placeOf("spec.metric.query");
      }
    }
  }),
  target("answer of Prometheus", 500_000, pieces(mutated(ANSWERS)), ({ whole, parts }) => must(decoded(parts) === decoded([whole]), "however it is cut, it says the same")),
  clientTarget("answer of Prometheus over HTTP", 10_000),
  target("list and watch", 180_000, fc.tuple(mutated(LISTS), pieces(mutated(WATCHES))).map(([list, { parts }]) => ({ list, parts })), (given) => reflected(given)),
  target("trace as CSV", 120_000, fc.tuple(mutated(CSVS), fc.array(fc.nat(), { maxLength: 5 })), ([text, cuts]) => {
    const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
    const parts = places.slice(1).map((end, i) => text.slice(places[i], end));
    must(JSON.stringify(csv(parts)) === JSON.stringify(csv([text])), "however it is cut, it says the same");
  }),
  target("query", 10_000, fc.oneof({ weight: 3, arbitrary: mutated(QUERIES) }, { weight: 1, arbitrary: queries.chain((query) => mutated([query])) }), (query) => {
    const problem = queryProblem(query);
    must(problem === undefined || (problem.offset >= 0 && problem.offset <= query.length), "the place of a problem is in the query");
    queryFacts(query);
    try {
      must(queryProblem(enforceLabel(query, "namespace", "shop")) === undefined, "what is enforced is PromQL");
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
    }
  }),
];

/** The client against a server that says whatever it is told, whole or cut, packed or not. */
function clientTarget(name: string, share: number): Target {
  const cases = fc.record({
    body: pieces(mutated(ANSWERS)),
    status: fc.constantFrom(200, 200, 200, 200, 204, 301, 400, 401, 404, 422, 500, 999),
    how: fc.constantFrom("plain", "plain", "gzip", "half a gzip", "no gzip", "cut", "too long", "reset"),
  });
  const start = async () => {
    let next: (typeof cases extends fc.Arbitrary<infer T> ? T : never) | undefined;
    const server = createServer((request, response) => {
      request.resume();
      const { body, status, how } = next ?? { body: { whole: Buffer.alloc(0), parts: [] }, status: 500, how: "plain" };
      const packed = how.includes("gzip") ? gzipSync(body.whole) : body.whole;
      const bytes = how === "half a gzip" ? packed.subarray(0, packed.length / 2) : how === "no gzip" ? body.whole : packed;
      if (how === "reset") return void response.destroy();
      response.writeHead(status, { "content-type": "application/json", location: "http://127.0.0.1:1/", ...(how.includes("gzip") ? { "content-encoding": "gzip" } : {}), ...(how === "too long" ? { "content-length": String(bytes.length + 10) } : {}) });
      response.write(bytes.length > 0 ? bytes : " ");
      if (how === "cut" || how === "too long") response.destroy();
      else response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const clock = { ...createClock(), delay: () => Promise.resolve() };
    const client = createPrometheusClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, clock, timeoutMs: CASE_MS });
    const { signal } = new AbortController();
    const range = { query: "demand", startMs: RANGE.startMs, endMs: RANGE.startMs + (RANGE.points - 1) * RANGE.stepMs, stepMs: RANGE.stepMs };
    const over = target(name, share, cases, async (given) => {
      next = given;
      try {
        const { samples, notANumber } = await client.queryRange(range, signal);
        checkSamples(samples);
        must(Number.isSafeInteger(notANumber) && notANumber >= 0, "a count");
      } catch (error) {
        if (!(error instanceof OperatorError) || error.reason === "InternalError") throw error;
      }
    });
    const { check } = await over.start();
    const stop = () => {
      client.close();
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    };
    return { check, stop };
  };
  return { name, share, start };
}
