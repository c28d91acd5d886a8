// What the operator writes into status. Every text and list is bounded: a status that the API server refuses would be a status not seen.
import { z } from "zod";
import { CONDITION_TYPES, type ConditionType, type Reason } from "./conditions.ts";
import type { FieldMeta } from "./fields.ts";

/** Longest messages, the longest trace and the most replicas (Kubernetes counts in 32 bits) that fit; writers cut to these. */
export const STATUS_LIMITS = { messageLength: 4096, traceEntries: 32, timesToReady: 40, managerLength: 128, replicas: 2 ** 31 - 1 } as const;

/** A status whose scaler is decided on is at most so old, ms; it is written sooner when something changed that a person would act on. */
export const STATUS_EVERY_MS = 5 * 60_000;

const MAX_WORD_LENGTH = 64;
const MAX_INT32 = STATUS_LIMITS.replicas;

const described = (description: string): FieldMeta => ({ description });
const moment = (description: string) =>
  z
    .string()
    .max(MAX_WORD_LENGTH)
    .meta({ description, kubernetes: { format: "date-time" } } satisfies FieldMeta);
const word = (description: string) => z.string().max(MAX_WORD_LENGTH).meta({ ...described(description) });
const message = (description: string) => z.string().max(STATUS_LIMITS.messageLength).meta({ ...described(description) });
const count = (description: string) => z.int().min(0).max(MAX_INT32).meta({ ...described(description) });
/** A reason's word: text for the API server, so that an older CRD takes newer words; the vocabulary for the compiler. */
const reason = (description: string) => word(description) as unknown as z.ZodType<Reason>;

const replicasFrom = count("Replicas before.");
const replicasTo = count("Replicas after.");
const conclusion = {
  time: moment("When it was decided."),
  from: replicasFrom,
  to: replicasTo,
  reason: reason("Which rule decided, as one word."),
  message: message("Why, as one sentence."),
};

const trace = z
  .array(
    z
      .object({
        rule: word("Name of the rule."),
        from: replicasFrom,
        to: replicasTo,
        reason: reason("Why it changed the number, as one word."),
        message: message("Why, as one sentence."),
      })
      .meta({ ...described("What one rule said.") }),
  )
  .max(STATUS_LIMITS.traceEntries)
  .meta({ description: "Every rule that had something to say, in order.", kubernetes: { "x-kubernetes-list-type": "atomic" } } satisfies FieldMeta);

const condition = z
  .object({
    type: z.string().max(MAX_WORD_LENGTH).meta({ ...described(`One of ${CONDITION_TYPES.join(", ")}.`) }) as unknown as z.ZodType<ConditionType>,
    status: z.enum(["True", "False", "Unknown"]).meta({ ...described("Whether it holds.") }),
    reason: reason("Why, as one word."),
    message: message("Why, as a sentence, and what to do."),
    lastTransitionTime: moment("When status last changed."),
    observedGeneration: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().meta({ ...described("The generation of the manifest that was judged.") }),
  })
  .meta({ ...described("One aspect of the scaler's state.") });

const demand = z.object({
  now: word("The newest sample.").optional(),
  atLead: word("Forecast for one lead time from now.").optional(),
  upperAtLead: word("Upper bound of that forecast: 95 % of the demand stays below it.").optional(),
  peak: z
    .object({
      time: moment("When it comes."),
      demand: word("How high it is."),
      replicas: count("Replicas that it needs."),
    })
    .optional()
    .meta({ ...described("Highest forecast demand of the next 24 hours.") }),
});

const model = z.object({
  fittedAt: moment("When the model was last fitted.").optional(),
  historyFrom: moment("Start of the past that it learned from.").optional(),
  samples: z.int().min(0).max(MAX_INT32).optional().meta({ ...described("Steps of that past.") }),
  present: word("Share of those steps that have a sample.").optional(),
  leadTime: word("How far ahead replicas are asked for.").optional(),
});

const serviceLevel = z.object({
  window: word("Over how long it was measured.").optional(),
  target: word("Share of the time in which ready capacity is to cover demand.").optional(),
  met: word("Share of the time in which it did, where both were known.").optional(),
  since: moment("Since when it is known, at most the window.").optional(),
});

const timeToReady = z.object({
  high: word("The time from asking to Ready that nine of ten scale-ups do not exceed.").optional(),
  observed: z
    .array(word("The time from asking to Ready of one scale-up."))
    .max(STATUS_LIMITS.timesToReady)
    .optional()
    .meta({ description: "The newest observed times, oldest first.", kubernetes: { "x-kubernetes-list-type": "atomic" } } satisfies FieldMeta),
});

const accuracy = z.object({
  window: word("Over how long it was measured.").optional(),
  wape: word("Sum of the absolute errors at the lead time, as a share of the sum of the demand.").optional(),
  coverage: word("Share of samples below the upper bound.").optional(),
  skill: word("How much smaller the error is than that of assuming that demand stays as it is.").optional(),
});

const nodeHeadroom = z.object({
  replicas: count("Placeholder pods that are asked for."),
  ready: count("Placeholder pods that have their room.").optional(),
});

const schedule = z.object({
  active: z
    .array(word("Name of a schedule."))
    .max(16)
    .meta({ description: "Schedules that are on.", kubernetes: { "x-kubernetes-list-type": "atomic" } } satisfies FieldMeta),
  next: z
    .object({
      time: moment("When a schedule goes on or off next."),
      name: word("Which one."),
      minReplicas: count("The floor from then on."),
      maxReplicas: count("The ceiling from then on."),
    })
    .optional()
    .meta({ ...described("The next change; absent where none can be seen.") }),
});

const conflict = z.object({
  manager: z.string().max(STATUS_LIMITS.managerLength).meta({ ...described("The field manager that changed the replicas after the scaler had set them.") }),
  change: message("What was changed, as a sentence."),
  until: moment("Nothing is written before this."),
  times: count("How often in a row, without an undisturbed hour in between."),
});

/** status of a PredictiveScaler. */
export const statusSchema = z
  .object({
    observedGeneration: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().meta({ ...described("The generation of the manifest that status is about.") }),
    currentReplicas: count("Replicas of the target as last read.").optional(),
    desiredReplicas: count("Replicas that the scaler wants.").optional(),
    lastScaleTime: moment("When the scaler last changed the target.").optional(),
    demand: demand.optional().meta({ ...described("Demand now and ahead, in the unit of the query.") }),
    model: model.optional().meta({ ...described("What the forecast was learned from.") }),
    accuracy: accuracy.optional().meta({ ...described("How good the forecasts were that have come due.") }),
    serviceLevel: serviceLevel.optional().meta({ ...described("How well the target's ready replicas really covered demand.") }),
    timeToReady: timeToReady.optional().meta({ ...described("How long replicas take from being asked for to being Ready; what leadTime Auto follows.") }),
    decision: z
      .object({ ...conclusion, trace: trace.optional() })
      .optional()
      .meta({ ...described("The last decision and how it came about.") }),
    recommendation: z
      .object({ ...conclusion, advice: message("Whether the forecast has earned mode Active, and why or why not.").optional() })
      .optional()
      .meta({ ...described("In mode Recommend: what would have been done.") }),
    schedule: schedule.optional().meta({ ...described("Which schedules are on, and what comes next.") }),
    conflict: conflict.optional().meta({ ...described("The last change by others that stopped the scaler; gone after an undisturbed hour.") }),
    nodeHeadroom: nodeHeadroom.optional().meta({ ...described("Placeholder pods that keep nodes ready; while it is there, so may be their Deployment.") }),
    conditions: z
      .array(condition)
      .max(16)
      .optional()
      .meta({
        description: "The scaler's state, an entry a type.",
        kubernetes: { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] },
      } satisfies FieldMeta),
  })
  .meta({ ...described("What the operator sees and does; written by it alone.") });

/** status of a PredictiveScaler. Times are RFC 3339; demands, shares and durations are text. */
export type ScalerStatus = z.infer<typeof statusSchema>;

/** One condition of a status, with its times. */
export type Condition = NonNullable<ScalerStatus["conditions"]>[number];
