// An explanation and a story as text of 80 columns: the answer first, then the rules, what would change it, and where it comes from.
import { momentsIn } from "../../advice/index.ts";
import type { Explanation, Story } from "../../advice/index.ts";
import { wrapped } from "../terminal.ts";

/** Where the values come from, in words. */
export interface Origin {
  readonly kind: "operator" | "prometheus" | "status";
  readonly sentence: string;
}

/** Timelines longer than this are cut in text; JSON has all of it. */
const MOST_LINES = 40;

/** Paragraphs with a hanging first column. */
function hanging(head: string, text: string): string[] {
  return wrapped(text, 80 - head.length).map((line, i) => (i === 0 ? head : " ".repeat(head.length)) + line);
}

export function explanationText({ answer, steps, changes, troubles, coming }: Explanation, origin: Origin): string {
  const lines = [...wrapped(answer)];
  if (troubles.length > 0) lines.push("", "Not well");
  for (const { type, reason, message, means, todo } of troubles) {
    lines.push(...hanging("  ", `${type} (${reason}): ${means}`));
    if (message !== "" && !answer.includes(message)) lines.push(...hanging("    ", `The operator says: ${message}`));
    if (todo !== "") lines.push(...hanging("    ", `To do: ${todo}`));
  }
  if (steps.length > 0) lines.push("", "Why, rule by rule");
  for (const [i, { rule, reason, from, to, message, means }] of steps.entries()) {
    const number = i === 0 || from === to ? String(to) : `${from} -> ${to}`;
    const said = message === "" || answer.includes(message) ? means : `${message} ${means}`;
    lines.push(`  ${i + 1}. ${rule}: ${number}  [${reason}]`, ...hanging("     ", said));
  }
  if (changes.length > 0) lines.push("", "What would change the number");
  for (const { when } of changes) lines.push(...hanging("  - ", when));
  if (coming.length > 0) lines.push("", "Coming up");
  for (const sentence of coming) lines.push(...hanging("  - ", sentence));
  return [...lines, "", ...wrapped(origin.sentence), ""].join("\n");
}

export function storyText(story: Story, zone: string, origin: Origin): string {
  const lines = story.answer.flatMap((sentence) => wrapped(sentence));
  const rest = story.shortages.slice(1);
  const moments = momentsIn(zone, story.toMs);
  if (rest.length > 0) lines.push("", "The other times");
  for (const { startMs, endMs, cause } of rest.slice(0, 5)) lines.push(...hanging("  ", `${moments.at(startMs)} to ${moments.at(endMs)}: ${cause.sentence}`));
  if (rest.length > 5) lines.push(`  and ${rest.length - 5} shorter ones (--output json lists them)`);
  lines.push("", `Timeline (${zone})`);
  if (story.timeline.length === 0) lines.push("  Nothing changed.");
  const cut = Math.max(0, story.timeline.length - MOST_LINES);
  if (cut > 0) lines.push(`  ${cut} earlier lines are left out (--output json has them)`);
  for (const { timeMs, text } of story.timeline.slice(cut)) lines.push(...hanging(`  ${moments.at(timeMs).padEnd(9)}  `, text));
  return [...lines, "", ...wrapped(origin.sentence), ""].join("\n");
}
