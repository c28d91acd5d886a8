// What a query's text says of its answer, by the grammar of Prometheus: its range windows, whether it can be more than one series,
// counters that are read without rate(). Facts, no verdicts; of a query with a syntax error there are none.
import { parser } from "@prometheus-io/lezer-promql";

export interface QueryWindow {
  readonly ms: number;
  /** Characters of its text, `5m`, within the query. */
  readonly from: number;
  readonly to: number;
}

export interface QueryFacts {
  readonly windows: readonly QueryWindow[];
  /** Whether the query yields one series whatever is stored: everything in it is aggregated without labels. */
  readonly isOneSeries: boolean;
  /** Counters (by their names) of which no rate or increase is taken. */
  readonly rawCounters: readonly string[];
}

type Node = ReturnType<typeof parser.parse>["topNode"];

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 };
/** Names that the conventions keep for counters. */
const COUNTER = /_(total|bucket)$/;
/** Functions after which resets of a counter do no harm. */
const RESET_SAFE = new Set(["rate", "irate", "increase", "resets", "changes", "absent", "absent_over_time", "count_over_time", "present_over_time"]);

export function queryFacts(query: string): QueryFacts | undefined {
  const tree = parser.parse(query);
  const windows: QueryWindow[] = [];
  const rawCounters = new Set<string>();
  let isBroken = false;
  tree.iterate({
    enter: ({ type, node, from, to }) => {
      if (type.isError) isBroken = true;
      if (type.name === "MatrixSelector") {
        const duration = node.getChild("DurationExpr");
        const ms = duration === null ? NaN : durationMs(query.slice(duration.from, duration.to));
        if (duration !== null && ms > 0) windows.push({ ms, from: duration.from, to: duration.to });
      }
      const name = query.slice(from, to);
      if (type.name === "Identifier" && node.parent?.name === "VectorSelector" && COUNTER.test(name) && !isRated(node, query)) rawCounters.add(name);
    },
  });
  if (isBroken) return undefined;
  const top = tree.topNode.firstChild;
  return { windows, isOneSeries: top !== null && isOne(top, query), rawCounters: [...rawCounters] };
}

function durationMs(text: string): number {
  if (!/^(\d+(ms|[smhdwy]))+$/.test(text)) return NaN;
  return [...text.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS_MS[unit ?? ""] ?? NaN), 0);
}

function isRated(node: Node, query: string): boolean {
  for (let at: Node | null = node.parent; at !== null; at = at.parent) {
    if (at.name === "AggregateExpr" && /^(count|group)\b/.test(query.slice(at.from, at.to))) return true;
    if (at.name === "FunctionCall" && RESET_SAFE.has(functionOf(at, query))) return true;
  }
  return false;
}

function functionOf(call: Node, query: string): string {
  const name = call.getChild("FunctionIdentifier");
  return name === null ? "" : query.slice(name.from, name.to);
}

/** Whether an expression is a number or one series, by its form alone. */
function isOne(node: Node, query: string): boolean {
  switch (node.name) {
    case "NumberDurationLiteral":
    case "StringLiteral":
      return true;
    case "AggregateExpr": {
      const modifier = node.getChild("AggregateModifier");
      const head = query.slice(node.from, node.to);
      return (
        !/^(topk|bottomk|count_values|limitk|limit_ratio)\b/.test(head) &&
        (modifier === null || /^by\s*\(\s*\)$/.test(query.slice(modifier.from, modifier.to)))
      );
    }
    case "FunctionCall":
      return (
        /^(scalar|vector|time|pi)$/.test(functionOf(node, query)) || operands(node.getChild("FunctionCallBody")).every((operand) => isOne(operand, query))
      );
    case "BinaryExpr":
    case "ParenExpr":
    case "UnaryExpr":
    case "StepInvariantExpr":
    case "OffsetExpr":
    case "SubqueryExpr":
      return operands(node).every((operand) => isOne(operand, query));
    default:
      return false;
  }
}

const EXPRESSIONS =
  /^(NumberDurationLiteral|StringLiteral|FunctionCall|(Aggregate|Binary|Paren|Unary|StepInvariant|Offset|Subquery)Expr|(Vector|Matrix)Selector)$/;

function operands(node: Node | null): Node[] {
  const found: Node[] = [];
  for (let child = node?.firstChild ?? null; child !== null; child = child.nextSibling) if (EXPRESSIONS.test(child.name)) found.push(child);
  return found;
}
