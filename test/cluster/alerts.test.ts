// The alerts under the real promtool: the file is clean, and each alert fires and keeps silent where it should.
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { CASES } from "../alerts/cases.ts";
import type { Case } from "../alerts/cases.ts";
import { ALERTS, RULES_FILE } from "../alerts/rules.ts";
import { describeCluster, surroundings } from "./surroundings.ts";

/** One test of promtool's: severity and runbook are the file's, the rest is the case's. */
function promtoolTest({ alert, when, series, interval = "1m", at, fires }: Case) {
  const rule = ALERTS.find((one) => one.alert === alert);
  const expected = fires && {
    exp_labels: { ...fires.labels, severity: rule?.labels["severity"] },
    exp_annotations: { summary: fires.summary, description: fires.description, runbook_url: rule?.annotations["runbook_url"] },
  };
  return {
    name: `${alert}: ${when}`,
    interval,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: expected === undefined ? [] : [expected] }],
  };
}

describeCluster("alerts", () => {
  const { binaries, folder } = surroundings();
  const promtool = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(binaries.promtool, args, { encoding: "utf8" });
    return { status, said: `${stdout}${stderr}` };
  };
  // Rules are evaluated as often as there are samples: a day and more a minute at a time would take long.
  const run = (cases: readonly Case[]) => {
    const into = mkdtempSync(join(folder, "alerts-"));
    const files = [...Map.groupBy(cases, ({ interval = "1m" }) => interval)].map(([interval, some]) => {
      const file = join(into, `every-${interval}.yaml`);
      writeFileSync(file, stringify({ rule_files: [RULES_FILE], evaluation_interval: interval, tests: some.map(promtoolTest) }));
      return file;
    });
    return promtool("test", "rules", ...files);
  };

  test("the rule file has nothing that promtool would warn of", () => {
    expect(promtool("check", "rules", "--lint=all", "--lint-fatal", RULES_FILE)).toMatchObject({ status: 0 });
  });

  test("each alert fires on what it is for, with these words, and on nothing else", () => {
    const { status, said } = run(CASES);
    expect(said).not.toContain("FAILED");
    expect(status).toBe(0);
  });

  test("a case that is wrong is noticed", () => {
    const [first] = CASES;
    if (first === undefined) throw new Error("There are no cases.");
    const { fires: _none, ...silent } = first;
    expect(run([silent])).toMatchObject({ status: 1, said: expect.stringContaining(first.alert) });
  });
});
