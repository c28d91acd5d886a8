// The client of one metrics server: a query over a range -> the samples of its one series, read in chunks and decoded as they arrive.
// Invariant: either all chunks were whole and of the same single series, or an OperatorError says why not; never partial data.
import type { Clock } from "../clock.ts";
import { OperatorError } from "../errors.ts";
import { addressOf } from "./address.ts";
import type { Address } from "./address.ts";
import { MatrixDecoder } from "./decode.ts";
import type { MatrixAnswer } from "./decode.ts";
import { bodyFailure, excerpt, rejected, unreachable } from "./failure.ts";
import { NotJson } from "./json-scanner.ts";
import type { PrometheusClient, RangeAnswer, RangeQuery } from "./prometheus.ts";
import { chunksOf, MAX_CHUNK_STEPS } from "./ranges.ts";
import { createRequester, CutOff } from "./request.ts";
import type { Manners } from "./request.ts";
import { createSampleBuffer } from "./sample-buffer.ts";
import type { SampleBuffer } from "./sample-buffer.ts";

export interface PrometheusClientOptions {
  /** http(s), may have a path prefix and user:password, which no message shows. */
  readonly url: string;
  /** Headers, certificates, signature. */
  readonly manners?: Manners;
  /** Added to the query of every request. */
  readonly parameters?: readonly (readonly [string, string])[];
  /** Texts that no message shows: tokens and the like. */
  readonly hidden?: readonly string[];
  readonly clock: Clock;
  /** Wall-clock ms a request may take, body included. */
  readonly timeoutMs?: number;
  /** Of one answer's body. */
  readonly maxBytes?: number;
  /** Of one query, all chunks and series together. */
  readonly maxSamples?: number;
  /** After each HTTP request: its status, or "timeout", "aborted", "error"; wall-clock ms. */
  readonly onRequest?: (code: string, durationMs: number) => void;
  /** 0..1, spreads retries; Math.random unless a test says otherwise. */
  readonly random?: () => number;
}

/** A history chunk takes Prometheus 30 ms; a heavy query some seconds; its own limit is two minutes. */
const TIMEOUT_MS = 30_000;
/** One series of a full chunk is 0.5 MB: this is room for a query without sum() to be told so. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Four weeks at 15 s are 161,280: 16 bytes each are 8 MB at this limit. */
const MAX_SAMPLES = 500_000;
/** What Prometheus writes about the query itself; every other warning means that data are missing. */
const ANNOTATION = /^PromQL (info|warning)/;
/** Of a text that is no JSON. */
const SHOWN_BYTES = 80;
const LESS = "Use a longer spec.metric.step or a shorter spec.forecast.history.";

interface Limits {
  readonly maxBytes: number;
  readonly maxSamples: number;
}

/** A client for the server at `url`; throws InvalidSpec if that is no URL. */
export function createPrometheusClient(options: PrometheusClientOptions): PrometheusClient {
  const { clock, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES, maxSamples = MAX_SAMPLES, random = Math.random } = options;
  const address = addressOf(options.url, options.parameters, options.hidden);
  const manners = options.manners ?? {};
  const requester = createRequester({ address, manners, clock, timeoutMs, random, onRequest: options.onRequest ?? (() => {}) });
  return {
    async queryRange(query: RangeQuery, signal: AbortSignal): Promise<RangeAnswer> {
      const expected = Math.max(0, Math.floor(query.endMs / query.stepMs) - Math.floor(query.startMs / query.stepMs) + 1);
      if (expected > maxSamples)
        throw rejected(`The query asks for ${expected} samples, and at most ${maxSamples} are read.`, LESS);
      const buffer = createSampleBuffer(expected);
      const labelSets = new Set<string>();
      let notANumber = 0;
      for (const chunk of chunksOf(query, MAX_CHUNK_STEPS)) {
        const form = formOf({ ...query, ...chunk }, timeoutMs);
        const answer = await requester.ask(form, signal, (body) => readAnswer(body, buffer, { maxBytes, maxSamples }, address));
        for (const labels of answer.labelSets) labelSets.add(labels);
        if (labelSets.size > 1 || answer.seriesCount > 1) throw ambiguous(Math.max(labelSets.size, answer.seriesCount), "", [...labelSets]);
        notANumber += answer.notANumber;
      }
      return { samples: buffer.samples(), notANumber };
    },
    close: () => requester.close(),
  };
}

/** The request's form, in seconds as Prometheus reads them. */
function formOf({ query, startMs, endMs, stepMs }: RangeQuery, timeoutMs: number): URLSearchParams {
  const seconds = (ms: number) => String(ms / 1000);
  return new URLSearchParams({ query, start: seconds(startMs), end: seconds(endMs), step: seconds(stepMs), timeout: `${Math.ceil(timeoutMs / 1000)}s` });
}

/** Reads one body to its end into `buffer`. */
async function readAnswer(body: AsyncIterable<Buffer>, buffer: SampleBuffer, limits: Limits, address: Address): Promise<MatrixAnswer> {
  const before = buffer.count;
  const decoder = new MatrixDecoder(buffer);
  const { seen } = decoder;
  let bytes = 0;
  let first = "";
  let isWhole = false;
  try {
    for await (const chunk of body) {
      if (first.length < SHOWN_BYTES) first += chunk.toString("utf8", 0, SHOWN_BYTES);
      bytes += chunk.length;
      decoder.push(chunk);
      if (bytes > limits.maxBytes || before + seen.sampleCount > limits.maxSamples) throw tooMuch(seen, limits);
    }
    isWhole = true;
    return checked(decoder.end(), address);
  } catch (thrown) {
    if (thrown instanceof CutOff || (isWhole && thrown instanceof NotJson && bytes > 0 && first.trimStart().startsWith("{")))
      throw unreachable(`The answer of Prometheus at ${address.shown} was cut off or garbled after ${bytes} bytes: ${thrown.message}.`, {
        hint: "Check Prometheus and the proxies before it; nothing of a partial answer is used.",
        cause: thrown,
      });
    if (thrown instanceof NotJson)
      throw unreachable(
        `Found ${JSON.stringify(excerpt(address.redact(first)))} at ${address.shown}, where the JSON of Prometheus's API was expected: ${thrown.message}.`,
        { hint: "Check the URL: a login page or another program may answer there.", cause: thrown },
      );
    throw thrown;
  }
}

/** `answer` if it is a matrix of complete data. */
function checked(answer: MatrixAnswer, address: Address): MatrixAnswer {
  if (answer.status === "error") throw bodyFailure(answer.errorType, answer.error, address);
  if (answer.status !== "success")
    throw unreachable(`Found the status ${JSON.stringify(excerpt(answer.status))} at ${address.shown}, where "success" was expected.`, {
      hint: "Check that the URL is that of a Prometheus API.",
    });
  if (answer.resultType !== "matrix")
    throw rejected(
      `The query yields a ${excerpt(answer.resultType) || "result without a type"}, where a matrix was expected.`,
      "Change spec.metric.query so that it yields one number per time, for example a sum().",
    );
  if (answer.histograms)
    throw rejected(
      "The query yields native histograms, where one number per time was expected.",
      "Take a number out of them, for example with histogram_count() or histogram_quantile().",
    );
  const missing = answer.warnings.find((warning) => !ANNOTATION.test(warning));
  if (missing !== undefined)
    throw new OperatorError(`Prometheus answered with a part of the data: ${excerpt(address.redact(missing))}`, {
      reason: "NoData",
      retry: "backoff",
      hint: "Partial data counts as missing: bring back the store or replica that the warning names.",
    });
  return answer;
}

function ambiguous(count: number, prefix: string, labelSets: readonly string[]): OperatorError {
  const named = labelSets.slice(0, 2).map(excerpt).join(" and ");
  return new OperatorError(`The query yields ${prefix}${count} series, where one was expected, among them ${named}.`, {
    reason: "QueryAmbiguous",
    retry: "whenSpecChanges",
    hint: "Wrap it in sum(), or select one series by its labels.",
  });
}

function tooMuch(seen: MatrixAnswer, limits: Limits): OperatorError {
  if (seen.seriesCount > 1) return ambiguous(seen.seriesCount, "at least ", seen.labelSets);
  return rejected(`The answer is larger than ${limits.maxBytes} bytes or ${limits.maxSamples} samples.`, LESS);
}
