// The proxy that injects faults does what its scripts say, and nothing where no script fits.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seeded, startFaultProxy } from "../faults/proxy.ts";
import type { Fault, FaultProxy } from "../faults/proxy.ts";
import { drawFaults } from "../faults/random-script.ts";

const TEXT = JSON.stringify({ value: "x".repeat(1_000) });
const behind = createServer((request, response) => {
  if (request.url?.includes("watch=true")) return void response.writeHead(200).write("first\n");
  response.writeHead(200, { "content-type": "application/json" }).end(request.method === "POST" ? "posted" : TEXT);
});
let proxy: FaultProxy;

beforeAll(async () => {
  await new Promise<void>((resolve) => behind.listen(0, "127.0.0.1", resolve));
  proxy = await startFaultProxy({ target: `http://127.0.0.1:${(behind.address() as AddressInfo).port}`, seed: 1 });
});
afterAll(async () => {
  await proxy.close();
  behind.closeAllConnections();
  behind.close();
});

const get = (path = "/") => fetch(proxy.url + path, { signal: AbortSignal.timeout(5_000) });
const during = async <T>(fault: Fault, look: () => Promise<T>): Promise<T> => {
  const script = proxy.inject({ fault });
  try {
    return await look();
  } finally {
    script.lift();
  }
};

test("without a script everything passes", async () => {
  expect(await (await get()).text()).toBe(TEXT);
});

test("429 carries Retry-After and says it as the API server does", async () => {
  const answer = await during({ kind: "status", status: 429, retryAfterSeconds: 3 }, get);
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "3"]);
  expect(await answer.json()).toMatchObject({ kind: "Status", code: 429, reason: "TooManyRequests" });
});

test.each<[string, Fault]>([
  ["refused", { kind: "refuse" }],
  ["cut in the middle", { kind: "cut" }],
])("%s: the client sees a failure, not a short answer", async (_name, fault) => {
  await expect(during(fault, async () => (await get()).text())).rejects.toThrow(/fetch failed|terminated/);
});

test("garbage is no JSON, a drip is whole in the end, an answer is changed", async () => {
  await expect(during({ kind: "garbage" }, async () => (await get()).json())).rejects.toThrow("JSON");
  expect(await during({ kind: "drip", bytes: 400, everyMs: 1 }, async () => (await get()).text())).toBe(TEXT);
  expect(await during({ kind: "answer", change: (text) => `${text.length}` }, async () => (await get()).text())).toBe(String(TEXT.length));
});

test("a script counts, ends after its times, and looks at what fits", async () => {
  const script = proxy.inject({ fault: { kind: "status", status: 503 }, times: 1, when: ({ path }) => path === "/one" });
  expect([(await get("/other")).status, (await get("/one")).status, (await get("/one")).status]).toEqual([200, 503, 200]);
  expect(script.hits()).toBe(1);
  script.lift();
});

test("a muted watch stays open and gets nothing more", async () => {
  const watch = (await get("/?watch=true")).body?.getReader();
  expect(new TextDecoder().decode((await watch?.read())?.value)).toBe("first\n");
  expect(proxy.muteWatches()).toBe(1);
  expect(proxy.muteWatches()).toBe(0);
  expect(await (await get()).text()).toBe(TEXT);
  await watch?.cancel();
});

test("the same seed draws the same requests", () => {
  const draw = () => Array.from({ length: 5 }, seeded(3));
  expect(draw()).toEqual(draw());
});

test("random faults: the same seed draws the same script, another another, and all end in time", () => {
  const words = (seed: number) => drawFaults(seed, 600_000).map((drawn) => drawn.words);
  expect(words(7)).toEqual(words(7));
  expect(words(7)).not.toEqual(words(8));
  expect(words(7).length).toBeGreaterThan(100);
  const long = drawFaults(7, 600_000);
  let atMs = 0;
  for (const { afterMs, lastsMs } of long) {
    atMs += afterMs;
    expect(atMs + lastsMs).toBeLessThanOrEqual(600_000);
  }
});
