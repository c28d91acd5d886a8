// What a scaler's decisions and history mean to the person who owns it: why a number, what happened, what to change.
export { explain } from "./explanation.ts";
export type { Explanation } from "./explanation.ts";
export { readJournal } from "./journal.ts";
export type { DecisionRecord, DemandRecord, Journal, JournalEvent, RuleStep, Slot } from "./journal.ts";
export { momentsIn, spanText } from "./moments.ts";
export type { Situation } from "./situation.ts";
export { tellStory } from "./story.ts";
export type { Story } from "./story.ts";
export type { Advice } from "./advice.ts";
export type { Evidence, QueryEvidence, ReplayEvidence } from "./evidence.ts";
export { promotion } from "./promotion.ts";
export { review } from "./review.ts";
