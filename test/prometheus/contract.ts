// What the client counts on, asked of any server with the Prometheus API: the playground's in the unit lane, the real one in the cluster lane.
// The server must hold `contractSeries(endMs)`: over 9 days to `endMs`, a multiple of a minute and not in the future.
import axios from "axios";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClock } from "../../src/clock.ts";
import { createPrometheusClient } from "../../src/prometheus/index.ts";
import type { PrometheusClient } from "../../src/prometheus/index.ts";

export interface ContractServer {
  readonly url: string;
  /** The newest contract sample, unix ms, a multiple of a minute. */
  readonly endMs: number;
  close(): Promise<void> | void;
}

export interface ContractSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: (timeMs: number) => number | undefined;
}

const MINUTE_MS = 60_000;
const LENGTH = 9 * 1440;
/** Minutes before the end in which contract_demand has no samples. */
const GAP = { from: 100, to: 60 };

/** The series that the server must hold; each has a sample a minute from `endMs` - 12,959 minutes to `endMs`. */
export function contractSeries(endMs: number): ContractSeries[] {
  const within = (timeMs: number) => timeMs <= endMs && timeMs > endMs - LENGTH * MINUTE_MS;
  const minute = (timeMs: number) => Math.round((endMs - timeMs) / MINUTE_MS);
  const demand = (timeMs: number) => 1000 + 500 * Math.sin(minute(timeMs) / 229) + minute(timeMs) / 3;
  const isGap = (timeMs: number) => minute(timeMs) < GAP.from && minute(timeMs) >= GAP.to;
  return [
    { name: "contract_demand", labels: { shard: "one" }, value: (timeMs) => (within(timeMs) && !isGap(timeMs) ? demand(timeMs) : undefined) },
    { name: "contract_pods", labels: { pod: 'a"\\é', zone: "x" }, value: (timeMs) => (within(timeMs) ? 1 : undefined) },
    { name: "contract_pods", labels: { pod: "b", zone: "x" }, value: (timeMs) => (within(timeMs) ? 2.5 : undefined) },
    { name: "contract_requests_total", labels: { job: "web" }, value: (timeMs) => (within(timeMs) ? (LENGTH - minute(timeMs)) * 120 : undefined) },
  ];
}

/** Defines the contract's tests for the server that `connect` starts or finds. */
export function prometheusContract(name: string, connect: () => Promise<ContractServer>): void {
  describe(`the contract with ${name}`, () => {
    let server: ContractServer;
    let client: PrometheusClient;
    const codes: string[] = [];
    const signal = new AbortController().signal;
    beforeAll(async () => {
      server = await connect();
      client = createPrometheusClient({ url: server.url, clock: createClock(), onRequest: (code) => codes.push(code) });
    });
    afterAll(async () => {
      client.close();
      await server.close();
    });
    const ask = (query: string, minutes: number, endMs = server.endMs) =>
      client.queryRange({ query, startMs: endMs - (minutes - 1) * MINUTE_MS, endMs, stepMs: MINUTE_MS }, signal);
    const raw = (params: Record<string, string>) =>
      axios.get<unknown>(`${server.url}/api/v1/query_range`, { params, validateStatus: () => true, proxy: false });
    const wanted = () => contractSeries(server.endMs)[0]?.value ?? (() => undefined);

    it("joins the chunks of a long history without losing or doubling a sample", async () => {
      codes.length = 0;
      const { samples, notANumber } = await ask("contract_demand", LENGTH);
      expect(codes).toEqual(["200", "200"]);
      expect(notANumber).toBe(0);
      const times = Array.from({ length: LENGTH }, (_, i) => server.endMs - (LENGTH - 1 - i) * MINUTE_MS);
      // A gap shows five minutes late: the last value is repeated that long.
      const isHole = (timeMs: number) => [0, 1, 2, 3, 4].every((back) => wanted()(timeMs - back * MINUTE_MS) === undefined);
      expect([...samples.timesMs]).toEqual(times.filter((timeMs) => !isHole(timeMs)));
      const exact = times.filter((timeMs) => wanted()(timeMs) !== undefined);
      const found = new Map([...samples.timesMs].map((timeMs, i) => [timeMs, samples.values[i]]));
      expect(exact.map((timeMs) => found.get(timeMs))).toEqual(exact.map((timeMs) => wanted()(timeMs)));
    });

    it("sums series, and rates counters", async () => {
      expect([...(await ask("sum(contract_pods)", 5)).samples.values]).toEqual([3.5, 3.5, 3.5, 3.5, 3.5]);
      expect([...(await ask("sum(contract_pods) * 2", 1)).samples.values]).toEqual([7]);
      for (const value of (await ask("sum(rate(contract_requests_total[2m]))", 10)).samples.values) expect(value).toBeCloseTo(2, 9);
    });

    it("says that the query yields several series, which, and what to do", async () => {
      await expect(ask("contract_pods", 5)).rejects.toMatchObject({
        reason: "QueryAmbiguous",
        retry: "whenSpecChanges",
        message: expect.stringMatching(/2 series.*pod="a\\"\\\\é".* and \{.*pod="b"/) as string,
        hint: expect.stringContaining("sum()") as string,
      });
      expect([...(await ask('contract_pods{pod="b"}', 2)).samples.values]).toEqual([2.5, 2.5]);
      expect([...(await ask('contract_pods{pod=~"b|c", zone!="y"}', 1)).samples.values]).toEqual([2.5]);
    });

    it("answers nothing with zero samples", async () => {
      expect((await ask("contract_absent", 100)).samples.timesMs).toHaveLength(0);
      expect((await ask("sum(contract_absent)", 100)).samples.timesMs).toHaveLength(0);
      expect((await ask("contract_demand", 10, server.endMs - 2 * LENGTH * MINUTE_MS)).samples.timesMs).toHaveLength(0);
    });

    it("counts NaN and infinities as missing", async () => {
      const { samples, notANumber } = await ask("sum(contract_pods) * NaN", 5);
      expect([[...samples.values], notANumber]).toEqual([[NaN, NaN, NaN, NaN, NaN], 5]);
      expect(await ask("sum(contract_pods) / 0", 3)).toMatchObject({ notANumber: 3 });
    });

    it.each(["sum(contract_demand", "contract_demand{", "nonsense(contract_demand)", "contract_demand[2m]", "rate(contract_demand)", "", "a b"])(
      "rejects the query %j with the server's own words",
      async (query) => {
        const rejection = { reason: "QueryRejected", retry: "whenSpecChanges", message: expect.stringMatching(/parse error|range vector/) as string };
        await expect(ask(query, 5)).rejects.toMatchObject(rejection);
      },
    );

    it("has Prometheus's limits and words for bad parameters", async () => {
      const good = { query: "contract_demand", start: "1700000000", end: "1700000600", step: "60" };
      const far = (steps: number) => ({ ...good, end: String(1_700_000_000 + steps * 60) });
      expect(await raw(far(11_000))).toMatchObject({ status: 200 });
      const bad: [Record<string, string>, RegExp][] = [
        [far(11_001), /exceeded maximum resolution of 11,000 points/],
        [{ ...good, step: "0" }, /zero or negative/],
        [{ ...good, step: "x" }, /cannot parse "x" to a valid duration/],
        [{ ...good, start: "" }, /cannot parse "" to a valid timestamp/],
        [{ ...good, end: "1600000000" }, /before start time/],
      ];
      for (const [parameters, words] of bad) {
        const data = { status: "error", errorType: "bad_data", error: expect.stringMatching(words) as string };
        expect(await raw(parameters)).toMatchObject({ status: 400, data });
      }
    });

    it("answers 404 beside its API, and is ready", async () => {
      const beside = createPrometheusClient({ url: `${server.url}/nowhere`, clock: createClock() });
      await expect(beside.queryRange({ query: "a", startMs: 0, endMs: 0, stepMs: 1000 }, signal)).rejects.toMatchObject({ reason: "PrometheusUnreachable" });
      beside.close();
      expect(await axios.get(`${server.url}/-/ready`, { proxy: false })).toMatchObject({ status: 200 });
      expect(await axios.get(`${server.url}/api/v1/status/buildinfo`, { proxy: false })).toMatchObject({ data: { status: "success" } });
    });
  });
}
