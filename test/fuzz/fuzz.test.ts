// Ten thousand hostile cases, always the same ones. A million, of any seed: npm run bench -- fuzz.
import { describe, expect, test } from "vitest";
import { parseScaler } from "../../src/api/index.ts";
import { createTraceReader } from "../../src/cli/backtest/trace-csv.ts";
import { readDocuments } from "../../src/cli/manifests.ts";
import { MatrixDecoder } from "../../src/prometheus/decode.ts";
import { createSampleBuffer } from "../../src/prometheus/sample-buffer.ts";
import { GOOD_MANIFEST } from "../api/bad-manifests.ts";
import { bottomless } from "./hostile.ts";
import { TARGETS } from "./targets.ts";

const CASES = 10_000;
const MILLION = 1_000_000;

describe("whatever comes from outside ends as a value in bounds or as a typed failure", () => {
  test.each(TARGETS.map((one) => [one.name, one] as const))("%s", async (_name, { share, start }) => {
    const { check, stop } = await start();
    try {
      await expect(check({ seed: 7, numRuns: Math.round((CASES * share) / MILLION) })).resolves.toBeUndefined();
    } finally {
      await stop();
    }
  });

  test("a manifest that has no bottom, wherever it has none, is a problem in words", () => {
    for (const value of bottomless())
      for (const object of [value, { ...GOOD_MANIFEST, spec: value }, { ...GOOD_MANIFEST, status: value }, { ...GOOD_MANIFEST, spec: { ...GOOD_MANIFEST.spec, metric: value } }])
        expect(parseScaler(object)).toMatchObject({ kind: "invalid", problems: [{ expected: expect.stringContaining("levels") }] });
    expect(readDocuments("a: &a [*a, *a]\n").map((document) => (document.kind === "object" ? parseScaler(document.object).kind : ""))).toEqual(["invalid"]);
  });

  test("a trace without line ends is refused before it is gathered", () => {
    const reader = createTraceReader();
    for (let i = 0; i < 20_000; i++) reader.push("9".repeat(1_000));
    expect(reader.end()).toMatchObject({ kind: "invalid", count: 1, problems: [{ line: 1, expected: expect.stringContaining("characters") }] });
  });

  test("a value beyond all numbers is refused, not taken for missing", () => {
    const reader = createTraceReader();
    reader.push("timestamp,value\n2026-03-02,1e400\n");
    expect(reader.end()).toMatchObject({ kind: "invalid", problems: [{ line: 2, found: '"1e400"' }] });
  });

  test.each(["[1e300,\"1\"]", "[-9e15,\"1\"]", "[1e300,\"1\"],[1,\"1\"]"])("a sample at no time that there is is no answer: %s", (points) => {
    const decoder = new MatrixDecoder(createSampleBuffer(1));
    const decode = () => {
      decoder.push(Buffer.from(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[${points}]}]}}`));
      return decoder.end();
    };
    expect(decode).toThrow(/point/);
  });

  test("the shares make a million", () => expect(TARGETS.reduce((sum, { share }) => sum + share, 0)).toBe(MILLION));
});
