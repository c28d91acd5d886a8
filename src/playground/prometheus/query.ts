// The little of PromQL that the playground speaks: text -> expression, or a ParseError worded and placed as Prometheus does.
//   expr = term { ("*" | "/" | "+" | "-") term }   term = number | name | name{l="v", l=~"v"} | sum(expr) | rate(selector[2m]) | (expr)
import { ParseError, tokensOf } from "./tokens.ts";
import type { Token } from "./tokens.ts";

export interface Matcher {
  readonly label: string;
  readonly op: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

export interface Selector {
  readonly name: string;
  readonly matchers: readonly Matcher[];
}

export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "select"; readonly selector: Selector }
  | { readonly kind: "range"; readonly selector: Selector; readonly rangeMs: number }
  | { readonly kind: "rate"; readonly selector: Selector; readonly rangeMs: number }
  | { readonly kind: "sum"; readonly of: Expression }
  | { readonly kind: "binary"; readonly op: string; readonly left: Expression; readonly right: Expression };

interface Cursor {
  readonly tokens: readonly Token[];
  next: number;
}

/** The expression that `query` writes; throws ParseError. */
export function parseQuery(query: string): Expression {
  const cursor: Cursor = { tokens: tokensOf(query), next: 0 };
  const expression = sumOfTerms(cursor);
  if (peek(cursor).kind !== "end") throw unexpected(cursor);
  return expression;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 };

/** `2m` in ms; NaN if it is no duration. */
export function durationMs(text: string): number {
  const [, amount, unit] = /^(\d+)(ms|[smhdwy])$/.exec(text) ?? [];
  return Number(amount) * (UNIT_MS[unit ?? ""] ?? NaN);
}

function sumOfTerms(cursor: Cursor): Expression {
  return chain(cursor, "+-", () => chain(cursor, "*/", () => term(cursor)));
}

function chain(cursor: Cursor, ops: string, operand: () => Expression): Expression {
  let left = operand();
  while (peek(cursor).kind === "op" && ops.includes(peek(cursor).text)) {
    const op = take(cursor);
    const right = operand();
    if (left.kind === "range" || right.kind === "range") throw new ParseError(op.at, "binary expression must contain only scalar and instant vector types");
    left = { kind: "binary", op: op.text, left, right };
  }
  return left;
}

function term(cursor: Cursor): Expression {
  const token = take(cursor);
  if (token.text === "(" && token.kind === "op") return closed(cursor, sumOfTerms(cursor));
  if (token.text === "-" && token.kind === "op") return { kind: "binary", op: "*", left: { kind: "number", value: -1 }, right: term(cursor) };
  if (token.kind === "number") return { kind: "number", value: Number(token.text) };
  if (token.kind !== "name") {
    cursor.next--;
    throw unexpected(cursor);
  }
  if (/^nan$/i.test(token.text)) return { kind: "number", value: NaN };
  if (/^inf$/i.test(token.text)) return { kind: "number", value: Infinity };
  return isOp(cursor, "(") ? call(cursor, token) : selection(cursor, token.text);
}

function call(cursor: Cursor, name: Token): Expression {
  if (name.text !== "sum" && name.text !== "rate") throw new ParseError(name.at, `unknown function with name "${name.text}"`);
  cursor.next++;
  const { at } = peek(cursor);
  const of = closed(cursor, sumOfTerms(cursor));
  const found = of.kind === "range" ? "range vector" : of.kind === "number" ? "scalar" : "instant vector";
  if (name.text === "sum") {
    if (found !== "instant vector") throw new ParseError(at, `expected type instant vector in aggregation expression, got ${found}`);
    return { kind: "sum", of };
  }
  if (of.kind !== "range") throw new ParseError(at, `expected type range vector in call to function "rate", got ${found}`);
  return { ...of, kind: "rate" };
}

function selection(cursor: Cursor, name: string): Expression {
  const selector = { name, matchers: matchers(cursor) };
  if (!isOp(cursor, "[")) return { kind: "select", selector };
  cursor.next++;
  const duration = take(cursor);
  if (duration.kind !== "duration") throw new ParseError(duration.at, `unexpected ${JSON.stringify(duration.text)} where a duration was expected`);
  expect(cursor, "]");
  return { kind: "range", selector, rangeMs: durationMs(duration.text) };
}

function matchers(cursor: Cursor): Matcher[] {
  const found: Matcher[] = [];
  if (!isOp(cursor, "{")) return found;
  for (cursor.next++; !isOp(cursor, "}"); ) {
    const label = need(cursor, (token) => token.kind === "name").text;
    const op = need(cursor, (token) => ["=", "!=", "=~", "!~"].includes(token.text)).text as Matcher["op"];
    const value = String(JSON.parse(need(cursor, (token) => token.kind === "text").text));
    found.push({ label, op, value });
    if (!isOp(cursor, "}")) expect(cursor, ",");
  }
  cursor.next++;
  return found;
}

function closed(cursor: Cursor, inner: Expression): Expression {
  if (peek(cursor).kind === "end") throw new ParseError(peek(cursor).at, "unclosed left parenthesis");
  expect(cursor, ")");
  return inner;
}

function peek(cursor: Cursor): Token {
  return cursor.tokens[cursor.next] ?? (cursor.tokens.at(-1) as Token);
}

function take(cursor: Cursor): Token {
  const token = peek(cursor);
  cursor.next++;
  return token;
}

function need(cursor: Cursor, fits: (token: Token) => boolean): Token {
  if (!fits(peek(cursor))) throw unexpected(cursor);
  return take(cursor);
}

function isOp(cursor: Cursor, text: string): boolean {
  return peek(cursor).kind === "op" && peek(cursor).text === text;
}

function expect(cursor: Cursor, text: string): void {
  need(cursor, () => isOp(cursor, text));
}

function unexpected(cursor: Cursor): ParseError {
  const { at, kind, text } = peek(cursor);
  return new ParseError(at, kind === "end" ? "unexpected end of input" : `unexpected ${kind === "name" ? "identifier " : ""}${JSON.stringify(text)}`);
}
