// The watch of everybody else who scales, as the operator runs it: what may not be seen is said once, with what is left out for it.
import type { Clock } from "../../clock.ts";
import { createNeighbours } from "../../kube/index.ts";
import type { KubeConnection, Neighbours } from "../../kube/index.ts";
import type { Log } from "../../telemetry/index.ts";

const LEFT_OUT = "HPAs on the targets of scalers are noticed only once they change the replicas.";

export function neighboursFor(namespaces: readonly string[] | undefined, connection: KubeConnection, clock: Clock, log: Log): Neighbours {
  return createNeighbours({
    connection,
    clock,
    namespaces,
    onRefused: (error) => log.warn({ reason: error.reason }, `HorizontalPodAutoscalers may not be watched: ${error.sentence} ${LEFT_OUT}`),
    onError: (error) => log.warn({ reason: error.reason }, `Watching HorizontalPodAutoscalers: ${error.sentence}`),
  });
}
