import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MatrixDecoder } from "../../src/prometheus/decode.ts";
import { NotJson } from "../../src/prometheus/json-scanner.ts";
import { createSampleBuffer } from "../../src/prometheus/sample-buffer.ts";

/** Decodes `text`, cut after each of the given byte counts (cycled). */
function decode(text: string, cuts: readonly number[] = [Infinity]) {
  const buffer = createSampleBuffer(4);
  const decoder = new MatrixDecoder(buffer);
  const bytes = Buffer.from(text);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = cuts[i % cuts.length] ?? 1;
    decoder.push(bytes.subarray(at, at + size));
    at += size;
  }
  const answer = decoder.end();
  const { timesMs, values } = buffer.samples();
  return { ...answer, points: [...timesMs].map((timeMs, i) => [timeMs, values[i]]) };
}

const matrix = (...series: { metric: Record<string, string>; values: (readonly [number, string])[] }[]) => ({
  status: "success",
  data: { resultType: "matrix", result: series },
});

/** Whether `read` returns; anything but what tells of bad JSON is thrown on. */
function isRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof NotJson || error instanceof SyntaxError) return false;
    throw error;
  }
}

/** How Prometheus writes a value. */
const written = (value: number) => (Number.isNaN(value) ? "NaN" : value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value));
const anyValue = fc.oneof(fc.double(), fc.integer(), fc.double({ min: 0, max: 1e4 }));
const anyPoints = fc.array(fc.tuple(fc.integer({ min: 0, max: 4e12 }), anyValue), { maxLength: 30 });
const anyLabels = fc.dictionary(fc.string({ unit: "grapheme", maxLength: 8 }), fc.string({ unit: "binary", maxLength: 12 }), { maxKeys: 4 });
const cuts = fc.oneof(fc.constant([1]), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 }), fc.constant([Infinity]));

describe("the matrix decoder", () => {
  it("reads the same samples and labels as JSON.parse, wherever the chunks end", () => {
    fc.assert(
      fc.property(anyPoints, anyLabels, cuts, fc.boolean(), fc.constantFrom(undefined, 1, "\t"), (points, metric, cuts, reversed, indent) => {
        const values = points.map(([timeMs, value]) => [timeMs / 1000, written(value)] as const);
        const result = [reversed ? { values, metric } : { metric, values }];
        const data = reversed ? { result, resultType: "matrix" } : { resultType: "matrix", result };
        const extra = { infos: ["PromQL info: x"], stats: { a: [{ values: [[1, "2"]] }, null, true, -1.5e3] } };
        const whole = reversed ? { ...extra, data, status: "success" } : { status: "success", data, ...extra };
        const answer = decode(JSON.stringify(whole, undefined, indent), cuts);
        const numberOf = (value: number) => (Number.isFinite(value) ? Number(written(value)) : NaN);
        expect(answer.points).toEqual(points.map(([timeMs, value]) => [timeMs, numberOf(value)]));
        expect(answer.notANumber).toBe(points.filter(([, value]) => !Number.isFinite(value)).length);
        const names = Object.keys(metric).sort((a, b) => (a < b ? -1 : 1));
        expect(answer.labelSets).toEqual([`{${names.map((name) => `${name}=${JSON.stringify(metric[name])}`).join(", ")}}`]);
        expect(answer).toMatchObject({ status: "success", resultType: "matrix", seriesCount: 1, sampleCount: points.length, warnings: [] });
      }),
    );
  });

  it("never accepts a part of an answer", () => {
    const text = JSON.stringify({ ...matrix({ metric: { job: 'a"\\é' }, values: [[1, "2"], [2, "3"]] }), warnings: ["w"] });
    for (let length = 0; length < Buffer.byteLength(text); length++) {
      const part = Buffer.from(text).subarray(0, length).toString("latin1");
      expect(() => decode(part, [7])).toThrow(NotJson);
    }
    expect(decode(text).points).toHaveLength(2);
  });

  it("is as strict about brackets, commas and words as JSON.parse", () => {
    const piece = fc.constantFrom("{", "}", "[", "]", ",", ":", '"a"', "1", "-", "0", "true", "nul", " ", "1.5", '"\\', "x", ".", "e1");
    const pieces = fc.array(piece, { maxLength: 7 });
    fc.assert(
      fc.property(pieces, cuts, (pieces, cuts) => {
        const text = pieces.join("");
        expect(isRead(() => decode(text, cuts))).toBe(isRead(() => JSON.parse(text)));
      }),
      { numRuns: 2000 },
    );
  });

  it("counts every series, keeps the samples of the first, and names two", () => {
    const series = (pod: string) => ({ metric: { pod, job: "a" }, values: [[1, "1"], [2, "2"]] as [number, string][] });
    const answer = decode(JSON.stringify(matrix(series("x"), series("y"), series("z"))));
    expect(answer).toMatchObject({ seriesCount: 3, sampleCount: 6, labelSets: ['{job="a", pod="x"}', '{job="a", pod="y"}'] });
    expect(answer.points).toEqual([[1000, 1], [2000, 2]]);
  });

  it.each([
    ["an empty text as value", '[1,""]'],
    ["a value of blanks", '[1," "]'],
    ["a hexadecimal value", '[1,"0x10"]'],
    ["a word as value", '[1,"null"]'],
    ["null as value", "[1,null]"],
    ["a point without value", "[1]"],
    ["a point with three members", '[1,"2","3"]'],
    ["a point with an object", '[1,"2",{}]'],
    ["a text instead of a point", '"1"'],
  ])("refuses %s", (_, point) => {
    for (const after of ["", ',[2,"2"]'])
      expect(() => decode(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[${point}${after}]}]}}`)).toThrow(NotJson);
  });

  it("tells of warnings, partial answers and histograms", () => {
    expect(decode('{"warnings":["a\\u00e9","b"],"status":"success","isPartial":true}').warnings).toEqual(["aé", "b", expect.stringContaining("partial")]);
    expect(decode('{"isPartial":false}').warnings).toEqual([]);
    expect(decode('{"data":{"result":[{"metric":{},"histograms":[[1,{"count":"2"}]]}]}}')).toMatchObject({ histograms: true, sampleCount: 0 });
  });

  it("reads answers of other kinds without mistaking them for samples", () => {
    const scalar = decode('{"status":"success","data":{"result":[1,"2"],"resultType":"scalar"}}');
    expect(scalar).toMatchObject({ resultType: "scalar", seriesCount: 0, sampleCount: 0 });
    expect(decode('{"status":"success","data":{"resultType":"streams","result":[{"stream":{},"values":[["1","line"]]}]}}').resultType).toBe("streams");
    expect(decode('{"status":"error","errorType":"bad_data","error":"no"}')).toMatchObject({ errorType: "bad_data", error: "no" });
  });
});
