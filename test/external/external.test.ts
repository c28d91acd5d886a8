// The external scaler as KEDA meets it: a real server on loopback, a real gRPC client, scalers as they lie in the cache.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as tlsConnect } from "node:tls";
import { ChannelCredentials } from "@grpc/grpc-js";
import * as fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { createManualClock, rfc3339 } from "../../src/clock.ts";
import { OperatorError } from "../../src/errors.ts";
import { wantedReplicas } from "../../src/external/answers.ts";
import { replicasAnswer, serveExternalScaler } from "../../src/external/index.ts";
import { kedaClient } from "./client.ts";
import type { Asked } from "./client.ts";

const NOW_MS = Date.UTC(2026, 2, 2, 8);
const MINUTE_MS = 60_000;
const CERTIFICATES = new URL("../prometheus/certificates/", import.meta.url);
const pem = (name: string) => readFileSync(new URL(name, CERTIFICATES));

interface Shown {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly from?: number;
  readonly to?: number;
  readonly ageMs?: number;
  readonly message?: string;
}

function scaler(name: string, { spec, annotations, from = 20, to = 20, ageMs = 0, message = "" }: Shown = {}) {
  return {
    apiVersion: "predictivescaler.io/v1alpha1",
    kind: "PredictiveScaler",
    metadata: { name, namespace: "shop", uid: "1", generation: 1, ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
      maxReplicas: 40,
      metric: { query: "sum(demand)", targetPerReplica: "50" },
      output: { type: "External" },
      ...spec,
    },
    status: {
      currentReplicas: from,
      desiredReplicas: to,
      decision: { time: rfc3339(NOW_MS - ageMs), from, to, reason: "ForecastDemand" as const, message },
    },
  };
}

type Scaler = Omit<ReturnType<typeof scaler>, "status"> & Partial<Pick<ReturnType<typeof scaler>, "status">>;

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function serve(scalers: readonly Scaler[], options: Partial<Parameters<typeof serveExternalScaler>[0]> = {}) {
  const cache = new Map(scalers.map((one) => [`${one.metadata.namespace}/${one.metadata.name}`, one]));
  const requests: string[] = [];
  const problems: string[] = [];
  const clock = createManualClock(NOW_MS);
  const server = await serveExternalScaler({
    host: "127.0.0.1",
    port: 0,
    scalers: { synced: () => true, get: (key) => cache.get(key) },
    nowMs: () => NOW_MS,
    clock,
    onRequest: (method, code) => void requests.push(`${method} ${code}`),
    onProblem: (sentence) => void problems.push(sentence),
    ...options,
  });
  closing.push(async () => {
    const closed = server.close();
    await clock.advance(10_000);
    await closed;
  });
  const client = kedaClient(server.address);
  closing.push(() => client.close());
  return { server, client, cache, requests, problems, clock };
}

const ref = (scalerName: string, more: Readonly<Record<string, string>> = {}): Asked => ({
  name: "object",
  namespace: "shop",
  scalerMetadata: { scalerAddress: "a:1", scalerName, ...more },
});

/** What GetMetrics reports, or the status. */
async function reported(shown: Shown, metadata: Readonly<Record<string, string>> = {}): Promise<number | string> {
  const { client } = await serve([scaler("checkout", shown)]);
  const { code, response } = await client.metrics(ref("checkout", metadata), "predictive-replicas");
  return code === "OK" ? (response as { metricValues: { metricValueFloat: number }[] }).metricValues[0]?.metricValueFloat ?? NaN : code;
}

describe("the number", () => {
  test("is the decision's, with target 1 an HPA arrives at it", async () => {
    const { client, requests } = await serve([scaler("checkout", { from: 10, to: 18 })]);
    expect((await client.metricSpec(ref("checkout"))).response).toEqual({
      metricSpecs: [{ metricName: "predictive-replicas", targetSize: 1, targetSizeFloat: 1 }],
    });
    expect((await client.metrics(ref("checkout"), "predictive-replicas")).response).toEqual({
      metricValues: [{ metricName: "predictive-replicas", metricValue: 18, metricValueFloat: 18 }],
    });
    expect((await client.isActive(ref("checkout"))).response).toEqual({ result: true });
    expect(requests).toEqual(["GetMetricSpec OK", "GetMetrics OK", "IsActive OK"]);
  });

  test("a raise that the usual tolerance of 10 % would swallow is reported as the least that it does not", async () => {
    expect(await reported({ from: 20, to: 21 })).toBe(23);
    expect(await reported({ from: 20, to: 22 })).toBe(23);
    expect(await reported({ from: 20, to: 24 })).toBe(24);
    expect(await reported({ from: 7, to: 8 })).toBe(8);
  });

  test("where the HPA tolerates less, no more is reported than is wanted", async () => {
    expect(await reported({ from: 20, to: 21 }, { scaleUpTolerance: "0" })).toBe(21);
    expect(await reported({ from: 20, to: 21 }, { scaleUpTolerance: "0.05" })).toBe(22);
    expect(await reported({ from: 20, to: 21 }, { scaleUpTolerance: "10%" })).toBe("INVALID_ARGUMENT");
    expect(await reported({ from: 20, to: 21 }, { scaleUpTolerance: "2" })).toBe("INVALID_ARGUMENT");
  });

  test.each([3, 10, 20, 30, 70, 100, 999])("from %d every raise passes the HPA's own comparison, and by the least", async (from) => {
    const passes = (value: number) => value / from > 1 + 0.1;
    for (const to of [from + 1, Math.floor(from * 1.1), Math.ceil(from * 1.1), from * 2].filter((wanted) => wanted > from)) {
      const value = Number(await reported({ from, to }));
      expect(passes(value)).toBe(true);
      expect(value === to || !passes(value - 1)).toBe(true);
    }
  });

  test("holding and lowering are reported as they are", async () => {
    expect(await reported({ from: 20, to: 20 })).toBe(20);
    expect(await reported({ from: 20, to: 12 })).toBe(12);
  });
});

describe("no number is ever made up", () => {
  test.each<[string, string, Shown | undefined, RegExp]>([
    ["another output", "FAILED_PRECONDITION", { spec: { output: { type: "Scale" } } }, /output\.type Scale; only External/],
    ["a manifest that cannot be used", "FAILED_PRECONDITION", { spec: { maxReplicas: "many" } }, /cannot be used/],
    ["mode Recommend", "FAILED_PRECONDITION", { spec: { mode: "Recommend" } }, /Recommend/],
    ["a pause in both directions", "FAILED_PRECONDITION", { annotations: { "predictivescaler.io/paused": "true" } }, /paused/],
    ["a target that is switched off", "FAILED_PRECONDITION", { from: 0, to: 0, message: "The target has 0 replicas." }, /0 replicas/],
    ["a decision of ten minutes ago", "UNAVAILABLE", { ageMs: 10 * MINUTE_MS }, /too long ago/],
    ["a scaler that is not there", "NOT_FOUND", undefined, /There is no PredictiveScaler "checkout" in namespace "shop"/],
  ])("%s: %s", async (_name, code, shown, sentence) => {
    const { client, requests } = await serve(shown === undefined ? [] : [scaler("checkout", shown)]);
    const answer = await client.metrics(ref("checkout"));
    expect(answer).toMatchObject({ code, details: expect.stringMatching(sentence) });
    expect(requests).toEqual([`GetMetrics ${code}`]);
  });

  test("no decision yet is said to be that, and the metric is there already", async () => {
    const { status: _none, ...fresh } = scaler("checkout");
    const { client } = await serve([fresh]);
    expect(await client.metrics(ref("checkout"))).toMatchObject({ code: "UNAVAILABLE", details: "There is no decision yet." });
    expect((await client.metricSpec(ref("checkout"))).code).toBe("OK");
    expect((await client.isActive(ref("checkout"))).code).toBe("OK");
  });

  test("a slow step makes a decision late later, and a pause of one direction leaves the number", async () => {
    expect(await reported({ ageMs: 10 * MINUTE_MS, spec: { metric: { query: "a", targetPerReplica: "1", step: "10m" } } })).toBe(20);
    expect(await reported({ annotations: { "predictivescaler.io/paused": "scale-in" } })).toBe(20);
  });

  test("before the list of scalers is in, nothing is said of any", async () => {
    const { client } = await serve([], { scalers: { synced: () => false, get: () => undefined } });
    for (const answer of [client.metrics(ref("checkout")), client.metricSpec(ref("checkout")), client.isActive(ref("checkout"))])
      expect((await answer).code).toBe("UNAVAILABLE");
  });

  test("a scaler is told only to its own namespace", async () => {
    const { client } = await serve([scaler("checkout")]);
    expect((await client.metrics({ ...ref("checkout"), namespace: "elsewhere" })).code).toBe("NOT_FOUND");
    expect((await client.metrics({ ...ref("checkout", { scalerNamespace: "shop" }), namespace: "elsewhere" })).code).toBe("PERMISSION_DENIED");
    expect((await client.metrics(ref("checkout", { scalerNamespace: "shop" }))).code).toBe("OK");
  });

  test("a trigger without scalerName, and a request without anything, are told what is missing", async () => {
    const { client } = await serve([scaler("checkout")]);
    expect(await client.metrics({ name: "object", namespace: "shop", scalerMetadata: {} })).toMatchObject({
      code: "INVALID_ARGUMENT",
      details: expect.stringContaining("scalerName"),
    });
    expect((await client.metrics(undefined)).code).toBe("INVALID_ARGUMENT");
    expect((await client.metrics({})).code).toBe("INVALID_ARGUMENT");
  });

  test("whatever metadata says, the answer is the scaler's number or a refusal in words", () => {
    const cache = new Map([["shop/checkout", scaler("checkout", { from: 20, to: 21 })]]);
    const lookup = { synced: () => true, get: (key: string) => cache.get(key) };
    const words = fc.constantFrom("scalerName", "scalerNamespace", "scaleUpTolerance", "checkout", "shop", "0", "0.1", "1e3", "-1", "__proto__", "constructor");
    const text = fc.oneof(words, fc.string());
    fc.assert(
      fc.property(text, fc.dictionary(text, text), (namespace, scalerMetadata) => {
        const answer = wantedReplicas(lookup, { name: "object", namespace, scalerMetadata }, NOW_MS);
        const isOwn = namespace === "shop" && scalerMetadata["scalerName"] === "checkout";
        expect(answer.kind === "refused" ? /^[A-Z].*\.$/s.test(answer.message) : isOwn && answer.replicas >= 21 && answer.replicas <= 41).toBe(true);
      }),
      { numRuns: 2_000, examples: [["shop", { scalerName: "checkout" }], ["shop", { scalerName: "checkout", scaleUpTolerance: "0" }]] },
    );
  });

  test("a request larger than any ScaledObject is refused, and the next one answered", async () => {
    const { client } = await serve([scaler("checkout")]);
    expect((await client.metrics(ref("checkout", { more: "x".repeat(100_000) }))).code).toBe("RESOURCE_EXHAUSTED");
    expect((await client.metrics(ref("checkout"))).code).toBe("OK");
  });
});

test("over HTTP the answers are the same: a status, and the number or the sentence", () => {
  const cache = new Map([["shop/checkout", scaler("checkout", { from: 20, to: 22 })], ["shop/off", scaler("off", { spec: { mode: "Recommend" } })]]);
  const lookup = { synced: () => true, get: (key: string) => cache.get(key) };
  const answer = (name: string, scaleUpTolerance: string | null = null, nowMs = NOW_MS) => replicasAnswer(lookup, { namespace: "shop", name, scaleUpTolerance }, nowMs);
  expect(answer("checkout")).toEqual({ status: 200, code: "OK", value: { replicas: 23 } });
  expect(answer("checkout", "0")).toEqual({ status: 200, code: "OK", value: { replicas: 22 } });
  expect(answer("checkout", "much")).toMatchObject({ status: 400, value: { error: expect.stringContaining("much") } });
  expect(answer("checkout", null, NOW_MS + 60 * MINUTE_MS)).toMatchObject({ status: 503, value: { error: expect.stringContaining("too long ago") } });
  expect(answer("off")).toMatchObject({ status: 409, value: { error: expect.stringContaining("Recommend") } });
  expect(answer("none")).toMatchObject({ status: 404, value: { error: expect.stringContaining("There is no PredictiveScaler") } });
});

describe("streams", () => {
  test("StreamIsActive says true and stays open until the server ends it; StreamMetricSpec is not there", async () => {
    const { client, server } = await serve([scaler("checkout")]);
    const stream = client.streamIsActive(ref("checkout"));
    const ended = new Promise<string>((resolve) => stream.on("end", () => resolve("ended")).on("error", () => resolve("failed")));
    expect(await new Promise((resolve) => stream.on("data", resolve))).toEqual({ result: true });
    const unimplemented = client.streamMetricSpec(ref("checkout"));
    expect(await new Promise((resolve) => unimplemented.on("error", ({ code }) => resolve(code)))).toBe(12);
    expect(await Promise.race([ended, client.metrics(ref("checkout")).then(() => "open")])).toBe("open");
    await server.close();
    expect(await ended).toBe("ended");
  });

  test("a stream about a scaler that is not there is refused", async () => {
    const { client } = await serve([]);
    const stream = client.streamIsActive(ref("checkout"));
    stream.on("data", () => undefined);
    expect(await new Promise((resolve) => stream.on("error", ({ code }) => resolve(code)))).toBe(5);
  });
});

describe("TLS", () => {
  function files() {
    const folder = mkdtempSync(join(tmpdir(), "external-tls-"));
    closing.push(() => rmSync(folder, { recursive: true }));
    const file = (name: string) => join(folder, name);
    for (const name of ["server.pem", "server.key", "authority.pem"]) copyFileSync(new URL(name, CERTIFICATES), file(name));
    return { file, tls: { cert: file("server.pem"), key: file("server.key") }, clientCa: file("authority.pem") };
  }
  const trusted = (...own: [key: Buffer, cert: Buffer] | []) => ChannelCredentials.createSsl(pem("authority.pem"), ...own);
  const named = { "grpc.ssl_target_name_override": "prometheus.test" };
  const secure = (address: string, credentials: ChannelCredentials) => {
    const client = kedaClient(address, credentials, named);
    closing.push(() => client.close());
    return client;
  };
  /** Common name of the certificate that a new connection is shown. */
  const shownBy = (address: string) =>
    new Promise<string>((resolve, reject) => {
      const [host = "", port = ""] = address.split(":");
      const socket = tlsConnect({ host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ["h2"] }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      }).once("error", reject);
    });

  test("with a certificate only TLS is spoken; with an authority only to clients that it vouches for", async () => {
    const { tls, clientCa } = files();
    const plain = await serve([scaler("checkout")], { tls });
    expect((await plain.client.metrics(ref("checkout"))).code).toBe("UNAVAILABLE");
    expect((await secure(plain.server.address, trusted()).metrics(ref("checkout"))).code).toBe("OK");
    const mutual = await serve([scaler("checkout")], { tls: { ...tls, clientCa } });
    expect((await secure(mutual.server.address, trusted()).metrics(ref("checkout"))).code).toBe("UNAVAILABLE");
    expect((await secure(mutual.server.address, trusted(pem("client.key"), pem("client.pem"))).metrics(ref("checkout"))).code).toBe("OK");
  });

  test("rotated files are taken up; what does not belong together is said once and left aside", async () => {
    const { tls, file } = files();
    const { server, clock, problems } = await serve([scaler("checkout")], { tls });
    const read = async (times = 1) => {
      for (let i = 0; i < times; i++) {
        await clock.advance(10_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    expect(await shownBy(server.address)).toBe("server");
    copyFileSync(new URL("client.pem", CERTIFICATES), file("server.pem"));
    await expect.poll(async () => (await read(), problems.length)).toBe(1);
    await read(3);
    expect(problems).toEqual([expect.stringMatching(/cannot be used together.*goes on serving/)]);
    expect(await shownBy(server.address)).toBe("server");
    copyFileSync(new URL("client.key", CERTIFICATES), file("server.key"));
    await expect.poll(async () => (await read(), shownBy(server.address))).toBe("client");
  });

  test("what cannot work from the start is an error that names the file or the address", async () => {
    const { tls, file } = files();
    const start = (more: object) => serve([], more).then(() => "started", (error: unknown) => (error instanceof OperatorError ? error.sentence : String(error)));
    expect(await start({ tls: { ...tls, key: file("missing.key") } })).toMatch(/missing\.key.*cannot be read.*--external-scaler-key-file/);
    writeFileSync(file("server.key"), "no key");
    expect(await start({ tls })).toMatch(/cannot be used together/);
    const { server } = await serve([]);
    expect(await start({ port: Number(server.address.split(":")[1]) })).toMatch(/cannot listen on 127\.0\.0\.1:\d+.*--external-scaler-addr/);
  });
});
