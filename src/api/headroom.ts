// spec.nodeHeadroom: placeholder pods of low priority, so that there are nodes before there are pods for them.
import { z } from "zod";
import { duration, type FieldMeta, objectName } from "./fields.ts";

const MINUTE_MS = 60_000;

/** What the chart calls its PriorityClass. */
export const HEADROOM_PRIORITY_CLASS = "predictive-scaler-headroom";

export const headroomSchema = z
  .strictObject({
    ahead: duration(
      "ahead",
      MINUTE_MS,
      6 * 60 * MINUTE_MS,
      "How far beyond the lead time to look: at least the time that the cluster takes to add a node.",
    ).prefault("30m"),
    priorityClassName: objectName(
      "priorityClassName",
      "PriorityClass of the placeholder pods: below that of every other pod, and above what the node autoscaler ignores. The default is the chart's.",
      "the name of a PriorityClass",
    ).prefault(HEADROOM_PRIORITY_CLASS),
  })
  .meta({
    description:
      "Placeholder pods that request what the target's pods request and give way to every other pod at once, as many as the forecast needs beyond " +
      "the lead time. They have a node autoscaler add nodes before the target's pods come. For Deployments, StatefulSets and ReplicaSets.",
    form: "object",
  } satisfies FieldMeta)
  .optional();
