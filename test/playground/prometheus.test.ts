import axios from "axios";
import { afterEach, describe, expect, it } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import { startPlaygroundPrometheus } from "../../src/playground/prometheus/index.ts";
import type { PlaygroundPrometheus } from "../../src/playground/prometheus/index.ts";
import { contractSeries, prometheusContract } from "../prometheus/contract.ts";

const NOW = 1_790_000_040_000;

prometheusContract("the playground's Prometheus", async () => {
  const server = await startPlaygroundPrometheus({ clock: createManualClock(NOW), series: contractSeries(NOW) });
  return { url: server.url, endMs: NOW, close: () => server.close() };
});

describe("the playground's Prometheus", () => {
  let server: PlaygroundPrometheus | undefined;
  afterEach(() => server?.close());
  const range = async (query: string, startMs: number, endMs: number) => {
    const params = { query, start: startMs / 1000, end: endMs / 1000, step: 60 };
    const { data } = await axios.get<{ data: { result: { values: [number, string][] }[] } }>(`${server?.url}/api/v1/query_range`, { params, proxy: false });
    return data.data.result.map(({ values }) => values.map(([timeS, value]) => [timeS * 1000 - NOW, Number(value)]));
  };

  it("answers nothing newer than its clock, and more once the clock has moved", async () => {
    const clock = createManualClock(NOW + 30_000);
    server = await startPlaygroundPrometheus({ clock, series: [{ name: "m", value: (timeMs) => (timeMs - NOW) / 60_000 }] });
    expect(await range("m", NOW - 60_000, NOW + 600_000)).toEqual([[[-60_000, -1], [0, 0]]]);
    await clock.advance(60_000);
    expect(await range("m", NOW, NOW + 600_000)).toEqual([[[0, 0], [60_000, 1]]]);
  });

  it("repeats the last value for five minutes into a gap, and no longer", async () => {
    const value = (timeMs: number) => (timeMs <= NOW ? 7 : undefined);
    server = await startPlaygroundPrometheus({ clock: createManualClock(NOW + 1e7), series: [{ name: "m", value }] });
    const [values] = await range("m", NOW, NOW + 600_000);
    expect(values?.map(([at]) => at)).toEqual([0, 60_000, 120_000, 180_000, 240_000]);
  });

  it("adds the resets of a counter back", async () => {
    const value = (timeMs: number) => (timeMs < NOW ? 600 : 120);
    server = await startPlaygroundPrometheus({ clock: createManualClock(NOW), series: [{ name: "c_total", value }] });
    expect(await range("rate(c_total[2m])", NOW - 60_000, NOW)).toEqual([[[-60_000, 0], [0, 2]]]);
  });

  it("answers instant queries, counts calls, and forgets a removed series", async () => {
    server = await startPlaygroundPrometheus({ clock: createManualClock(NOW) });
    server.addSeries({ name: "m", labels: { a: "b" }, value: () => 2 });
    const instant = (query: string) => axios.post<{ data: unknown }>(`${server?.url}/api/v1/query`, new URLSearchParams({ query }), { proxy: false });
    expect((await instant("m")).data.data).toEqual({ resultType: "vector", result: [{ metric: { __name__: "m", a: "b" }, value: [NOW / 1000, "2"] }] });
    expect((await instant("1.5")).data.data).toEqual({ resultType: "scalar", result: [NOW / 1000, "1.5"] });
    server.removeSeries("m");
    expect(await range("m", NOW, NOW)).toEqual([]);
    expect(server.requests).toEqual({ query: 2, queryRange: 1 });
  });
});
