import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import type { ManualClock } from "../../src/clock.ts";
import { OperatorError } from "../../src/errors.ts";
import { startPlaygroundPrometheus } from "../../src/playground/prometheus/index.ts";
import { createPrometheusClient } from "../../src/prometheus/index.ts";
import type { PrometheusClientOptions } from "../../src/prometheus/index.ts";
import { serve } from "./answering-server.ts";

const NOW = 1_790_000_040_000;
const QUERY = { query: "m", startMs: NOW - 600_000, endMs: NOW, stepMs: 60_000 };
const signal = new AbortController().signal;
const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function setUp(options: Partial<PrometheusClientOptions> = {}) {
  const server = await startPlaygroundPrometheus({ clock: createManualClock(NOW), series: [{ name: "m", value: () => 5 }] });
  const clock = createManualClock();
  const codes: string[] = [];
  const client = createPrometheusClient({ url: server.url, clock, random: () => 0.5, onRequest: (code) => codes.push(code), ...options });
  closers.push(() => client.close(), () => server.close());
  return { server, client, clock, codes, ask: () => client.queryRange(QUERY, signal) };
}

const askAt = async (answer: (response: ServerResponse) => void, options: Partial<PrometheusClientOptions> = {}) => {
  const { client } = await setUp({ url: await serve(answer), ...options });
  return failureOf(client.queryRange(QUERY, signal));
};

/** The OperatorError that `promise` must end with. */
async function failureOf(promise: Promise<unknown>): Promise<OperatorError> {
  const error: unknown = await promise.then(
    () => new Error("it did not fail"),
    (thrown: unknown) => thrown,
  );
  if (error instanceof OperatorError) return error;
  throw error;
}

/** Advances the clock until `promise` ends. */
async function advanceUntil<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  const state = { isOver: false };
  const over = () => (state.isOver = true);
  promise.then(over, over);
  while (!state.isOver) await clock.advance(100);
  return promise;
}

describe("failures that are the server's", () => {
  it("names a refused connection", async () => {
    const { server, client } = await setUp();
    await server.close();
    const error = await failureOf(client.queryRange(QUERY, signal));
    expect(error).toMatchObject({ reason: "PrometheusUnreachable", retry: "backoff", message: expect.stringContaining("refused the connection") as string });
  });

  it("names an unknown host", async () => {
    const { client } = await setUp({ url: "http://prometheus.invalid:9090" });
    expect((await failureOf(client.queryRange(QUERY, signal))).message).toMatch(/prometheus\.invalid:9090 has a host name that DNS/);
  });

  it("names a time-out, before the answer and in the middle of it", async () => {
    const { server, ask, codes } = await setUp({ timeoutMs: 60 });
    server.failNext({ fault: "slow" });
    const error = await failureOf(ask());
    expect(error).toMatchObject({ reason: "PrometheusUnreachable", retry: "backoff" });
    expect(error.message).toContain("within 0.06 s");
    expect(codes).toEqual(["timeout"]);
    const stuck = await askAt((response) => void response.write('{"status":"success",'), { timeoutMs: 60 });
    expect(stuck.message).toContain("within 0.06 s");
  });

  it.each([
    [401, "credentials"],
    [403, "credentials"],
    [404, "path prefix"],
    [500, "log of Prometheus"],
    [502, "log of Prometheus"],
  ])("blames a %i on the server with a hint about %s", async (status, hint) => {
    const { server, ask, codes } = await setUp();
    server.failNext({ fault: status, text: "its words" });
    const error = await failureOf(ask());
    expect(error).toMatchObject({ reason: "PrometheusUnreachable", retry: "backoff", hint: expect.stringContaining(hint) as string });
    expect(error.message).toContain(`${status}: its words`);
    expect(codes).toEqual([String(status)]);
  });

  it("does not follow redirects", async () => {
    const error = await askAt((response) => void response.writeHead(302, { location: "/login" }).end());
    expect(error.sentence).toMatch(/answered 302.*redirect/);
  });

  it("shows the first characters of what is not JSON", async () => {
    const { server, ask } = await setUp();
    server.failNext({ fault: "html" });
    expect((await failureOf(ask())).message).toMatch(/Found "<!doctype html><title>Log in/);
    const plain = await askAt((response) => void response.writeHead(400).end("no such page"));
    expect(plain).toMatchObject({ reason: "PrometheusUnreachable", message: expect.stringContaining('"no such page" instead of JSON') as string });
    expect((await askAt((response) => void response.end(""))).reason).toBe("PrometheusUnreachable");
    expect((await askAt((response) => void response.end("{}"))).message).toContain('"success" was expected');
  });

  it.each(["cutBody", "garbage"] as const)("uses nothing of an answer with the fault %s", async (fault) => {
    const { server, ask } = await setUp();
    server.failNext({ fault });
    expect(await failureOf(ask())).toMatchObject({ reason: "PrometheusUnreachable", retry: "backoff" });
  });

  it("uses nothing of a whole transfer of half an answer", async () => {
    const error = await askAt((response) => void response.end('{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"]'));
    expect(error.message).toContain("cut off");
  });
});

describe("overload", () => {
  it.each([429, 503])("is waited out on the clock: %i twice, then the answer", async (status) => {
    const { server, ask, clock, codes } = await setUp();
    server.failNext({ fault: status, times: 2 });
    const { samples } = await advanceUntil(clock, ask());
    expect(samples.values).toHaveLength(11);
    expect(codes).toEqual([String(status), String(status), "200"]);
    expect(clock.nowMs()).toBeGreaterThanOrEqual(187 + 375);
  });

  it("is told after three attempts, with how long the server asked to wait", async () => {
    const { server, ask, clock, codes } = await setUp();
    server.failNext({ fault: 503, times: 9, headers: { "retry-after": "2" }, text: "query queue is full" });
    const error = await advanceUntil(clock, failureOf(ask()));
    expect(error).toMatchObject({ reason: "PrometheusUnreachable", retry: "backoff", retryAfterMs: 2000 });
    expect(error.message).toContain("queue is full");
    expect(codes).toHaveLength(3);
    expect(clock.nowMs()).toBeGreaterThanOrEqual(4000);
  });

  it("is told at once when the server asks for a long pause, as seconds or as a date", async () => {
    const { server, ask, codes } = await setUp();
    server.failNext({ fault: 429, headers: { "retry-after": "60" } });
    expect(await failureOf(ask())).toMatchObject({ retryAfterMs: 60_000 });
    server.failNext({ fault: 429, headers: { date: "Wed, 21 Oct 2026 07:28:00 GMT", "retry-after": "Wed, 21 Oct 2026 07:29:30 GMT" } });
    expect(await failureOf(ask())).toMatchObject({ retryAfterMs: 90_000 });
    expect(codes).toHaveLength(2);
  });

  it("is asked again after a reset connection", async () => {
    const { server, ask, clock, codes } = await setUp();
    server.failNext({ fault: "reset" });
    expect((await advanceUntil(clock, ask())).samples.values).toHaveLength(11);
    expect(codes).toEqual(["error", "200"]);
  });
});

describe("failures that are the query's", () => {
  it.each([
    [400, "bad_data"],
    [422, "execution"],
  ])("a %i is passed on in Prometheus's own words (%s)", async (status) => {
    const { server, ask } = await setUp();
    server.failNext({ fault: status, text: "found duplicate series timed out" });
    expect(await failureOf(ask())).toMatchObject({
      reason: "QueryRejected",
      retry: "whenSpecChanges",
      message: "Prometheus rejected the query: found duplicate series timed out",
    });
  });

  it("tells VictoriaMetrics's 422 of a time-out from its 422 of a syntax error", async () => {
    const vm = (error: string) => (response: ServerResponse) =>
      void response.writeHead(422).end(JSON.stringify({ status: "error", errorType: "422", error }));
    expect((await askAt(vm("error when parsing query: unparsed data"))).reason).toBe("QueryRejected");
    expect((await askAt(vm("timeout exceeded while fetching data: 30 seconds"))).reason).toBe("PrometheusUnreachable");
  });

  it("tells of series that replaced each other from chunk to chunk", async () => {
    const { server, client } = await setUp();
    const long = { ...QUERY, query: "pods", startMs: NOW - 20_000 * 60_000 };
    const isOld = (timeMs: number) => timeMs < long.startMs + 10_999 * 60_000 - 300_000;
    server.addSeries({ name: "pods", labels: { pod: "old" }, value: (timeMs) => (isOld(timeMs) ? 1 : undefined) });
    server.addSeries({ name: "pods", labels: { pod: "new" }, value: (timeMs) => (isOld(timeMs) ? undefined : 1) });
    const error = await failureOf(client.queryRange(long, signal));
    expect(error).toMatchObject({ reason: "QueryAmbiguous", message: expect.stringMatching(/2 series.*old.*new/) as string });
  });

  it.each([
    ["a scalar", '{"resultType":"scalar","result":[1,"2"]}', /yields a scalar/],
    ["histograms", '{"resultType":"matrix","result":[{"metric":{},"histograms":[[1,{}]]}]}', /native histograms/],
  ])("refuses %s", async (_, data, message) => {
    const error = await askAt((response) => void response.end(`{"data":${data},"status":"success"}`));
    expect(error).toMatchObject({ reason: "QueryRejected", retry: "whenSpecChanges" });
    expect(error.message).toMatch(message);
  });

  it("bounds samples before asking, and bytes while reading", async () => {
    expect((await failureOf((await setUp({ maxSamples: 10 })).ask())).message).toMatch(/asks for 11 samples, and at most 10/);
    expect((await failureOf((await setUp({ maxBytes: 100 })).ask())).message).toMatch(/larger than 100 bytes/);
    const { server, client } = await setUp({ maxBytes: 200_000 });
    for (let pod = 0; pod < 50; pod++) server.addSeries({ name: "many", labels: { pod: String(pod) }, value: () => 1 });
    const many = await failureOf(client.queryRange({ ...QUERY, query: "many", startMs: NOW - 60_000_000 }, signal));
    expect(many).toMatchObject({ reason: "QueryAmbiguous", message: expect.stringContaining("at least") as string });
  });
});

describe("answers", () => {
  it("count partial data as missing, and PromQL's annotations as harmless", async () => {
    const { server, ask } = await setUp();
    server.failNext({ fault: "partialWarning", text: "store gateway-3 unavailable" });
    expect(await failureOf(ask())).toMatchObject({ reason: "NoData", message: expect.stringContaining("gateway-3") as string });
    for (const text of ["PromQL warning: a", "PromQL info: b"]) {
      server.failNext({ fault: "partialWarning", text });
      expect((await ask()).samples.values).toHaveLength(11);
    }
  });

  it("may be compressed although that was not asked for", async () => {
    const json = '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[60,"2"]]}]}}';
    const url = await serve((response) => void response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(json)));
    const { client } = await setUp({ url });
    expect((await client.queryRange(QUERY, signal)).samples).toEqual({ timesMs: Float64Array.of(60_000), values: Float64Array.of(2) });
  });

  it("end with the caller's own reason when the caller gives up", async () => {
    const { server, client, codes } = await setUp();
    server.failNext({ fault: "slow" });
    const controller = new AbortController();
    const asked = client.queryRange(QUERY, controller.signal);
    controller.abort(new Error("the scaler is gone"));
    await expect(asked).rejects.toThrow("the scaler is gone");
    await expect(client.queryRange(QUERY, controller.signal)).rejects.toThrow("the scaler is gone");
    expect(codes).toEqual(["aborted"]);
  });

  it("stop when the client is closed", async () => {
    const { server, client } = await setUp();
    server.failNext({ fault: "slow" });
    const asked = client.queryRange(QUERY, signal);
    client.close();
    await expect(asked).rejects.toThrow("closed");
  });
});

describe("credentials in the URL", () => {
  it("are sent, and never shown", async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization, request.url);
      response.writeHead(400).end(JSON.stringify({ status: "error", errorType: "bad_data", error: "user reader with hunter2! and tok-en" }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { client, clock } = await setUp({ url: `http://reader:hunter2%21@127.0.0.1:${port}/prefix/?token=tok-en` });
    const error = await failureOf(client.queryRange(QUERY, signal));
    expect(seen).toEqual([`Basic ${Buffer.from("reader:hunter2!").toString("base64")}`, "/prefix/api/v1/query_range?token=tok-en"]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const refused = await advanceUntil(clock, failureOf(client.queryRange(QUERY, signal)));
    for (const { sentence, cause } of [error, refused]) expect(`${sentence} ${JSON.stringify(cause)} ${String(cause)}`).not.toMatch(/hunter2|reader|tok-en/);
    expect(refused.message).toContain(`http://127.0.0.1:${port}/prefix refused`);
  });

  it("must be part of an http URL", () => {
    for (const url of ["prometheus:9090", "ftp://x", ""]) expect(() => createPrometheusClient({ url, clock: createManualClock() })).toThrow(OperatorError);
  });
});
