// A Prometheus for those who know no other now than the wall clock's, in front of the real one: the answer to each instant query as of the simulated now.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface PresentOptions {
  /** Of the real one. */
  readonly prometheusUrl: string;
  /** The simulated now, unix ms. */
  readonly nowMs: () => number;
  /** A number that is answered to every query instead, as long as it yields one. */
  readonly told?: () => number | undefined;
}

export interface PresentPrometheus {
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves on loopback. Where the real one does not answer it answers 502. */
export async function servePresent({ prometheusUrl, nowMs, told = () => undefined }: PresentOptions): Promise<PresentPrometheus> {
  const answerTo = async (query: string): Promise<string> => {
    const nowS = nowMs() / 1000;
    const number = told();
    if (number !== undefined) return JSON.stringify({ status: "success", data: { resultType: "vector", result: [{ metric: {}, value: [nowS, String(number)] }] } });
    return (await fetch(`${prometheusUrl}/api/v1/query?${new URLSearchParams({ query, time: String(nowS) }).toString()}`)).text();
  };
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? "/", "http://present").searchParams.get("query") ?? "";
    answerTo(query).then((text) => response.setHeader("content-type", "application/json").end(text), () => response.writeHead(502).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
