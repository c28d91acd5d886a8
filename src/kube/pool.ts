// The sockets to one API server: one dispatcher for calls, one for watches, made once for each set of TLS material.
// Watches have sockets of their own, so that they can never take those of the calls.
import { createHash } from "node:crypto";
import { Agent, ProxyAgent } from "undici";
import type { Dispatcher } from "undici";
import type { Tls } from "./credentials.ts";

/** Calls at once: as many as the controller has workers; more wait in the pool. */
const CALL_SOCKETS = 16;
/** Watches are as many as there are reflectors: some for each namespace that is watched by itself. One that waited for a socket would wait for minutes. */
const WATCH_SOCKETS = null;
/** Idle sockets are probed after so long, ms: below the idle limit of the usual load balancers (60 s). */
const KEEP_ALIVE_PROBE_MS = 30_000;
/** A connection must stand after so long, ms. */
const CONNECT_TIMEOUT_MS = 10_000;

export interface Pool {
  dispatcher(purpose: "call" | "watch", tls: Tls): Dispatcher;
  /** Ends what is under way and closes every socket. */
  close(): Promise<void>;
}

export function createPool(proxyUrl: string | undefined): Pool {
  const make = (connections: number | null, tls: Tls): Dispatcher => {
    const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS, timeout: CONNECT_TIMEOUT_MS };
    if (proxyUrl === undefined) return new Agent({ connections, allowH2: false, connect });
    return new ProxyAgent({ uri: proxyUrl, connections, allowH2: false, requestTls: connect });
  };
  let material = "";
  let agents: { call: Dispatcher; watch: Dispatcher } | undefined;
  return {
    dispatcher(purpose, tls) {
      const wanted = fingerprint(tls);
      if (agents === undefined || wanted !== material) {
        // What still runs on the old certificate may end in peace.
        for (const old of Object.values(agents ?? {})) old.close().catch(() => undefined);
        agents = { call: make(CALL_SOCKETS, tls), watch: make(WATCH_SOCKETS, tls) };
        material = wanted;
      }
      return agents[purpose];
    },
    async close() {
      await Promise.all(Object.values(agents ?? {}).map((agent) => agent.destroy()));
      agents = undefined;
    },
  };
}

function fingerprint(tls: Tls): string {
  const hash = createHash("sha256");
  for (const part of [tls.ca, tls.cert, tls.key, tls.servername, String(tls.rejectUnauthorized)]) hash.update(part ?? "").update("\0");
  return hash.digest("base64");
}
