export { createController } from "./controller.ts";
export type { Controller, ControllerParts } from "./controller.ts";
export type { StoredScaler } from "./report.ts";
export { createModelThread } from "./model-thread.ts";
