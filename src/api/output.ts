// spec.output: where the number that is decided on goes. A type is here only if the operator acts on it.
import { z } from "zod";
import { choice, type FieldMeta, objectName } from "./fields.ts";
import type { Output } from "./spec.ts";

const RANGE = "an object with a type, and with horizontalPodAutoscaler exactly where the type is HorizontalPodAutoscaler";
const RULE = "(self.type == 'HorizontalPodAutoscaler') == has(self.horizontalPodAutoscaler)";

/** spec.output as the manifest writes it. */
export const outputSchema = z
  .strictObject({
    type: choice(
      ["Scale", "HorizontalPodAutoscaler", "External"],
      "Scale sets the replicas of the target. HorizontalPodAutoscaler keeps minReplicas of an HPA on the same target, and leaves everything above to it. " +
        "External writes nothing: KEDA asks for the number.",
    ).prefault("Scale"),
    horizontalPodAutoscaler: z
      .strictObject({
        name: objectName("name", "Name of the HorizontalPodAutoscaler, in the namespace of the scaler."),
      })
      .meta({ description: "Which HPA. Its scaleTargetRef must be the scaler's.", form: "object" } satisfies FieldMeta)
      .optional(),
  })
  .refine((given) => (given.type === "HorizontalPodAutoscaler") === (given.horizontalPodAutoscaler !== undefined), { error: RANGE })
  .meta({ description: "Where the number goes.", range: RANGE, form: "object", rules: [{ rule: RULE, message: `must be ${RANGE}` }] } satisfies FieldMeta)
  .prefault({ type: "Scale" });

/** As the rest of the program knows it. */
export function completeOutput({ type, horizontalPodAutoscaler }: z.output<typeof outputSchema>): Output {
  if (type === "External") return { type };
  return horizontalPodAutoscaler === undefined ? { type: "Scale" } : { type: "HorizontalPodAutoscaler", name: horizontalPodAutoscaler.name };
}
