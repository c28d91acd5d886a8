// The laws of --enforce-namespace-label on queries drawn from the grammar, and the queries that it refuses.
import { parser } from "@prometheus-io/lezer-promql";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import { enforceLabel, enforceNamespaces } from "../../src/prometheus/enforce.ts";
import type { PrometheusClient, RangeQuery } from "../../src/prometheus/index.ts";
import { queryProblem } from "../../src/prometheus/promql.ts";
import { queries } from "./queries.ts";

const RUNS = { seed: 1, numRuns: 3_000 };
/** Garbage takes the parser far longer than queries. */
const FEW = { seed: 1, numRuns: 300 };
const MATCHER = 'namespace="shop"';
const enforced = (query: string) => enforceLabel(query, "namespace", "shop");

/** The selectors of a query, each with those of its matchers that are about the namespace. */
function selectorsOf(query: string): string[][] {
  const found: string[][] = [];
  parser.parse(query).iterate({
    enter: ({ node, type }) => {
      if (type.name !== "VectorSelector") return;
      const about: string[] = [];
      for (let part = node.getChild("LabelMatchers")?.firstChild ?? null; part !== null; part = part.nextSibling) {
        const text = query.slice(part.from, part.to);
        if (/^["'`]?namespace["'`]?\s*(=|!)/.test(text)) about.push(text);
      }
      found.push(about);
    },
  });
  return found;
}

function refusal(query: string): OperatorError {
  try {
    enforced(query);
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error(`${query} was not refused.`);
}

describe("laws", () => {
  test("every selector of the result has exactly the matcher, and the result is PromQL", () => {
    fc.assert(
      fc.property(queries, (query) => {
        const result = enforced(query);
        expect(queryProblem(result)).toBeUndefined();
        expect(selectorsOf(result)).toEqual(selectorsOf(query).map(() => [MATCHER]));
      }),
      RUNS,
    );
  });

  test("twice is once", () => {
    fc.assert(
      fc.property(queries, (query) => {
        expect(enforced(enforced(query))).toBe(enforced(query));
      }),
      RUNS,
    );
  });

  test("without what was added it is the query as it was written", () => {
    const bare = (text: string) => text.replaceAll(`${MATCHER}, `, "").replaceAll(MATCHER, "").replaceAll("{}", "");
    fc.assert(
      fc.property(queries, (query) => {
        expect(bare(enforced(query))).toBe(bare(query));
      }),
      RUNS,
    );
  });

  test("the value stays within its quotes", () => {
    fc.assert(
      fc.property(queries, fc.string({ unit: "binary" }), (query, value) => {
        const result = enforceLabel(query, "namespace", value);
        expect(queryProblem(result)).toBeUndefined();
        expect(selectorsOf(result).length).toBe(selectorsOf(query).length);
      }),
      FEW,
    );
  });

  test("what is not PromQL is refused in words", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        fc.pre(queryProblem(text) !== undefined);
        expect(() => enforced(text)).toThrow(OperatorError);
      }),
      FEW,
    );
  });
});

describe("examples", () => {
  test.each([
    ["sum(up)", `sum(up{${MATCHER}})`],
    ["up{}", `up{${MATCHER}}`],
    ['rate(http_requests_total{job="web",}[5m]) / on(namespace) group_left() up', `rate(http_requests_total{${MATCHER}, job="web",}[5m]) / on(namespace) group_left() up{${MATCHER}}`],
    ['{"a metric", job="web"}', `{${MATCHER}, "a metric", job="web"}`],
    ["up # {not a selector}\n + up", `up{${MATCHER}} # {not a selector}\n + up{${MATCHER}}`],
    ["up{ # nothing\n}", `up{${MATCHER} # nothing\n}`],
    ['up{job="up{}"}', `up{${MATCHER}, job="up{}"}`],
    ["max_over_time(rate(up[5m])[1h:1m] offset 5m)", `max_over_time(rate(up{${MATCHER}}[5m])[1h:1m] offset 5m)`],
    ['up{namespace = "shop"}', 'up{namespace = "shop"}'],
    ["up{namespace='shop'}", "up{namespace='shop'}"],
    ['up{"namespace"=`shop`}', 'up{"namespace"=`shop`}'],
    ["vector(1)", "vector(1)"],
  ])("%s", (query, expected) => expect(enforced(query)).toBe(expected));

  test.each(['up{namespace="other"}', 'up{namespace!="shop"}', 'up{namespace=~"shop"}', 'up{"namespace"="other"}', "up{'\\u006eamespace'='other'}", 'up{namespace="shop", namespace=~".*"}'])(
    "another matcher of the label is refused: %s",
    (query) => expect(refusal(query)).toMatchObject({ reason: "QueryRejected", retry: "whenSpecChanges", message: expect.stringMatching(/own namespace/) }),
  );

  test.each(["sum(up", "", "up{a=\"b\" or c=\"d\"}", "up} or {", "info(up)", "(".repeat(5_000), `${"sum(".repeat(65)}up${")".repeat(65)}`, `${"- ".repeat(70)}up`])("what cannot be confined is refused: %s", (query) => expect(refusal(query).reason).toBe("QueryRejected"));
});

describe("the client", () => {
  const asked: RangeQuery[] = [];
  const inner: PrometheusClient = {
    queryRange: (query) => {
      asked.push(query);
      return Promise.resolve({ samples: { timesMs: new Float64Array(), values: new Float64Array() }, notANumber: 0 });
    },
    close: () => undefined,
  };
  const client = enforceNamespaces(inner, "namespace");
  const range = { query: "sum(up)", startMs: 0, endMs: 0, stepMs: 60_000 };
  const { signal } = new AbortController();

  test("it asks for the scaler's namespace, whatever server the scaler names", async () => {
    await client.queryRange({ ...range, namespace: "shop", source: { namespace: "shop", access: { url: "http://other" } } }, signal);
    expect(asked.splice(0)).toMatchObject([{ query: `sum(up{${MATCHER}})`, source: { access: { url: "http://other" } } }]);
  });

  test("a query of no namespace, and a second query among the parameters, are not sent", async () => {
    await expect(client.queryRange(range, signal)).rejects.toThrow(/without a namespace/);
    const access = { queryParameters: [{ name: "query", value: "up" }] };
    await expect(client.queryRange({ ...range, namespace: "shop", source: { namespace: "shop", access } }, signal)).rejects.toThrow(/parameter/);
    expect(asked).toEqual([]);
  });
});
