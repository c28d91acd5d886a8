// Servers that mean no good: answers without an end, redirects to elsewhere, and URLs that only look allowed.
import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { parseScaler } from "../../src/api/index.ts";
import { createClock } from "../../src/clock.ts";
import { OperatorError } from "../../src/errors.ts";
import { createAllowList, isGuarded } from "../../src/prometheus/allow-list.ts";
import { createPrometheusClient } from "../../src/prometheus/index.ts";
import { GOOD_MANIFEST } from "../api/bad-manifests.ts";
import { serve } from "../prometheus/answering-server.ts";

const MIB = 2 ** 20;
/** The client's own limit is 32 MiB; what waits in sockets comes on top. */
const MOST_SENT = 64 * MIB;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Sends `piece` as long as it is taken, up to `bytes`; returns how much was. */
function pour(response: ServerResponse, head: string, piece: Buffer, bytes: number): { sent: number } {
  const state = { sent: 0 };
  const more = () => {
    while (!response.destroyed && state.sent < bytes) {
      state.sent += piece.length;
      if (!response.write(piece)) return void response.once("drain", more);
    }
    response.end();
  };
  response.writeHead(200, { "content-type": "application/json" });
  response.write(head);
  more();
  return state;
}

async function failureAt(url: string): Promise<OperatorError> {
  const client = createPrometheusClient({ url, clock: createClock() });
  closers.push(() => client.close());
  const range = { query: "m", startMs: 0, endMs: 600_000, stepMs: 60_000 };
  const failure = await client.queryRange(range, new AbortController().signal).then(() => undefined, (error: unknown) => error);
  if (failure instanceof OperatorError) return failure;
  throw new Error(`It did not fail as it should: ${String(failure)}`);
}

const HEAD = '{"status":"success","data":{"resultType":"matrix","result":[';
const SERIES = '{"metric":{"pod":"p"},"values":[[60,"1"]]},';

describe("an answer that does not end in time is left, and is a typed failure", () => {
  test.each([
    ["white space without end", HEAD, " ", Infinity, "QueryRejected"],
    ["a gigabyte of one series", `${HEAD}{"metric":{},"values":[`, '[60,"1"],', 1024 * MIB, "QueryRejected"],
    ["a label of a gigabyte", `${HEAD}{"metric":{"a":"`, "a", 1024 * MIB, "PrometheusUnreachable"],
    ["a million series", HEAD, SERIES, 1_000_000 * SERIES.length, "QueryAmbiguous"],
  ])("%s", async (_what, head, piece, bytes, reason) => {
    let poured = { sent: 0 };
    const repeated = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
    const url = await serve((response) => void (poured = pour(response, head, repeated, bytes)));
    const before = process.memoryUsage().rss;
    const failure = await failureAt(url);
    expect(failure.reason).toBe(reason);
    expect(poured.sent).toBeLessThan(MOST_SENT);
    expect(process.memoryUsage().rss - before).toBeLessThan(512 * MIB);
  });
});

describe("only what is allowed is asked", () => {
  test.each(["127.0.0.1", "127.8.8.8", "0.0.0.0", "169.254.169.254", "::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"])(
    "a name under a wildcard that resolves to %s is not asked",
    (address) => expect(isGuarded(address)).toBe(true),
  );

  test.each(["10.0.0.7", "192.168.1.1", "2001:db8::1", "fd12::1", "64:ff9b::a00:7", "::ffff:10.0.0.7"])("one that resolves to %s may be", (address) => expect(isGuarded(address)).toBe(false));

  test.each([301, 302, 303, 307, 308])("a redirect (%i) is not followed", async (status) => {
    let asked = 0;
    const elsewhere = await serve((response) => {
      asked++;
      response.end();
    });
    const failure = await failureAt(await serve((response) => void response.writeHead(status, { location: `${elsewhere}/api/v1/query_range` }).end()));
    expect(failure).toMatchObject({ reason: "PrometheusUnreachable", hint: expect.stringMatching(/redirects are not followed/) });
    expect(asked).toBe(0);
  });

  const allowed = createAllowList(["https://prometheus.example:9090", "https://*.monitoring.svc", "http://[2001:db8::1]:9090"]);
  test.each([
    "https://prometheus.example:9090@evil.example/",
    "https://evil.example#prometheus.example:9090",
    "https://evil.example/?https://prometheus.example:9090",
    "https://prometheus.example.evil.example:9090",
    "https://prometheus.example:9091",
    "http://prometheus.example:9090",
    "https://monitoring.svc",
    "https://x.monitoring.svc.evil.example",
    "https://evil.example\\.monitoring.svc",
    "http://[2001:db8::2]:9090",
    "http://[::1]:9090",
    "http://[::ffff:127.0.0.1]:9090",
    "http://[::ffff:169.254.169.254]/",
    "http://[fe80::1]/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://127.1/",
  ])("%s is not allowed", (url) => expect(allowed.find(new URL(url))).toBeUndefined());

  test.each(["http://[2001:db8::1]:9090/", "http://[2001:0DB8:0:0::1]:9090/", "https://PROMETHEUS.example:9090/", "https://a.monitoring.svc/"])("%s is", (url) => expect(allowed.find(new URL(url))).toBeDefined());

  test.each(["https://user@prometheus.example:9090", "https://user:word@prometheus.example:9090", "https://prometheus.example:9090@evil.example", "https://prometheus.example:9090#x"])("%s is refused by the manifest", (url) => {
    const object = { ...GOOD_MANIFEST, spec: { ...GOOD_MANIFEST.spec, metric: { ...GOOD_MANIFEST.spec.metric, prometheus: { url } } } };
    expect(parseScaler(object)).toMatchObject({ kind: "invalid", problems: [{ path: "spec.metric.prometheus.url" }] });
  });
});
