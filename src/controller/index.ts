export { isOwnedBy } from "./ownership.ts";
export { createController } from "./controller.ts";
export type { Controller, ControllerParts } from "./controller.ts";
export type { StoredScaler } from "./report.ts";
export { newLine } from "./model.ts";
export { createModelThread } from "./model-thread.ts";
export { planFor } from "./plan.ts";
export type { Plan } from "./plan.ts";
