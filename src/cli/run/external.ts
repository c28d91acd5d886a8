// The server that KEDA asks, where the flags ask for it: which scalers it knows, what time it goes by, what it counts.
import type { Clock } from "../../clock.ts";
import type { StoredScaler } from "../../controller/index.ts";
import { replicasAnswer, serveExternalScaler } from "../../external/index.ts";
import type { ExternalScalerServer } from "../../external/index.ts";
import type { Reflector } from "../../kube/index.ts";
import type { Log, Metrics } from "../../telemetry/index.ts";
import type { RunOptions } from "./options.ts";

interface Parts {
  /** All that are seen: a replica that does not lead answers for them too, from their status. */
  readonly scalers: Reflector<StoredScaler>;
  /** The time that decisions are made in. */
  readonly clock: Clock;
  readonly wallClock: Clock;
  readonly metrics: Metrics;
  readonly log: Log;
}

type Options = Pick<RunOptions, "externalScalerAddr" | "externalScalerCertFile" | "externalScalerKeyFile" | "externalScalerClientCaFile">;

/** Which of the flags for TLS does not go with the others, as a sentence. */
export function tlsComplaint(options: Options): string | undefined {
  const { externalScalerAddr: addr, externalScalerCertFile: cert, externalScalerKeyFile: key, externalScalerClientCaFile: clientCa } = options;
  if ((cert === undefined) !== (key === undefined)) return "--external-scaler-cert-file and --external-scaler-key-file go together: give both or neither.";
  if (clientCa !== undefined && cert === undefined) return "--external-scaler-client-ca-file needs --external-scaler-cert-file and --external-scaler-key-file.";
  if (cert !== undefined && addr === undefined) return "--external-scaler-cert-file has no use without --external-scaler-addr, such as 0.0.0.0:9090.";
  return undefined;
}

/** The same answers over the operator's own HTTP, there always. */
export function replicasOverHttp({ scalers, clock, metrics }: Pick<Parts, "scalers" | "clock" | "metrics">) {
  return (namespace: string, name: string, query: URLSearchParams) => {
    const { code, ...answer } = replicasAnswer(scalers, { namespace, name, scaleUpTolerance: query.get("scaleUpTolerance") }, clock.nowMs());
    metrics.externalRequest("HTTP", code);
    return answer;
  };
}

/** Starts it if there is an address. Throws OperatorError when it cannot. */
export async function serveExternal(options: Options, { scalers, clock, wallClock, metrics, log }: Parts): Promise<ExternalScalerServer | undefined> {
  const { externalScalerAddr: addr, externalScalerCertFile: cert, externalScalerKeyFile: key, externalScalerClientCaFile: clientCa } = options;
  if (addr === undefined) return undefined;
  const server = await serveExternalScaler({
    ...addr,
    tls: cert === undefined || key === undefined ? undefined : { cert, key, clientCa },
    scalers,
    nowMs: () => clock.nowMs(),
    clock: wallClock,
    onRequest: (method, code) => metrics.externalRequest(method, code),
    onProblem: (sentence) => log.warn({}, sentence),
  });
  log.info({ externalScalerAddress: server.address, tls: cert !== undefined }, "the external scaler listens");
  return server;
}
