// The CRD at a real API server: it is served, refuses what the parse refuses with the field's name, and explains itself.
import { expect, test } from "vitest";
import { BAD_MANIFESTS, EDGE_MANIFESTS, GOOD_MANIFEST, manifestOf } from "../api/bad-manifests.ts";
import { describeCluster, surroundings } from "./surroundings.ts";

/** Requests under way at once: kubectl processes are heavy. */
const AT_ONCE = 4;

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

describeCluster("the CRD", () => {
  const { kubectl } = surroundings();
  const dryRun = (manifest: object) => kubectl.said(["create", "--dry-run=server", "-f", "-"], JSON.stringify(manifest));

  test("accepts the smallest manifest and fills in the defaults", async () => {
    const create = ["create", "--dry-run=server", "-o", "json", "-f", "-"];
    const { code, stdout, stderr } = await kubectl.said(create, JSON.stringify(GOOD_MANIFEST));
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const filled = { minReplicas: 1, mode: "Active", metric: { step: "1m" }, forecast: { leadTime: "20m", serviceLevel: "99%" } };
    expect(JSON.parse(stdout)).toMatchObject({ spec: filled });
  });

  test("accepts manifests at the edge of what is allowed", async () => {
    const refused: string[] = [];
    await inTurns(EDGE_MANIFESTS, async (entry) => {
      const { code, stderr } = await dryRun(manifestOf({ ...entry, field: "" }));
      if (code !== 0) refused.push(`${entry.name}: ${stderr.trim()}`);
    });
    expect(refused).toEqual([]);
  });

  test("refuses every bad manifest and names the field", async () => {
    const wrong: string[] = [];
    await inTurns(BAD_MANIFESTS, async (entry) => {
      const { code, stderr } = await dryRun(manifestOf(entry));
      if (code === 0) wrong.push(`${entry.name}: accepted`);
      else if (!stderr.includes(entry.field)) wrong.push(`${entry.name}: does not name ${entry.field}: ${stderr.trim()}`);
    });
    expect(wrong).toEqual([]);
  });

  test("explains its fields", async () => {
    const [all, zone] = await Promise.all([kubectl("explain", "psc.spec"), kubectl("explain", "psc.spec.forecast.timeZone")]);
    for (const field of ["scaleTargetRef", "maxReplicas", "metric", "forecast", "behavior", "fallback", "mode"]) expect(all).toContain(field);
    expect(all).toContain("-required-");
    expect(zone).toContain("IANA");
  });

  test("is listed with the workloads it scales: short name and categories", async () => {
    const resources = await kubectl("api-resources", "--api-group=predictivescaler.io", "-o", "wide");
    expect(resources).toMatch(/predictivescalers\s+psc\s+predictivescaler\.io\/v1alpha1\s+true\s+PredictiveScaler\s.*all,autoscaling/);
  });
});
