// The tokens of a query, each with its place, so that an error can name the column as Prometheus does.

/** The text is not a query; the message starts with line:column. */
export class ParseError extends Error {
  override readonly name = "ParseError";
  constructor(at: number, message: string) {
    super(`1:${at + 1}: parse error: ${message}`);
  }
}

/** `at` is the index of its first character. */
export interface Token {
  readonly kind: "number" | "duration" | "name" | "text" | "op" | "end";
  readonly text: string;
  readonly at: number;
}

const TOKEN = new RegExp(
  [
    String.raw`\s*(?:(?<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w]))`,
    String.raw`(?<duration>\d+(?:ms|[smhdwy])(?!\w))`,
    String.raw`(?<name>[a-zA-Z_:][\w:]*)`,
    String.raw`(?<text>"(?:[^"\\]|\\["\\n])*")`,
    String.raw`(?<op>=~|!~|!=|[-+*/(){}\[\],=]))`,
  ].join("|"),
  "y",
);

/** The tokens of `query`, ended by one of kind "end"; throws ParseError at a character that starts none. */
export function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  const text = query.trimEnd();
  if (text === "") throw new ParseError(0, "no expression found in input");
  for (let at = 0; at < text.length; ) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    const [kind, value] = Object.entries(match?.groups ?? {}).find(([, found]) => found !== undefined) ?? [];
    if (match === null || kind === undefined || value === undefined) {
      const bad = at + text.slice(at).search(/\S/);
      throw new ParseError(bad, `unexpected character: ${JSON.stringify(text[bad])}`);
    }
    at += match[0].length;
    tokens.push({ kind: kind as Token["kind"], text: value, at: at - value.length });
  }
  return [...tokens, { kind: "end", text: "", at: text.length }];
}
