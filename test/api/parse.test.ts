import * as fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { formatProblems, parseScaler } from "../../src/api/index.ts";
import { BAD_MANIFESTS, EDGE_MANIFESTS, GOOD_MANIFEST, manifestOf, merged } from "./bad-manifests.ts";

const parsed = (patch: Record<string, unknown>) => {
  const result = parseScaler(merged(GOOD_MANIFEST, patch));
  if (result.kind === "invalid") throw new Error(formatProblems(result.problems));
  return result.scaler;
};
const problems = (manifest: unknown) => {
  const result = parseScaler(manifest);
  return result.kind === "invalid" ? result.problems : [];
};

describe("a manifest that can be used", () => {
  test("comes out complete, every default filled in", () => {
    expect(parsed({ metadata: { namespace: "shop", uid: "u1", generation: 3 } })).toEqual({
      namespace: "shop",
      name: "checkout",
      uid: "u1",
      generation: 3,
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" },
        minReplicas: 1,
        maxReplicas: 40,
        maxCapacityBreach: "Clamp",
        mode: "Active",
        metric: { query: "sum(rate(http_requests_total[2m]))", targetPerReplica: 50, stepMs: 60_000 },
        forecast: {
          leadTimeMs: 1_200_000,
          historyMs: 28 * 86_400_000,
          timeZone: "UTC",
          serviceLevel: 0.99,
          seasons: ["Day", "Week"],
          calendar: { holidays: undefined, events: [], exclude: [] },
        },
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: 0,
            selectPolicy: "Max",
            policies: [
              { type: "Pods", value: 4, periodSeconds: 15 },
              { type: "Percent", value: 100, periodSeconds: 15 },
            ],
            tolerance: 0,
          },
          scaleDown: {
            stabilizationWindowSeconds: 600,
            selectPolicy: "Max",
            policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
            tolerance: 0.1,
          },
        },
        schedules: [],
        fallback: undefined,
        nodeHeadroom: undefined,
        output: { type: "Scale" },
      },
    });
  });

  test("keeps what is set beside a default that is filled in", () => {
    const { spec } = parsed({ spec: { behavior: { scaleDown: { policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] } }, fallback: { replicas: 7 } } });
    expect(spec.behavior.scaleDown).toEqual({
      stabilizationWindowSeconds: 600,
      selectPolicy: "Max",
      policies: [{ type: "Pods", value: 1, periodSeconds: 60 }],
      tolerance: 0.1,
    });
    expect(spec.behavior.scaleUp.policies).toHaveLength(2);
    expect(spec.fallback).toEqual({ replicas: 7, afterMs: 600_000 });
  });

  test.each(EDGE_MANIFESTS)("may be at the edge: $name", (edge) => {
    expect(problems(manifestOf({ ...edge, field: "" }))).toEqual([]);
  });

  test("treats null as absent where there is a default, as the API server does", () => {
    expect(parsed({ spec: { minReplicas: null, forecast: null } }).spec).toEqual(parsed({}).spec);
    expect(problems(merged(GOOD_MANIFEST, { spec: { maxReplicas: null } })).map(({ path }) => path)).toEqual(["spec.maxReplicas"]);
  });

  test("may carry status and any metadata", () => {
    expect(problems(merged(GOOD_MANIFEST, { metadata: { labels: { a: "b" } }, status: { anything: 1 } }))).toEqual([]);
  });

  test.each(["web-service.yaml", "recommend-first.yaml", "slow-climb.yaml"])("is the example %s", (file) => {
    const text = readFileSync(join(import.meta.dirname, "../../deploy/examples", file), "utf8");
    expect(problems(parseYaml(text))).toEqual([]);
  });
});

describe("a manifest that cannot be used", () => {
  test.each(BAD_MANIFESTS)("names the field: $name", (bad) => {
    expect(problems(manifestOf(bad)).map(({ path }) => path)).toEqual([bad.field]);
  });

  test("tells every problem at once, with what was found and what was expected", () => {
    const manifest = merged(GOOD_MANIFEST, {
      apiVersion: "predictivescaler.io/v1",
      spec: { minReplicas: 50, metric: { step: "7m", targetPerReplica: "-5" }, forecast: { timeZone: "Berlin" }, replicas: 3 },
    });
    expect(formatProblems(problems(manifest)).split("\n")).toEqual([
      'apiVersion: found "predictivescaler.io/v1", expected predictivescaler.io/v1alpha1',
      'spec.metric.targetPerReplica: found "-5", expected a quantity above 0 and up to 9E, in quotes where it has a fraction',
      'spec.metric.step: found "7m", expected a duration from 15s to 1h that divides a day evenly',
      'spec.forecast.timeZone: found "Berlin", expected the name of an IANA time zone; Berlin is an unknown zone, perhaps Europe/Berlin was meant',
      expect.stringMatching(/^spec\.replicas: found 3, expected no such field; the fields here are scaleTargetRef, minReplicas/),
      "spec.minReplicas: found 50, expected at most maxReplicas (40)",
    ]);
  });

  test("is not measured by a field that is wrong itself", () => {
    const manifest = merged(GOOD_MANIFEST, { spec: { forecast: { leadTime: "x" }, metric: { step: "1h" } } });
    expect(problems(manifest).map(({ path }) => path)).toEqual(["spec.forecast.leadTime"]);
  });

  test("is measured against the defaults where they apply", () => {
    expect(problems(merged(GOOD_MANIFEST, { spec: { metric: { step: "1h" } } }))).toEqual([
      { path: "spec.forecast.leadTime", found: '"20m"', expected: 'at least metric.step ("1h")' },
    ]);
  });

  test.each([undefined, null, 7, "text", []])("is no object: %j", (value) => {
    expect(problems(value)).toHaveLength(1);
  });

  test("never throws, whatever is read", () => {
    const spec = fc.dictionary(fc.constantFrom("metric", "forecast", "behavior", "fallback", "minReplicas", "maxReplicas", "mode", "x"), fc.anything());
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ metadata: fc.anything(), spec })), (value) => {
        expect(["valid", "invalid"]).toContain(parseScaler(value).kind);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
