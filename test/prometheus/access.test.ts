// The ways to ask, on the playground's server, and which URLs an allow-list lets through.
import { describe, expect, test } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import { startPlaygroundPrometheus } from "../../src/playground/index.ts";
import { createAllowList } from "../../src/prometheus/allow-list.ts";
import { accessContract } from "./access-contract.ts";

const NOW = 1_790_000_040_000;

accessContract("the playground's server", async () => {
  const server = await startPlaygroundPrometheus({ clock: createManualClock(NOW), series: [{ name: "m", value: () => 1 }] });
  return { url: server.url, query: "m", atMs: NOW, close: () => server.close() };
});

describe("an allow-list", () => {
  const isAllowed = (entries: readonly string[], url: string) => createAllowList(entries).find(new URL(url)) !== undefined;

  test.each([
    ["https://prometheus.example:9090", "https://prometheus.example:9090", true],
    ["https://prometheus.example:9090", "https://prometheus.example:9090/any/path", true],
    ["https://prometheus.example", "https://prometheus.example:443/", true],
    ["https://prometheus.example", "https://PROMETHEUS.example./", true],
    ["https://prometheus.example", "http://prometheus.example", false],
    ["https://prometheus.example", "https://prometheus.example:8443", false],
    ["https://prometheus.example", "https://prometheus.example.evil", false],
    ["https://prometheus.example", "https://evil.prometheus.example", false],
    ["https://prometheus.example/thanos", "https://prometheus.example/thanos/", true],
    ["https://prometheus.example/thanos", "https://prometheus.example/thanosx", false],
    ["https://prometheus.example/thanos", "https://prometheus.example/thanos/../other", false],
    ["http://*.monitoring.svc:9090", "http://prometheus.monitoring.svc:9090", true],
    ["http://*.monitoring.svc:9090", "http://a.b.monitoring.svc:9090", true],
    ["http://*.monitoring.svc:9090", "http://monitoring.svc:9090", false],
    ["http://*.monitoring.svc:9090", "http://evilmonitoring.svc:9090", false],
    ["http://10.0.0.1:9090", "http://167772161:9090", true],
    ["http://10.0.0.1:9090", "http://10.0.0.2:9090", false],
  ])("%s and %s: %s", (entry, url, expected) => expect(isAllowed([entry], url)).toBe(expected));

  test.each(["prometheus.example", "ftp://x", "https://u:p@x", "https://*.10.0.0.1", "https://x?y=1", "https://*", ""])("%s is no entry", (entry) => {
    expect(() => createAllowList([entry])).toThrow(`Found ${JSON.stringify(entry)} in the list of allowed Prometheus URLs.`);
  });
});
