// The one source of the manifest's fields: the parse, the CRD and the field reference all come from here.
// A field belongs here only once the operator acts on it: nothing may be accepted and ignored.
import { z } from "zod";
import { accessSchema } from "./access.ts";
import { behaviorSchema } from "./behavior.ts";
import { calendarSchema } from "./calendar.ts";
import { capacityBreach, capacityCeiling } from "./capacity.ts";
import { choice, duration, durationOr, type FieldMeta, MAX_REPLICAS, NAME_LENGTH, objectName, patterned, percent, quantity, text, whole } from "./fields.ts";
import { headroomSchema } from "./headroom.ts";
import { outputSchema } from "./output.ts";
import { schedulesSchema } from "./schedules.ts";
import { timeZone } from "./time-zone-field.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Long enough for any query that a person maintains. */
const MAX_QUERY_LENGTH = 8192;
/** Length that Kubernetes allows for kinds. */
const MAX_KIND_LENGTH = 63;

const scaleTargetRef = z
  .strictObject({
    apiVersion: patterned(
      "apiVersion",
      "^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?v[a-z0-9]+$",
      NAME_LENGTH,
      "an API group and version such as apps/v1",
      "API group and version of the target, for example apps/v1.",
    ),
    kind: patterned("kind", "^[A-Z][A-Za-z0-9]*$", MAX_KIND_LENGTH, "a kind such as Deployment", "Kind of the target, for example Deployment."),
    name: objectName("name", "Name of the target, in the namespace of the scaler."),
  })
  .meta({ description: "What to scale: anything with a /scale subresource in the same namespace.", form: "object" } satisfies FieldMeta);

const metric = z
  .strictObject({
    query: text({
      name: "query",
      description: "PromQL that yields one series: the demand on the target, for example requests per second.",
      range: `a PromQL query of 1 to ${MAX_QUERY_LENGTH} characters`,
      maxLength: MAX_QUERY_LENGTH,
      cel: "self.trim() != ''",
      accepts: (value) => value.trim() !== "",
    }),
    targetPerReplica: quantity("targetPerReplica", { zero: false, max: "9E" }, "The demand that one replica serves, in the unit of the query."),
    step: duration("step", 15 * SECOND_MS, HOUR_MS, "Resolution of the series and pace of the decisions.", true).prefault("1m"),
    prometheus: accessSchema,
  })
  .meta({ description: "The demand that replicas are provided for.", form: "object" } satisfies FieldMeta);

const forecast = z
  .strictObject({
    leadTime: durationOr(
      "Auto",
      "leadTime",
      MINUTE_MS,
      2 * HOUR_MS,
      "How far ahead replicas are asked for: at least the time a new pod takes to become Ready. Auto learns it from the target's own scale-ups.",
    ).prefault("20m"),
    history: duration("history", DAY_MS, 90 * DAY_MS, "How much of the metric's past to learn from; the week season needs 14d of it.").prefault("28d"),
    timeZone: timeZone("IANA name of the time zone whose wall clock the seasons follow, across daylight saving."),
    serviceLevel: percent("serviceLevel", 50, 99.99, "Share of the time in which ready capacity is to cover demand.").prefault("99%"),
    seasons: z
      .array(choice(["Day", "Week"], "A period with which demand repeats."))
      .max(2)
      .refine((seasons) => new Set(seasons).size === seasons.length)
      .meta({
        description: "Periods with which demand repeats; an empty list forecasts without seasons.",
        range: "a list of Day, Week, both or neither, each at most once",
        form: "list",
        kubernetes: { "x-kubernetes-list-type": "set" },
      } satisfies FieldMeta)
      .prefault(["Day", "Week"]),
    calendar: calendarSchema,
  })
  .meta({ description: "How to look ahead.", form: "object" } satisfies FieldMeta)
  .prefault({});

const fallback = z
  .strictObject({
    replicas: whole(1, MAX_REPLICAS, "Once the metric has been missing for `after`, at least so many replicas. It only raises."),
    after: duration("after", MINUTE_MS, DAY_MS, "How long the metric must have been missing.").prefault("10m"),
  })
  .meta({
    description: "What to do when the metric is missing for long. Without it, a missing metric holds the replicas that are there.",
    form: "object",
  } satisfies FieldMeta)
  .optional();

/** spec of a PredictiveScaler: the manifest's fields in, durations in ms and quantities as numbers out. Rules between fields: rules.ts. */
export const specSchema = z
  .strictObject({
    scaleTargetRef,
    minReplicas: whole(1, MAX_REPLICAS, "Never fewer replicas than this.").prefault(1),
    maxReplicas: whole(1, MAX_REPLICAS, "Never more replicas than this."),
    maxCapacityBreach: capacityBreach,
    maxReplicasCeiling: capacityCeiling(MAX_REPLICAS),
    mode: choice(
      ["Active", "ScaleOutOnly", "Recommend"],
      "Active scales both ways. ScaleOutOnly never lowers. Recommend changes nothing and says in status what it would do.",
    ).prefault("Active"),
    metric,
    forecast,
    schedules: schedulesSchema,
    behavior: behaviorSchema,
    fallback,
    output: outputSchema,
    nodeHeadroom: headroomSchema,
  })
  .meta({ description: "What the user asks for.", form: "object" } satisfies FieldMeta);
