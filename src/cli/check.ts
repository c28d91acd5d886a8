// `check URL`: whether the operator behind a metrics address answers as it should; what `helm test` runs. Nothing is written.
// Exit codes: 1 something answers otherwise, 3 nothing answers.
import { Argument, Command } from "commander";
import { request as send } from "undici";
import { withTimeout } from "../clock.ts";
import { EXIT } from "./io.ts";
import type { Io } from "./io.ts";
import { httpUrl } from "./option-values.ts";

/** A metric that every replica has. */
const METRIC = /^predictive_scaler_leader [01]$/m;
/** Each address and what is wrong with its answer, if anything is. */
const ADDRESSES: readonly { readonly path: string; readonly problem: (status: number, text: string) => string | undefined }[] = [
  { path: "/healthz", problem: unlessOk },
  { path: "/readyz", problem: unlessOk },
  {
    path: "/metrics",
    problem: (status, text) => unlessOk(status, text) ?? (METRIC.test(text) ? undefined : "there is no predictive_scaler_leader in it"),
  },
];
const TIMEOUT_MS = 10_000;
/** 10,000 scalers are some 200,000 series of 100 bytes each. */
const MAX_BYTES = 128 * 2 ** 20;
/** Characters of an answer that are shown. */
const SHOWN = 200;
const EXAMPLE = `
Example:
  predictive-scaler check http://predictive-scaler-metrics.predictive-scaler.svc:8080

Asks /healthz (the operator lives), /readyz (it has listed its scalers) and /metrics.
`;

export function checkCommand(io: Io, finish: (code: number) => void): Command {
  return new Command("check")
    .description("Check that the operator behind a metrics address answers as it should.")
    .addArgument(new Argument("<url>", "metrics address of the operator").argParser(httpUrl("http://prometheus:9090")))
    .addHelpText("after", EXAMPLE)
    .action(async (url: URL) => finish(await check(url.href.replace(/\/+$/, ""), io)));
}

async function check(base: string, io: Io): Promise<number> {
  let code: number = EXIT.ok;
  for (const { path, problem } of ADDRESSES) {
    try {
      const { status, text } = await get(base + path, io.signal);
      const wrong = problem(status, text);
      io.stdout(`${base}${path}: ${wrong ?? "ok"}\n`);
      if (wrong !== undefined) code = EXIT.bad;
    } catch (error) {
      io.signal.throwIfAborted();
      io.stderr(`predictive-scaler: ${base}${path} does not answer: ${error instanceof Error ? error.message || error.name : String(error)}\n`);
      return EXIT.unreachable;
    }
  }
  return code;
}

async function get(url: string, signal: AbortSignal): Promise<{ readonly status: number; readonly text: string }> {
  const { statusCode, body } = await send(url, { method: "GET", signal: withTimeout(TIMEOUT_MS, signal) });
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > MAX_BYTES) throw new Error(`the answer is longer than ${MAX_BYTES} bytes`);
    pieces.push(piece);
  }
  return { status: statusCode, text: Buffer.concat(pieces).toString("utf8") };
}

function unlessOk(status: number, text: string): string | undefined {
  return status === 200 ? undefined : `answers ${status}: ${text.trim().slice(0, SHOWN)}`;
}
