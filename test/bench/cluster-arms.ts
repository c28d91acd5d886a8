// What is raced against each other: the same Deployment five times, each with another autoscaler as its users would set it up.
// Durations that autoscalers keep in wall-clock time are divided by the pace of the race.

export const NAMESPACE = "race";
/** Requests a second that one pod serves; it asks for one core, and all of it is used then. */
export const PER_POD = 50;
/** What HPA and KEDA are set to keep, the usual share. */
const UTILISATION = 0.8;
const MAX_REPLICAS = 60;
const MIN_REPLICAS = 2;
export const START_REPLICAS = 6;

/** A pod is Ready so long after it was scheduled, simulated ms. */
export const READY_MS = 3 * 60_000;
/** The lead of the scalers: what a pod needs, and the minute in which demand is measured. */
const LEAD = "5m";

/** One of those that race: its Deployment's name, what it is, and the objects beside the Deployment. */
export interface Arm {
  readonly name: string;
  readonly what: string;
  readonly objects: readonly object[];
}

export interface Surroundings {
  /** Simulated seconds a second. */
  readonly rate: number;
  /** Of the demand, which is asked of Prometheus by the operator and by KEDA. */
  readonly query: string;
  /** A Prometheus whose now is the simulated one. */
  readonly prometheusUrl: string;
  /** Where the operator answers KEDA. */
  readonly scalerAddress: string;
}

export function arms({ rate, query, prometheusUrl, scalerAddress }: Surroundings): Arm[] {
  // The default behavior of autoscaling/v2, at the race's pace; a period is a second at least.
  const behavior = {
    scaleUp: { policies: [{ type: "Percent", value: 100, periodSeconds: 1 }, { type: "Pods", value: 4, periodSeconds: 1 }] },
    scaleDown: { stabilizationWindowSeconds: Math.round(300 / rate), policies: [{ type: "Percent", value: 100, periodSeconds: 1 }] },
  };
  const hpa = (name: string) => ({
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
      minReplicas: MIN_REPLICAS,
      maxReplicas: MAX_REPLICAS,
      metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 100 * UTILISATION } } }],
      behavior,
    },
  });
  const prometheus = { type: "prometheus", metadata: { serverAddress: prometheusUrl, query, threshold: String(UTILISATION * PER_POD) } };
  const scaledObject = (name: string, triggers: readonly object[], scaleUp: object) => ({
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      scaleTargetRef: { name },
      pollingInterval: 1,
      minReplicaCount: MIN_REPLICAS,
      maxReplicaCount: MAX_REPLICAS,
      advanced: { horizontalPodAutoscalerConfig: { behavior: { ...behavior, scaleUp: { ...behavior.scaleUp, ...scaleUp } } } },
      triggers,
    },
  });
  const scaler = (name: string, output: object) => ({
    apiVersion: "predictivescaler.io/v1alpha1",
    kind: "PredictiveScaler",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
      minReplicas: MIN_REPLICAS,
      maxReplicas: MAX_REPLICAS,
      metric: { query, targetPerReplica: String(PER_POD) },
      forecast: { leadTime: LEAD },
      output,
    },
  });
  const external = { type: "external", metadata: { scalerAddress, scalerName: "external", scaleUpTolerance: "0" } };
  return [
    { name: "hpa", what: "HPA, 80 % of the processor", objects: [hpa("hpa")] },
    { name: "keda", what: "KEDA, prometheus trigger at 80 %", objects: [scaledObject("keda", [prometheus], {})] },
    { name: "scale", what: "predictive, output Scale", objects: [scaler("scale", { type: "Scale" })] },
    {
      name: "floor",
      what: "predictive floor and HPA, 80 %",
      objects: [hpa("floor"), scaler("floor", { type: "HorizontalPodAutoscaler", horizontalPodAutoscaler: { name: "floor" } })],
    },
    { name: "external", what: "predictive, output External, KEDA", objects: [scaler("external", { type: "External" }), scaledObject("external", [external], { tolerance: "0" })] },
  ];
}

/** The Deployment that an arm scales. */
export function raced(name: string, rate: number): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas: START_REPLICAS,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations: { "test.predictivescaler.io/ready-after": `${Math.round(READY_MS / rate)}ms` } },
        spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "app", image: "example.invalid/app", resources: { requests: { cpu: "1" } } }] },
      },
    },
  };
}
