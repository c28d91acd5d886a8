export type * from "./decision.ts";
export type { Line, LineState } from "./line.ts";
export { createDemandRule } from "./demand/demand-rule.ts";
export { createLine } from "./line.ts";
