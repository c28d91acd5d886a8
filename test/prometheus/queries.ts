// Queries drawn from the grammar of PromQL: selectors of every form, within whatever may stand around them.
import * as fc from "fast-check";

const name = fc.constantFrom("up", "http_requests_total", "sum", "by", "a:b", "start", "offset_1");
const label = fc.constantFrom("job", "le", "namespaces", "on", "_x");
const text = fc.constantFrom('"web"', "'x'", "`a{b}`", '"\\"}"', '"# no comment"', '"ü 漢"', '""', '".+|{}"');
const matcher = fc.tuple(fc.oneof(label, fc.constantFrom('"a b"', "'le'")), fc.constantFrom("=", "!=", "=~", "!~", " = "), text).map((parts) => parts.join(""));
const space = fc.constantFrom("", " ", "\n", " # up{}\n");
const matchers = fc.tuple(fc.array(matcher, { minLength: 1, maxLength: 3 }), fc.constantFrom("", ","), space).map(([all, comma, gap]) => `{${gap}${all.join(", ")}${comma}}`);

const selector = fc.oneof(
  name,
  fc.tuple(name, fc.oneof(matchers, fc.constantFrom("{}", "{ }"))).map((parts) => parts.join("")),
  matchers,
  fc.constantFrom('{"a metric"}', '{"a metric", job="x"}', '{"up",}'),
);

/** Instant vectors; lower and lower in depth. */
const vectors = fc.letrec<{ vector: string }>((tie) => ({
  vector: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    selector,
    fc.tuple(selector, fc.constantFrom(" offset 5m", " offset -1h30m", " @ 1700000000", " @ start()")).map((parts) => parts.join("")),
    fc.tuple(fc.constantFrom("rate", "increase", "max_over_time"), selector, fc.constantFrom("5m", "1h30m")).map(([f, of, d]) => `${f}(${of}[${d}])`),
    tie("vector").map((of) => `max_over_time((${of})[1h:5m])`),
    fc.tuple(fc.constantFrom("sum", "max", "count"), fc.constantFrom("", " by (job) ", " without (namespace) "), tie("vector")).map(([f, by, of]) => `${f}${by}(${of})`),
    fc.tuple(tie("vector"), fc.constantFrom(" + ", " / on(job) ", " and ", " unless ignoring(le) ", " > bool "), tie("vector")).map(([a, op, b]) => `(${a})${op}(${b})`),
    tie("vector").map((of) => `histogram_quantile(0.9, ${of})`),
    tie("vector").map((of) => `label_replace(${of}, "namespace", "$1", "job", "(.*)")`),
    tie("vector").map((of) => `-(${of}) * 2`),
    fc.constantFrom("vector(1)", "vector(time())"),
  ),
})).vector;

/** Valid queries with no matcher of the label `namespace`. */
export const queries = fc.tuple(space, vectors, space).map((parts) => parts.join(""));
