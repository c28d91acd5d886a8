// docs/reliability.md leans on tests: each that it names is there.
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const at = (path: string) => new URL(`../../${path}`, import.meta.url);

test("every test that the page names is there under that title", () => {
  // The injected faults have a table of their own: test/alerts/fault-table.test.ts.
  const [page = ""] = readFileSync(at("docs/reliability.md"), "utf8").split("## Faults injected");
  const rows = page.split("\n").filter((line) => /^\| (?!what fails|---)/.test(line));
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows) {
    const [, file = "", title = ""] = /`(test\/[^`]+)`: "([^"]+)" \|$/.exec(row) ?? [];
    const isThere = file !== "" && existsSync(at(file)) && readFileSync(at(file), "utf8").includes(`test("${title}`);
    expect({ row, isThere }).toEqual({ row, isThere: true });
  }
});
