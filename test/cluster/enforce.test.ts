// --enforce-namespace-label before the real Prometheus: its own parser finds the matcher in every selector, and the operator asks for nothing else.
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enforceLabel } from "../../src/prometheus/enforce.ts";
import { queries } from "../prometheus/queries.ts";
import { HOUR_MS } from "./demand.ts";
import { conditionOf, deployment, namespaceOf, scaler } from "./manifests.ts";
import type { ShownScaler } from "./manifests.ts";
import { operatorKubeconfig } from "./operator-account.ts";
import { startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { describeCluster, surroundings } from "./surroundings.ts";
import { waitFor } from "./wait-for.ts";

const SAMPLES = 500;
/** The lane's series carry this label, with the names of services: a namespace of the same name sees its own. */
const LABEL = "service";
const [OWN, OTHER] = ["morning", "enforce-other"];
const SOON_MS = 30_000;

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: unknown;
}

interface Matcher {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

describeCluster("the enforced namespace label", () => {
  const { folder, prometheusUrl, liveDayMs, kubectl } = surroundings();
  let operator: Operator;
  const ask = async (what: string, query: string) => (await (await fetch(`${prometheusUrl}/api/v1/${what}`, { method: "POST", body: new URLSearchParams({ query }) })).json()) as Answer;

  beforeAll(async () => {
    await kubectl.apply(namespaceOf(OWN), namespaceOf(OTHER));
    for (const namespace of [OWN, OTHER]) await kubectl.apply(deployment(namespace, "web", 2), deployment(namespace, "named", 2));
    const kubeconfig = await operatorKubeconfig(kubectl, folder, "enforce-operator");
    const args = ["run", "--prometheus-url", prometheusUrl, "--metrics-addr", "127.0.0.1:0", "--enforce-namespace-label", LABEL, "--watch-namespaces", `${OWN},${OTHER}`];
    operator = await startOperator({ kubeconfig, args, clockStartMs: liveDayMs + 9 * HOUR_MS, clockRate: 60 });
    // All services together: in a namespace it is one.
    for (const namespace of [OWN, OTHER]) await kubectl.apply(scaler(namespace, "web", { query: "demand" }), scaler(namespace, "named", { query: `sum(demand{${LABEL}="early"})` }));
  });
  afterAll(async () => {
    await operator?.stop();
    for (const namespace of [OWN, OTHER]) await kubectl("delete", "psc", "--all", "--namespace", namespace);
    await kubectl("delete", "namespace", OWN, OTHER, "--wait=false");
  });

  test("the server's parser finds exactly that matcher in every selector, and formats the query", async () => {
    const sampled = fc.sample(queries, { seed: 7, numRuns: SAMPLES });
    const spoilt: string[] = [];
    const others: unknown[] = [];
    let selectors = 0;
    for (const query of sampled) {
      const before = await ask("parse_query", query);
      const result = enforceLabel(query, "namespace", "shop");
      const after = await ask("parse_query", result);
      // Types and flags of regular expressions are the server's to check: it may refuse both, but never only what was made of a good query.
      if (before.status === "success" && (after.status !== "success" || (await ask("format_query", result)).status !== "success")) spoilt.push(`${result}: ${after.error}`);
      for (const matchers of matchersOf(after.data)) {
        selectors++;
        const about = matchers.filter(({ name }) => name === "namespace").map(({ type, value }) => type + value);
        if (about.join() !== "=shop") others.push([result, about]);
      }
    }
    expect(spoilt).toEqual([]);
    expect(others).toEqual([]);
    expect(selectors).toBeGreaterThan(SAMPLES);
  });

  const seen = (namespace: string, name: string, wanted: object) =>
    waitFor(`${namespace}/${name}`, SOON_MS, async () => {
      const condition = conditionOf(await kubectl.get<ShownScaler>("psc", name, "--namespace", namespace), "MetricAvailable");
      expect(condition).toMatchObject(wanted);
      return condition;
    });

  test("a scaler sees the series of its own namespace and no others", async () => {
    await seen(OWN, "web", { status: "True" });
    expect((await seen(OTHER, "web", { status: "False", reason: "NoData" })).message).toContain("no series");
  });

  test("a scaler that asks for another namespace is told so", async () => {
    for (const namespace of [OWN, OTHER]) expect((await seen(namespace, "named", { status: "False", reason: "QueryRejected" })).message).toContain(`${LABEL}="early"`);
  });
});

/** The matchers of each selector in Prometheus's tree of a query. */
function matchersOf(tree: unknown): Matcher[][] {
  if (Array.isArray(tree)) return tree.flatMap(matchersOf);
  if (typeof tree !== "object" || tree === null) return [];
  const node = tree as { readonly type?: string; readonly matchers?: readonly Matcher[] };
  const isSelector = (node.type === "vectorSelector" || node.type === "matrixSelector") && Array.isArray(node.matchers);
  return [...(isSelector ? [[...(node.matchers as Matcher[])]] : []), ...Object.values(node).flatMap((value) => (value === node.matchers ? [] : matchersOf(value)))];
}
