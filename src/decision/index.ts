export type * from "./decision.ts";
export type { GateState } from "./gate.ts";
export type { Line, LineState } from "./line.ts";
export { decide } from "./decide.ts";
export { createDemandRule } from "./demand/demand-rule.ts";
export { feedbackAfter } from "./demand/margin.ts";
export { createLine } from "./line.ts";
export { remember, startHistory } from "./scale-history.ts";
export { numberText, replicasText } from "./wording.ts";
