// Which servers scalers may name. Invariants: without an entry that matches no request leaves;
// a wildcard never opens the machine's own or link-local addresses.
import { lookup as resolve } from "node:dns";
import { BlockList, isIP } from "node:net";
import type { LookupFunction } from "node:net";
import { OperatorError } from "../errors.ts";

/** One entry: scheme, host (`*.` in front stands for any labels before it), port and path prefix. */
interface Entry {
  readonly shown: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly isWildcard: boolean;
  readonly port: string;
  readonly path: string;
}

export interface AllowList {
  /** Whether `url` may be asked. `lookup` is what its name must be resolved with: undefined for hosts that are listed by their full name. */
  find(url: URL): { readonly lookup: LookupFunction | undefined } | undefined;
  /** For messages. */
  readonly shown: string;
}

const FORM = /^(https?:)\/\/(\*\.)?([^/?#@*\s]+)(\/[^?#\s]*)?$/;

/** Addresses that a name under a wildcard must not resolve to: this machine, and metadata services. */
const GUARDED = new BlockList();
GUARDED.addSubnet("127.0.0.0", 8, "ipv4");
GUARDED.addSubnet("169.254.0.0", 16, "ipv4");
GUARDED.addSubnet("0.0.0.0", 8, "ipv4");
GUARDED.addAddress("::", "ipv6");
GUARDED.addAddress("::1", "ipv6");
GUARDED.addSubnet("fe80::", 10, "ipv6");
/** The same of IPv4, as a NAT64 gateway is asked for them. An address such as ::ffff:127.0.0.1 is found under IPv4 by itself. */
GUARDED.addSubnet("64:ff9b::7f00:0", 104, "ipv6");
GUARDED.addSubnet("64:ff9b::a9fe:0", 112, "ipv6");
GUARDED.addSubnet("64:ff9b::", 104, "ipv6");
/** The metadata address of AWS over IPv6. */
GUARDED.addAddress("fd00:ec2::254", "ipv6");

/** Entries such as `https://prometheus.example:9090`, `https://*.monitoring.svc/prefix`. Throws OperatorError (InvalidSpec) that quotes the first wrong one. */
export function createAllowList(entries: readonly string[]): AllowList {
  const list = entries.map(entryOf);
  return {
    find(url) {
      const entry = list.find((one) => matches(one, url));
      return entry === undefined ? undefined : { lookup: entry.isWildcard ? guardedLookup : undefined };
    },
    shown: list.map(({ shown }) => shown).join(", ") || "empty",
  };
}

function entryOf(text: string): Entry {
  const form = FORM.exec(text);
  const [, protocol = "", wildcard, host = "", path = "/"] = form ?? [];
  const url = URL.canParse(`${protocol}//${host}`) ? new URL(`${protocol}//${host}`) : undefined;
  if (form === null || url === undefined || (wildcard !== undefined && isIP(url.hostname) !== 0))
    throw new OperatorError(`Found ${JSON.stringify(text)} in the list of allowed Prometheus URLs.`, {
      reason: "InvalidSpec",
      retry: "whenSpecChanges",
      hint: "Write entries like https://prometheus.example:9090, https://thanos.example/prefix or https://*.monitoring.svc, by commas.",
    });
  return { shown: text, protocol, hostname: url.hostname, isWildcard: wildcard !== undefined, port: url.port, path: path.replace(/\/+$/, "") };
}

function matches({ protocol, hostname, isWildcard, port, path }: Entry, url: URL): boolean {
  // A name that ends in a dot is the same name.
  const asked = url.hostname.replace(/\.$/, "");
  const isHost = isWildcard ? asked.endsWith(`.${hostname}`) && isIP(asked) === 0 : asked === hostname;
  const isPath = path === "" || url.pathname === path || url.pathname.startsWith(`${path}/`);
  return url.protocol === protocol && isHost && url.port === port && isPath;
}

/** Whether an IP address is one that no wildcard opens. */
export function isGuarded(address: string): boolean {
  return GUARDED.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

const guardedLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, "", 0);
    const wrong = addresses.find(({ address }) => isGuarded(address));
    const [first] = addresses;
    if (wrong !== undefined || first === undefined) {
      const refusal = Object.assign(new Error(`the name resolves to ${wrong?.address ?? "nothing"}, which no wildcard allows`), { code: "EREFUSEDADDRESS" });
      return callback(refusal, "", 0);
    }
    if (options.all === true) return callback(null, addresses);
    callback(null, first.address, first.family);
  });
};
