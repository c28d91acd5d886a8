// A small proxy before a metrics server that lets through only what asks rightly: TLS, client certificates, and whatever `isRight` wants to see.
import { readFileSync } from "node:fs";
import { createServer as createHttp, request as ask } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";

const pem = (name: string) => readFileSync(new URL(`certificates/${name}`, import.meta.url), "utf8");

/** PEM texts: the authority of all, and the client's own. The server is called prometheus.test. */
export const CERTIFICATES = { authority: pem("authority.pem"), client: pem("client.pem"), clientKey: pem("client.key") };
export const SERVER_NAME = "prometheus.test";

export interface GatewayOptions {
  /** Where requests that are right go. */
  readonly target: string;
  readonly tls?: "server" | "mutual";
  /** Everything else is answered 401. */
  readonly isRight?: (request: IncomingMessage, url: URL, body: string) => boolean;
  /** Refuses everything with this text. */
  readonly refusal?: (request: IncomingMessage) => string;
}

export interface Gateway {
  readonly url: string;
  /** Status of each answer. */
  readonly answers: number[];
  close(): Promise<void>;
}

export async function startGateway({ target, tls, isRight = () => true, refusal }: GatewayOptions): Promise<Gateway> {
  const answers: number[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const url = new URL(request.url ?? "/", "http://gateway");
    const end = (status: number, text: string) => {
      answers.push(status);
      response.writeHead(status, { "content-type": "text/plain" }).end(text);
    };
    if (refusal !== undefined) return end(401, refusal(request));
    if (!isRight(request, url, body)) return end(401, "who are you?");
    const forward = ask(target + url.pathname, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" } }, (answer) => {
      answers.push(answer.statusCode ?? 0);
      response.writeHead(answer.statusCode ?? 500, { "content-type": answer.headers["content-type"] ?? "" });
      answer.pipe(response);
    });
    forward.on("error", () => end(502, "no target"));
    forward.end(body);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => void handle(request, response).catch(() => response.destroy());
  const certificates = { cert: pem("server.pem"), key: pem("server.key"), ca: CERTIFICATES.authority };
  const mutual = { requestCert: tls === "mutual", rejectUnauthorized: tls === "mutual" };
  const server = tls === undefined ? createHttp(listener) : createHttps({ ...certificates, ...mutual }, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
