// The operator's own HTTP: /metrics, /healthz (the loop is alive), /readyz (caches are synced).
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "./metrics.ts";

export interface HttpOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly metrics: Metrics;
  /** Undefined when well, else one sentence that says what is not. */
  readonly health: () => string | undefined;
  readonly readiness: () => string | undefined;
}

export interface TelemetryServer {
  /** For example `http://127.0.0.1:8080`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts to listen; rejects when the address cannot be had. */
export async function serveTelemetry(options: HttpOptions): Promise<TelemetryServer> {
  const verdict = (complaint: string | undefined) => ({ status: complaint === undefined ? 200 : 503, text: `${complaint ?? "ok"}\n`, type: "text/plain" });
  const answer = async (path: string) => {
    if (path === "/metrics") return { status: 200, text: await options.metrics.render(), type: options.metrics.contentType };
    if (path === "/healthz") return verdict(options.health());
    if (path === "/readyz") return verdict(options.readiness());
    return { status: 404, text: "Not found. There is /metrics, /healthz and /readyz.\n", type: "text/plain" };
  };
  const server = createServer((request, response) => {
    answer((request.url ?? "/").split("?")[0] ?? "/").then(
      ({ status, text, type }) => response.writeHead(status, { "content-type": type }).end(text),
      (error: unknown) => response.writeHead(500, { "content-type": "text/plain" }).end(`${String(error)}\n`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
