// The demo's world in numbers: a shop whose pods take ten minutes to become Ready, four weeks of history, two days to be judged.
import { GROUP, KIND, VERSION } from "../../api/index.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** First midnight of the two judged days: Tuesday, 3 March 2026, UTC. */
export const LIVE_MS = 1_772_496_000_000;
/** So long before it the operator starts: time to load history and to leave the reactive start. */
export const WARM_UP_MS = 3 * HOUR_MS;
/** Judging waits so long after the first forecast, so that what is judged was asked for with one. */
export const SETTLE_MS = 45 * MINUTE_MS;
/** A scaler without a forecast after this long is a failed demo. */
export const PATIENCE_MS = 30 * HOUR_MS;
export const JUDGED_MINUTES = 48 * 60;
export const READY_DELAY_MS = 10 * MINUTE_MS;
export const LEAD_MS = 20 * MINUTE_MS;
export const TIME_ZONE = "UTC";
/** Demand that one replica serves, requests a second. */
export const TARGET_PER_REPLICA = 20;
export const MIN_REPLICAS = 2;
export const MAX_REPLICAS = 80;
export const SERVICE_LEVEL = 0.99;
/** Replicas that the workload has when the operator comes. */
export const START_REPLICAS = 40;

export const NAMESPACE = "shop";
export const NAME = "checkout";
export const METRIC = "requests_per_second";

export const NAMESPACE_OBJECT = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };

export const DEPLOYMENT = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: NAME, labels: { app: NAME } },
  spec: {
    replicas: START_REPLICAS,
    selector: { matchLabels: { app: NAME } },
    template: { metadata: { labels: { app: NAME } }, spec: { containers: [{ name: NAME, image: "example.org/checkout" }] } },
  },
};

export const SCALER = {
  apiVersion: `${GROUP}/${VERSION}`,
  kind: KIND,
  metadata: { name: NAME },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: NAME },
    minReplicas: MIN_REPLICAS,
    maxReplicas: MAX_REPLICAS,
    metric: { query: `sum(${METRIC}{service="${NAME}"})`, targetPerReplica: String(TARGET_PER_REPLICA), step: "1m" },
    forecast: { leadTime: "20m", history: "28d", timeZone: TIME_ZONE, serviceLevel: "99%" },
  },
};
