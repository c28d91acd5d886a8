// Manifests that must be refused, each for one field: by the parse offline and by the API server. `patch` is merged into the good manifest below.
import { BAD_CALENDARS, EDGE_CALENDARS } from "./calendar-manifests.ts";
import { BAD_SCHEDULES, EDGE_SCHEDULES } from "./schedule-manifests.ts";

export interface BadManifest {
  readonly name: string;
  /** Merged into GOOD_MANIFEST; undefined removes what is there. */
  readonly patch: Readonly<Record<string, unknown>>;
  /** The field that the refusal must name. */
  readonly field: string;
}

type PlainObject = Readonly<Record<string, unknown>>;

/** The smallest manifest that is accepted. */
export const GOOD_MANIFEST = {
  apiVersion: "predictivescaler.io/v1alpha1",
  kind: "PredictiveScaler",
  metadata: { name: "checkout", namespace: "default" },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" },
    maxReplicas: 40,
    metric: { query: "sum(rate(http_requests_total[2m]))", targetPerReplica: "50" },
  },
};

const bad = (name: string, field: string, spec: PlainObject): BadManifest => ({ name, field, patch: { spec } });
const metric = (name: string, member: string, value: unknown) => bad(name, `spec.metric.${member}`, { metric: { [member]: value } });
const forecast = (name: string, member: string, value: unknown) => bad(name, `spec.forecast.${member}`, { forecast: { [member]: value } });
const down = (name: string, member: string, value: unknown, field = member) =>
  bad(name, `spec.behavior.scaleDown.${field}`, { behavior: { scaleDown: { [member]: value } } });
const policy = (value: PlainObject) => [{ type: "Percent", value: 10, periodSeconds: 60, ...value }];

const access = (name: string, field: string, value: PlainObject) => bad(name, `spec.metric.prometheus${field}`, { metric: { prometheus: value } });
const key = { name: "secret", key: "token" };
const bearer = { secretKeyRef: key };
const badAccess: readonly BadManifest[] = [
  ...["prometheus.example", "ftp://prometheus.example", "https://user:word@prometheus.example", "https://prometheus.example?a=b", "https://a b"].map((url) =>
    access(`Prometheus URL ${url}`, ".url", { url }),
  ),
  access("two ways to authenticate", ".auth", { auth: { bearer, basic: { username: "a", passwordSecretKeyRef: key } } }),
  access("no way to authenticate", ".auth", { auth: {} }),
  access("token without a key", ".auth.bearer.secretKeyRef.key", { auth: { bearer: { secretKeyRef: { name: "secret" } } } }),
  access("token as text", ".auth.bearer.token", { auth: { bearer: { ...bearer, token: "abc" } } }),
  access("user name with a colon", ".auth.basic.username", { auth: { basic: { username: "a:b", passwordSecretKeyRef: key } } }),
  access("signature without a region", ".auth.sigV4.region", { auth: { sigV4: {} } }),
  access("certificate without a key", ".tls", { tls: { certSecretKeyRef: key } }),
  access("secret of an impossible name", ".tls.caSecretKeyRef.name", { tls: { caSecretKeyRef: { name: "A", key: "b" } } }),
  access("header with two values", ".headers[0]", { headers: [{ name: "X-A", value: "a", valueFrom: bearer }] }),
  access("header without a value", ".headers[0]", { headers: [{ name: "X-A" }] }),
  access("header that the client sets", ".headers[0].name", { headers: [{ name: "Authorization", value: "a" }] }),
  access("header with a line end", ".headers[0].value", { headers: [{ name: "X-A", value: "a\nb" }] }),
  access("parameter with an impossible name", ".queryParameters[0].name", { queryParameters: [{ name: "a b", value: "c" }] }),
  access("time-out of nothing", ".timeout", { timeout: "0s" }),
  access("time-out beyond two minutes", ".timeout", { timeout: "3m" }),
];

export const BAD_MANIFESTS: readonly BadManifest[] = [
  bad("no target", "spec.scaleTargetRef", { scaleTargetRef: undefined }),
  bad("target without a name", "spec.scaleTargetRef.name", { scaleTargetRef: { name: undefined } }),
  bad("target with an impossible name", "spec.scaleTargetRef.name", { scaleTargetRef: { name: "Check Out" } }),
  bad("target with an impossible kind", "spec.scaleTargetRef.kind", { scaleTargetRef: { kind: "deployment" } }),
  bad("target with an impossible apiVersion", "spec.scaleTargetRef.apiVersion", { scaleTargetRef: { apiVersion: "apps" } }),
  bad("no maxReplicas", "spec.maxReplicas", { maxReplicas: undefined }),
  bad("maxReplicas as text", "spec.maxReplicas", { maxReplicas: "40" }),
  bad("maxReplicas with a fraction", "spec.maxReplicas", { maxReplicas: 4.5 }),
  bad("maxReplicas beyond any cluster", "spec.maxReplicas", { maxReplicas: 100_001 }),
  bad("minReplicas 0", "spec.minReplicas", { minReplicas: 0 }),
  bad("minReplicas above maxReplicas", "spec.minReplicas", { minReplicas: 41 }),
  bad("no time to look for nodes", "spec.nodeHeadroom.ahead", { nodeHeadroom: { ahead: "0s" } }),
  bad("nodes beyond six hours", "spec.nodeHeadroom.ahead", { nodeHeadroom: { ahead: "6h1m" } }),
  bad("PriorityClass of an impossible name", "spec.nodeHeadroom.priorityClassName", { nodeHeadroom: { priorityClassName: "Low" } }),
  bad("number of placeholder pods", "spec.nodeHeadroom.replicas", { nodeHeadroom: { replicas: 3 } }),
  bad("unknown answer to a breach of the maximum", "spec.maxCapacityBreach", { maxCapacityBreach: "Ignore" }),
  bad("Raise without a ceiling", "spec.maxReplicasCeiling", { maxCapacityBreach: "Raise" }),
  bad("ceiling without Raise", "spec.maxReplicasCeiling", { maxReplicasCeiling: 60 }),
  bad("ceiling below maxReplicas", "spec.maxReplicasCeiling", { maxCapacityBreach: "Raise", maxReplicasCeiling: 39 }),
  bad("unknown mode", "spec.mode", { mode: "Automatic" }),
  bad("no metric", "spec.metric", { metric: undefined }),
  metric("no query", "query", undefined),
  metric("empty query", "query", ""),
  metric("blank query", "query", " \n"),
  metric("query of unbounded length", "query", "x".repeat(8193)),
  metric("no targetPerReplica", "targetPerReplica", undefined),
  metric("targetPerReplica 0", "targetPerReplica", 0),
  metric("targetPerReplica below 0", "targetPerReplica", "-5"),
  metric("targetPerReplica of no unit that exists", "targetPerReplica", "50rps"),
  metric("targetPerReplica beyond any number", "targetPerReplica", "1e400"),
  metric("targetPerReplica beyond 64 bits", "targetPerReplica", "10E"),
  metric("targetPerReplica with a fraction outside quotes", "targetPerReplica", 0.5),
  metric("step below 15s", "step", "14s"),
  metric("step above 1h", "step", "2h"),
  metric("step that does not divide a day", "step", "7m"),
  metric("step without a unit", "step", "60"),
  metric("step with units out of order", "step", "30s1m"),
  metric("step empty", "step", ""),
  metric("step as a number", "step", 60),
  forecast("leadTime below 1m", "leadTime", "59s"),
  forecast("leadTime above 2h", "leadTime", "2h1s"),
  forecast("leadTime auto in lower case", "leadTime", "auto"),
  bad("leadTime shorter than step", "spec.forecast.leadTime", { forecast: { leadTime: "20m" }, metric: { step: "30m" } }),
  forecast("history below 1d", "history", "23h"),
  forecast("history above 90d", "history", "13w"),
  forecast("history of a length that overflows", "history", "99999999999999d"),
  forecast("unknown zone", "timeZone", "Europe/Berln"),
  forecast("zone as an offset", "timeZone", "+02:00"),
  forecast("zone of the machine", "timeZone", "Local"),
  forecast("service level of 100 %", "serviceLevel", "100%"),
  forecast("service level below 50 %", "serviceLevel", "49.99%"),
  forecast("service level without %", "serviceLevel", "0.99"),
  bad("unknown season", "spec.forecast.seasons[0]", { forecast: { seasons: ["Month"] } }),
  forecast("season twice", "seasons", ["Day", "Day"]),
  down("window beyond an hour", "stabilizationWindowSeconds", 3601),
  down("unknown selectPolicy", "selectPolicy", "Median"),
  down("no policy", "policies", []),
  down("policy of 0", "policies", policy({ value: 0 }), "policies[0].value"),
  down("policy of a period beyond 30 minutes", "policies", policy({ periodSeconds: 1801 }), "policies[0].periodSeconds"),
  down("policy of an unknown type", "policies", policy({ type: "Nodes" }), "policies[0].type"),
  down("tolerance below 0", "tolerance", "-100m"),
  bad("fallback without replicas", "spec.fallback.replicas", { fallback: { after: "10m" } }),
  bad("fallback above maxReplicas", "spec.fallback.replicas", { fallback: { replicas: 41 } }),
  bad("fallback at once", "spec.fallback.after", { fallback: { replicas: 5, after: "0s" } }),
  ...BAD_SCHEDULES.map(([name, field, spec]) => bad(name, field, spec)),
  ...BAD_CALENDARS.map(([name, field, spec]) => bad(name, field, spec)),
  bad("mistyped field", "spec.maxReplica", { maxReplica: 40 }),
  bad("unknown output", "spec.output.type", { output: { type: "Replicas" } }),
  bad("floor of no HPA", "spec.output", { output: { type: "HorizontalPodAutoscaler" } }),
  bad("HPA beside output Scale", "spec.output", { output: { type: "Scale", horizontalPodAutoscaler: { name: "checkout" } } }),
  bad("HPA without a type", "spec.output", { output: { horizontalPodAutoscaler: { name: "checkout" } } }),
  bad("HPA without a name", "spec.output.horizontalPodAutoscaler.name", { output: { type: "HorizontalPodAutoscaler", horizontalPodAutoscaler: {} } }),
  bad("HPA of an impossible name", "spec.output.horizontalPodAutoscaler.name", { output: { type: "HorizontalPodAutoscaler", horizontalPodAutoscaler: { name: "Check Out" } } }),
  ...badAccess,
];

/** The whole manifest of an entry. */
export function manifestOf({ patch }: BadManifest): PlainObject {
  return merged(GOOD_MANIFEST, patch);
}

/** `base` with `patch` merged in; undefined removes. */
export function merged(base: PlainObject, patch: PlainObject): PlainObject {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    const old = result[key];
    if (value === undefined) delete result[key];
    else result[key] = isObject(value) ? merged(isObject(old) ? old : {}, value) : value;
  }
  return result;
}

function isObject(value: unknown): value is PlainObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const good = (name: string, spec: PlainObject): Omit<BadManifest, "field"> => ({ name, patch: { spec } });

/** Manifests at the edge of what is allowed: both the parse and the API server must accept them. */
export const EDGE_MANIFESTS: readonly Omit<BadManifest, "field">[] = [
  good("node headroom with its defaults", { nodeHeadroom: {} }),
  good("node headroom of six hours", { nodeHeadroom: { ahead: "6h", priorityClassName: "a.b-c" } }),
  good("as small as it gets", {}),
  good("output with nothing said", { output: {} }),
  good("floor of an HPA", { output: { type: "HorizontalPodAutoscaler", horizontalPodAutoscaler: { name: "checkout" } } }),
  ...[1, "500m", "1k", "1Ki", "1e3", "5E", "9E", "1e-30", "+.5", "1.", "1n"].map((value) =>
    good(`targetPerReplica ${value}`, { metric: { targetPerReplica: value } }),
  ),
  ...["15s", "1h", "1m30s", "60000ms", "60m", "90s"].map((value) => good(`step ${value}`, { metric: { step: value }, forecast: { leadTime: "2h" } })),
  ...["1d", "90d", "12w6d", "24h", "36h", "0y4w"].map((value) => good(`history ${value}`, { forecast: { history: value } })),
  ...["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "US/Pacific", "Etc/GMT+5", "America/Port-au-Prince", "EST5EDT"].map((value) =>
    good(`zone ${value}`, { forecast: { timeZone: value } }),
  ),
  ...["50%", "99.99%", "099%", "99.9%"].map((value) => good(`service level ${value}`, { forecast: { serviceLevel: value } })),
  ...["1m", "1h"].map((step) => good(`leadTime Auto with a step of ${step}`, { forecast: { leadTime: "Auto" }, metric: { step } })),
  good("no seasons", { forecast: { seasons: [] } }),
  good("a tolerance of 0", { behavior: { scaleDown: { tolerance: 0 }, scaleUp: { tolerance: "100m" } } }),
  good("null where a default is", { minReplicas: null, behavior: null, forecast: { seasons: null } }),
  good("no scale down", { behavior: { scaleDown: { selectPolicy: "Disabled" } } }),
  good("a fallback with its default", { fallback: { replicas: 40 } }),
  good("a ceiling at maxReplicas", { maxCapacityBreach: "Raise", maxReplicasCeiling: 40 }),
  ...EDGE_SCHEDULES.map(([name, spec]) => good(name, spec)),
  ...EDGE_CALENDARS.map(([name, spec]) => good(name, spec)),
  good("one number of replicas", { minReplicas: 40 }),
  ...["http://prometheus:9090", "https://prometheus.example/prefix/", "https://10.0.0.1", "http://[::1]:9090"].map((url) =>
    good(`Prometheus at ${url}`, { metric: { prometheus: { url } } }),
  ),
  good("every way to ask Prometheus", {
    metric: {
      prometheus: {
        auth: { sigV4: { region: "eu-central-1" } },
        tls: { caSecretKeyRef: key, certSecretKeyRef: key, keySecretKeyRef: key, serverName: "a.b", insecureSkipVerify: true },
        headers: [{ name: "X-Scope-OrgID", value: "shop|web" }, { name: "X-B", valueFrom: bearer }],
        queryParameters: [{ name: "partial_response", value: "false" }],
        timeout: "1s",
      },
    },
  }),
];
