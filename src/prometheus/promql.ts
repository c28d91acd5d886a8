// What is wrong with a query by the grammar of Prometheus, found without a server. The grammar is Prometheus's own (lezer-promql).
// It sees syntax and names of functions; types of arguments are the server's to check.
import { parser } from "@prometheus-io/lezer-promql";

/** The first place where a query stops being PromQL. */
export interface QueryProblem {
  /** Characters before it. */
  readonly offset: number;
  readonly message: string;
}

/** Longest quotation of a query. */
const MAX_QUOTED = 40;

/** The first syntax error of `query`, or undefined if there is none. */
export function queryProblem(query: string): QueryProblem | undefined {
  let offset = -1;
  parser.parse(query).iterate({
    enter: ({ type, from }) => {
      if (type.isError && offset < 0) offset = from;
      return offset < 0;
    },
  });
  if (offset < 0) return undefined;
  return { offset, message: messageAt(query, offset) };
}

function messageAt(query: string, offset: number): string {
  if (query.trim() === "") return "the query is empty";
  const before = query.slice(0, offset);
  const rest = query.slice(offset).trimStart();
  if (rest === "") return `it ends too early, after ${quoted(before.slice(-MAX_QUOTED))}`;
  const name = /([a-z_]\w*)\s*$/i.exec(before)?.[1];
  if (rest.startsWith("(") && name !== undefined) return `${quoted(name)} is not a function of Prometheus`;
  return `it stops being PromQL at ${quoted(rest.slice(0, MAX_QUOTED))} (character ${offset + 1})`;
}

const quoted = (text: string) => JSON.stringify(text);
