// autoscaling/v2 HorizontalPodAutoscalerBehavior: same names, same meaning, same defaults, except the two that the margin is calibrated with.
import { z } from "zod";
import { choice, type FieldMeta, quantity, whole } from "./fields.ts";

/** The HPA's own bounds. */
const MAX_WINDOW_SECONDS = 3600;
const MAX_PERIOD_SECONDS = 1800;
/** Bounds of ours, far above any use. */
const MAX_POLICY_VALUE = 1_000_000;
const MAX_POLICIES = 16;

type Direction = "scaleUp" | "scaleDown";
type PolicyInput = { type: "Pods" | "Percent"; value: number; periodSeconds: number };

const policy = z
  .strictObject({
    type: choice(["Pods", "Percent"], "What value counts: pods, or percent of the replicas at the start of the period."),
    value: whole(1, MAX_POLICY_VALUE, "How much may change within one period."),
    periodSeconds: whole(1, MAX_PERIOD_SECONDS, "Length of the period in seconds."),
  })
  .meta({ description: "One limit on how fast the number of replicas changes." } satisfies FieldMeta);

function rules(direction: Direction, defaults: { windowSeconds: number; tolerance: string; policies: PolicyInput[] }) {
  const way = direction === "scaleUp" ? "up" : "down";
  const extreme = direction === "scaleUp" ? "lowest" : "highest";
  return z
    .strictObject({
      stabilizationWindowSeconds: whole(
        0,
        MAX_WINDOW_SECONDS,
        `Seconds to look back: the ${extreme} number of replicas wanted within them is used, so that a brief swing does not scale ${way}.`,
      ).prefault(defaults.windowSeconds),
      selectPolicy: choice(
        ["Max", "Min", "Disabled"],
        `Which policy counts: Max takes the one that allows the largest change, Min the smallest, Disabled never scales ${way}.`,
      ).prefault("Max"),
      policies: z
        .array(policy)
        .min(1)
        .max(MAX_POLICIES)
        .meta({
          description: `Limits on how fast to scale ${way}.`,
          range: `a list of 1 to ${MAX_POLICIES} policies`,
          form: "list",
          kubernetes: { "x-kubernetes-list-type": "atomic" },
        } satisfies FieldMeta)
        .prefault(defaults.policies),
      tolerance: quantity(
        "tolerance",
        { zero: true, max: "10" },
        `Share by which the replicas wanted must differ from the present ones before scaling ${way}; "0.1" is 10 %.`,
      ).prefault(defaults.tolerance),
    })
    .meta({ description: `How to scale ${way}.`, form: "object" } satisfies FieldMeta)
    .prefault({});
}

/** spec.behavior. */
export const behaviorSchema = z
  .strictObject({
    scaleUp: rules("scaleUp", {
      windowSeconds: 0,
      tolerance: "0",
      policies: [
        { type: "Pods", value: 4, periodSeconds: 15 },
        { type: "Percent", value: 100, periodSeconds: 15 },
      ],
    }),
    scaleDown: rules("scaleDown", { windowSeconds: 600, tolerance: "0.1", policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] }),
  })
  .meta({
    description:
      "How fast and how readily to scale: the behavior of a HorizontalPodAutoscaler (autoscaling/v2), with its names and defaults, except that " +
      "scaleDown.stabilizationWindowSeconds is 600 and scaleUp.tolerance is 0.",
    form: "object",
  } satisfies FieldMeta)
  .prefault({});
