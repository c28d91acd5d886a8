// The alerts beside what they lean on: their cases, the runbook, the metrics that are exported and the vocabulary.
import { readFileSync } from "node:fs";
import { parser } from "@prometheus-io/lezer-promql";
import { expect, test } from "vitest";
import { CONDITION_TYPES, REASONS } from "../../src/api/index.ts";
import { HEADROOM_RULES, LEADER_RULES, MEMBER_RULES, OPERATOR_RULES } from "../../src/kube/index.ts";
import { queryProblem } from "../../src/prometheus/index.ts";
import { createMetrics } from "../../src/telemetry/index.ts";
import { CASES } from "./cases.ts";
import { ALERTS } from "./rules.ts";

const RUNBOOK = "https://github.com/predictive-scaler/predictive-scaler/blob/main/docs/operations.md";
const PARTS = ["Meaning", "Impact", "What to look at", "What to do"];
const page = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");

interface Section {
  readonly heading: string;
  /** As GitHub makes it of the heading. */
  readonly anchor: string;
  readonly text: string;
}

const sections: readonly Section[] = page
  .split(/^(?=#{1,6} )/m)
  .filter((part) => part.startsWith("#"))
  .map((part) => {
    const end = part.indexOf("\n");
    const heading = part.slice(0, end).replace(/^#+ /, "");
    const anchor = heading.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-");
    return { heading, anchor, text: part.slice(end + 1) };
  });

const sectionAt = (anchor: string) => sections.find((section) => section.anchor === anchor);
const kebab = (name: string) => name.replaceAll(/(?<=.)([A-Z])/g, "-$1").toLowerCase();

/** Names of metrics that a query selects. */
function metricsOf(query: string): string[] {
  const names: string[] = [];
  parser.parse(query).iterate({ enter: ({ name, from, to }) => void (name === "Identifier" && names.push(query.slice(from, to))) });
  return names.filter((name) => name.startsWith("predictive_scaler_"));
}

/** Queries inside templates have no values for %s yet. */
const templateQueries = ({ annotations }: (typeof ALERTS)[number]) =>
  Object.values(annotations).flatMap((text) => [...text.matchAll(/printf "([^"]+)"/g)].map(([, query = ""]) => query.replaceAll("%s", "x")));

const queriesOf = (alert: (typeof ALERTS)[number]) => [alert.expr, ...templateQueries(alert)];

test("alerts are told apart by name, have a severity, words and a link to their own section", () => {
  expect(new Set(ALERTS.map(({ alert }) => alert)).size).toBe(ALERTS.length);
  for (const { alert, labels, annotations } of ALERTS) {
    expect(alert).toMatch(/^PredictiveScaler[A-Z]/);
    expect(["critical", "warning", "info"]).toContain(labels["severity"]);
    expect(annotations["summary"]?.length).toBeLessThan(120);
    expect(annotations["description"]?.length).toBeGreaterThan(40);
    expect(annotations["runbook_url"]).toBe(`${RUNBOOK}#${kebab(alert.replace("PredictiveScaler", ""))}`);
  }
});

test("each alert has a case in which it fires and one in which it is silent, and no case is for an alert that is not there", () => {
  for (const { alert } of ALERTS) {
    const its = CASES.filter((one) => one.alert === alert);
    const [fires, silent] = [its.some((one) => one.fires !== undefined), its.some((one) => one.fires === undefined)];
    expect({ alert, fires, silent }).toEqual({ alert, fires: true, silent: true });
  }
  expect(new Set(CASES.map(({ alert }) => alert))).toEqual(new Set(ALERTS.map(({ alert }) => alert)));
});

test.each(ALERTS.map((alert) => [alert.alert, alert] as const))("%s: its section says meaning, impact, what to look at and what to do, and nothing else", (name, { annotations, labels }) => {
  const section = sectionAt((annotations["runbook_url"] ?? "").split("#")[1] ?? "");
  const text = section?.text ?? "";
  expect(text).toContain(`\`${name}\`, ${labels["severity"]}`);
  expect([...text.matchAll(/^\*\*([^*]+)\.\*\* \S/gm)].map(([, part]) => part)).toEqual(PARTS);
});

test("every query of an alert parses, and asks for metrics that the operator exports", async () => {
  const exported = (await createMetrics().render()).matchAll(/^# TYPE (\S+) (\S+)/gm);
  const names = new Set([...exported].flatMap(([, name = "", type]) => (type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])));
  for (const alert of ALERTS)
    for (const query of queriesOf(alert)) {
      expect(queryProblem(query)).toBeUndefined();
      const asked = metricsOf(query);
      expect(asked.length).toBeGreaterThan(0);
      for (const name of asked) expect(names).toContain(name);
    }
});

test("types and reasons of conditions in queries and cases are words of the vocabulary", () => {
  const texts = [...ALERTS.flatMap(queriesOf), ...CASES.flatMap(({ series }) => Object.keys(series))].filter((text) => text.includes("predictive_scaler_condition"));
  for (const text of texts) {
    for (const [, types = ""] of text.matchAll(/type=["']([^"']*)["']/g)) for (const type of types.split("|")) expect(CONDITION_TYPES).toContain(type);
    for (const [, reasons = ""] of text.matchAll(/reason[=!~]+["']([^"']*)["']/g)) for (const reason of reasons.split("|")) expect(REASONS).toContain(reason);
  }
});

test("the runbook has a section for every condition and every reason, each once", () => {
  const anchors = sections.map(({ anchor }) => anchor);
  expect(anchors.filter((anchor, i) => anchors.indexOf(anchor) !== i)).toEqual([]);
  for (const word of [...CONDITION_TYPES, ...REASONS]) {
    const section = sectionAt(word.toLowerCase());
    expect(section?.heading).toBe(word);
    expect(`${word}: ${section?.text.trim()}`).toMatch(/: .{20}/);
  }
});

test("the table of permissions is what the operator is granted, verb by verb", () => {
  const table = sectionAt("permissions")?.text ?? "";
  const rows = [...table.matchAll(/^\| `([^`]*)` \| `([^`]+)` \| `([^`]+)` \| (\S[^|]*\S) \|$/gm)].map(([, groups, resources, verbs]) => [groups, resources, verbs]);
  const shown = (rules: typeof OPERATOR_RULES) =>
    rules.map(({ apiGroups, resources, verbs }) => [apiGroups.map((group) => group || "core").join(", "), resources.join(", "), verbs.join(", ")]);
  expect(rows).toEqual([...shown(OPERATOR_RULES), ...shown(HEADROOM_RULES), ...shown(LEADER_RULES), ...shown(MEMBER_RULES)]);
});
