// One label for all that a query reads: each of its selectors gets NAME="value", found with Prometheus's own grammar (lezer-promql).
// Invariant: a query leaves here only if every series that it can read carries the label; what cannot be made sure of is refused, never guessed.
import { parser } from "@prometheus-io/lezer-promql";
import { OperatorError } from "../errors.ts";
import { rejected } from "./failure.ts";
import type { PrometheusClient, RangeQuery } from "./prometheus.ts";
import { queryProblem } from "./promql.ts";

type Node = ReturnType<typeof parser.parse>["topNode"];

/** What a label may be called, in the data model that every server knows. */
export const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const MATCHERS = new Set(["UnquotedLabelMatcher", "QuotedLabelMatcher"]);
/** The parser takes time with the square of the depth: a query that is read on the operator's loop must not hold it up. */
const MOST_DEEP = 64;
const SIGNS = new RegExp(`([-+]\\s*){${MOST_DEEP}}`);
/** Queries whose reading is remembered; beyond it all are read anew. */
const MOST_KNOWN = 20_000;
const FLAG = "--enforce-namespace-label";
/** It names in a request what is asked, and would stand beside the query that was enforced. */
const QUERY_PARAMETER = "query";

/**
 * `query` with the matcher `label="value"` in every selector; one that is there already stays as it is.
 * Another matcher of that label is refused, not replaced: the author asked for other series, and an answer about his own would scale on the wrong demand.
 * Throws QueryRejected. `label` must match LABEL_NAME.
 */
export function enforceLabel(query: string, label: string, value: string): string {
  if (isTooDeep(query))
    throw rejected(`The query is nested deeper than ${MOST_DEEP} levels, which ${FLAG} does not read.`, "Record parts of it with recording rules.");
  const problem = queryProblem(query);
  if (problem !== undefined) throw rejected(`Prometheus would reject the query: ${problem.message}.`, "Correct spec.metric.query.");
  const matcher = `${label}=${quoted(value)}`;
  const inserts: { at: number; text: string }[] = [];
  parser.parse(query).iterate({
    enter: ({ node, type, from, to }) => {
      if (type.name === "FunctionIdentifier" && query.slice(from, to) === "info")
        throw rejected(
          `The query uses info(), which reads series that no selector names: ${FLAG} cannot confine it.`,
          "Join the labels with group_left instead.",
        );
      if (type.name === "VectorSelector") inserts.push(...insertFor(node, query, label, value, matcher));
    },
  });
  return inserts.reduceRight((text, { at, text: added }) => text.slice(0, at) + added + text.slice(at), query);
}

/** `client` for scalers whose queries may only read the series with `label` equal to their namespace. A query of no namespace is not asked. */
export function enforceNamespaces(client: PrometheusClient, label: string): PrometheusClient {
  // A query is asked every minute and changes hardly ever.
  const known = new Map<string, string | OperatorError>();
  const confined = (query: string, namespace: string): string => {
    const key = `${namespace}/${query}`;
    const found = known.get(key) ?? attempt(query, label, namespace);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(key, found);
    if (found instanceof OperatorError) throw found;
    return found;
  };
  return {
    async queryRange(query: RangeQuery, signal: AbortSignal) {
      if (query.namespace === undefined)
        throw rejected(`A query without a namespace is not asked: ${FLAG} confines queries to one.`, "Report it: every scaler has a namespace.");
      if (query.source?.access.queryParameters?.some(({ name }) => name.toLowerCase() === QUERY_PARAMETER) === true)
        throw rejected(
          `A query parameter called "${QUERY_PARAMETER}" is not sent: ${FLAG} confines the query.`,
          "Remove it from spec.metric.prometheus.queryParameters.",
        );
      return client.queryRange({ ...query, query: confined(query.query, query.namespace) }, signal);
    },
    close: () => client.close(),
  };
}

function attempt(query: string, label: string, value: string): string | OperatorError {
  try {
    return enforceLabel(query, label, value);
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
}

/** Whether brackets or signs stand deeper in each other than any query needs. Brackets in strings count too: that refuses more, never less. */
function isTooDeep(query: string): boolean {
  let depth = 0;
  for (const character of query) {
    if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    if (depth > MOST_DEEP) return true;
  }
  return SIGNS.test(query);
}

/** What is to be added to one selector. */
function insertFor(selector: Node, query: string, label: string, value: string, matcher: string): { at: number; text: string }[] {
  const braces = selector.getChild("LabelMatchers");
  if (braces === null) return [{ at: selector.to, text: `{${matcher}}` }];
  const parts: Node[] = [];
  for (let child = braces.firstChild; child !== null; child = child.nextSibling) parts.push(child);
  let isThere = false;
  for (const part of parts) {
    if (!MATCHERS.has(part.name) || nameOf(part, query) !== label) continue;
    const literal = part.getChild("StringLiteral");
    const isSame = query.slice(part.firstChild?.to, literal?.from).trim() === "=" && unquoted(query.slice(literal?.from, literal?.to)) === value;
    if (!isSame) throw refusedMatcher(query.slice(part.from, part.to), label, value);
    isThere = true;
  }
  if (isThere) return [];
  return [{ at: braces.from + 1, text: parts.some(({ name }) => name !== "LineComment") ? `${matcher}, ` : matcher }];
}

function refusedMatcher(found: string, label: string, value: string): ReturnType<typeof rejected> {
  const hint = `Remove it from spec.metric.query: ${label}=${quoted(value)} is added.`;
  const confined = `the operator confines it to the scaler's own namespace by the label ${JSON.stringify(label)}`;
  return rejected(`The query has the matcher ${found.slice(0, 100)}, but ${confined}.`, hint);
}

function nameOf(matcher: Node, query: string): string | undefined {
  const name = matcher.firstChild;
  if (name === null) return undefined;
  const text = query.slice(name.from, name.to);
  return name.name === "QuotedLabelName" ? unquoted(text) : text;
}

/** A string of PromQL that stands for `text`. */
const quoted = (text: string) => JSON.stringify(text);

/** The text of a PromQL string; undefined where it uses escapes that only Go has: then it is not known to be equal to anything. */
function unquoted(literal: string): string | undefined {
  const inner = literal.slice(1, -1);
  if (literal.startsWith("`") || !inner.includes("\\")) return inner;
  try {
    return String(JSON.parse(`"${literal.startsWith("'") ? inner.replaceAll("\\'", "'").replaceAll('"', '\\"') : inner}"`));
  } catch {
    return undefined;
  }
}
