// The server's URL in its parts: what requests need, and what messages may show. Credentials never leave through `shown` or `redact`.
import { OperatorError } from "../errors.ts";

export interface Address {
  /** Where range queries go, without credentials. */
  readonly rangeUrl: string;
  /** For basic auth, from the URL's user and password. */
  readonly auth: { readonly username: string; readonly password: string } | undefined;
  /** For people: scheme, host and path only. */
  readonly shown: string;
  /** On this machine: no proxy stands between. */
  readonly isLoopback: boolean;
  /** `text` without the URL's user, password or query. */
  redact(text: string): string;
}

/**
 * The parts of an http(s) URL such as `https://user:secret@prometheus.example/prefix`; throws InvalidSpec for anything else.
 * `parameters` go into the query of every request; `hidden` are further texts that no message shows.
 */
export function addressOf(url: string, parameters: readonly (readonly [string, string])[] = [], hidden: readonly string[] = []): Address {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== "http:" && parsed.protocol !== "https:"))
    throw new OperatorError("The URL of Prometheus is not an http or https URL.", {
      reason: "InvalidSpec",
      retry: "whenSpecChanges",
      hint: "Write it like http://prometheus.monitoring:9090.",
    });
  for (const [name, value] of parameters) parsed.searchParams.append(name, value);
  const path = parsed.pathname.replace(/\/+$/, "");
  const username = decoded(parsed.username);
  const password = decoded(parsed.password);
  const secrets = [...hidden, password, parsed.password, username, parsed.username, parsed.search.slice(1), ...parsed.searchParams.values()]
    .filter((secret) => secret.length >= 3)
    .sort((a, b) => b.length - a.length);
  const shown = `${parsed.protocol}//${parsed.host}${path}`;
  return {
    rangeUrl: `${shown}/api/v1/query_range${parsed.search}`,
    auth: username === "" && password === "" ? undefined : { username, password },
    shown,
    isLoopback: /^(localhost|127\.[\d.]+|\[::1\])$/.test(parsed.hostname),
    redact: (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), text),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
