// Faults drawn by a seed: which, of which requests, from when to when. The same seed draws the same script.
import { isWatch } from "./case.ts";
import { leftOut } from "./prometheus-faults.ts";
import { seeded } from "./proxy.ts";
import type { Fault, FaultProxy, Script } from "./proxy.ts";

export interface Drawn {
  /** Of the server and the fault, for people. */
  readonly words: string;
  /** After the one before it, ms. */
  readonly afterMs: number;
  readonly lastsMs: number;
  /** Does it; the answer undoes it. */
  readonly inject: (proxies: { readonly api: FaultProxy; readonly prometheus: FaultProxy }) => () => void;
}

type Possible = readonly [words: string, script: Script];

const status = (code: number, retryAfterSeconds?: number): Fault => ({ kind: "status", status: code, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });

const EITHER: readonly Possible[] = [
  ["refuses", { fault: { kind: "refuse" } }],
  ["is silent", { fault: { kind: "silent" } }],
  ["is late", { fault: { kind: "delay", ms: 1_500 } }],
  ["answers 429", { fault: status(429, 1) }],
  ["answers 500", { fault: status(500) }],
  ["answers 503", { fault: status(503, 2) }],
  ["answers 401", { fault: status(401) }],
  ["answers garbage", { fault: { kind: "garbage" } }],
  ["cuts its answers", { fault: { kind: "cut" } }],
  ["drips", { fault: { kind: "drip", bytes: 256, everyMs: 50 } }],
];
const API: readonly Possible[] = [
  ...EITHER,
  ["answers 410 to watches", { fault: status(410), when: isWatch }],
  ["answers 409 to changes", { fault: status(409), when: ({ method }) => method === "PATCH" }],
];
const PROMETHEUS: readonly Possible[] = [
  ...EITHER,
  ["never ends its answers", { fault: { kind: "endless" } }],
  ["has no series", { fault: leftOut(() => true) }],
  ["has nothing of the last minutes of each range", { fault: leftOut((seconds) => seconds % 3600 > 1800) }],
];
const SHARES = [1, 0.5, 0.1];
const LASTS_MS = [2_000, 15_000] as const;
const AFTER_MS = [500, 5_000] as const;

/** Faults whose beginnings fill `lengthMs`; some are under way at a time. */
export function drawFaults(seed: number, lengthMs: number): readonly Drawn[] {
  const random = seeded(seed);
  const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const between = ([low, high]: readonly [number, number]) => Math.round(low + random() * (high - low));
  const drawn: Drawn[] = [];
  for (let atMs = 0; ; ) {
    const afterMs = between(AFTER_MS);
    const lastsMs = between(LASTS_MS);
    atMs += afterMs;
    if (atMs + lastsMs > lengthMs) return drawn;
    const isApi = random() < 0.5;
    const [words, script] = one(isApi ? API : PROMETHEUS);
    const share = one(SHARES);
    const isCut = random() < 0.3;
    const isMuted = isApi && random() < 0.1;
    drawn.push({
      words: `${isApi ? "API server" : "Prometheus"} ${words}, ${share * 100} %${isCut ? ", connections cut" : ""}${isMuted ? ", watches muted" : ""}`,
      afterMs,
      lastsMs,
      inject(proxies) {
        const proxy = isApi ? proxies.api : proxies.prometheus;
        const { lift } = proxy.inject({ ...script, share });
        if (isMuted) proxy.muteWatches();
        if (isCut) proxy.cutAll();
        return lift;
      },
    });
  }
}
