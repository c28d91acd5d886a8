// What a query's text says of its answer, against queries as people write them.
import { expect, test } from "vitest";
import { queryFacts } from "../../src/prometheus/index.ts";

test.each([
  ["sum(rate(http_requests_total[2m]))", true],
  ["sum(rate(a_total[1m30s] offset 5m)) or vector(0)", true],
  ["clamp_min(sum(x), 0)", true],
  ["(max(a) + sum(b)) / 2", true],
  ["sum by () (x)", true],
  ["scalar(x)", true],
  ["http_requests", false],
  ["rate(x_total[5m])", false],
  ["sum by (pod) (x)", false],
  ["sum without (pod) (x)", false],
  ["topk(1, sum by (pod) (x))", false],
  ["sum(a) / b", false],
  ["avg_over_time(sum(x)[1h:1m])", true],
])("%s: one series whatever is stored: %s", (query, isOne) => {
  expect(queryFacts(query)?.isOneSeries).toBe(isOne);
});

test("windows are found with their lengths and places; a subquery's range is none", () => {
  const query = "sum(rate(a_total[1m30s])) + avg_over_time(b[1h:1m]) + max_over_time(c[2h])";
  const found = queryFacts(query)?.windows.map(({ ms, from, to }) => [ms, query.slice(from, to)]);
  expect(found).toEqual([
    [90_000, "1m30s"],
    [7_200_000, "2h"],
  ]);
});

test.each([
  ["sum(requests_total)", ["requests_total"]],
  ["sum(rate(requests_total[5m]))", []],
  ["sum(increase(requests_total[5m])) / 300", []],
  ["count(requests_total)", []],
  ["sum(queue_length)", []],
  ["sum(rate(a_total[5m])) / sum(b_total)", ["b_total"]],
  ["histogram_quantile(0.9, sum by (le) (rate(latency_bucket[5m])))", []],
])("counters that are read raw in %s: %j", (query, counters) => {
  expect(queryFacts(query)?.rawCounters).toEqual(counters);
});

test("of a query with a syntax error nothing is said", () => {
  expect(queryFacts("sum(rate(x[5m])")).toBeUndefined();
});
