// Which HPA a scaler keeps, when it lets go of it, and what it does beside others. The HPA itself is a record here; on a real API server: test/cluster/outputs.test.ts.
import { describe, expect, test } from "vitest";
import { createOutputs } from "../../src/controller/outputs/outputs.ts";
import type { StoredScaler } from "../../src/controller/stored-scaler.ts";
import type { Autoscaler, Autoscalers, Claims } from "../../src/kube/index.ts";
import { planOf } from "./world.ts";

const signal = AbortSignal.timeout(60_000);
const NOW_MS = Date.UTC(2026, 2, 2);
const OUTPUT = { type: "HorizontalPodAutoscaler", horizontalPodAutoscaler: { name: "web" } };
const FREE: Autoscaler = {
  name: "web",
  uid: "hpa-1",
  resourceVersion: "1",
  target: { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" },
  minReplicas: 2,
  maxReplicas: 20,
  heldBy: undefined,
  isAsWritten: false,
  original: 2,
  owners: [{ manager: "kubectl", operation: "Update", time: "2026-03-01T00:00:00Z" }],
};
const HELD: Autoscaler = { ...FREE, heldBy: "checkout", isAsWritten: true, minReplicas: 9 };

/** The outputs over HPAs by name and the marks of scalers; `said` is every write in order. */
function world(hpas: Record<string, Autoscaler>, mark?: string, others: readonly string[] = []) {
  const said: string[] = [];
  let claimed = mark;
  const autoscalers: Autoscalers = {
    read: async (_, name) => hpas[name],
    hold: async (_, { name }, holder, minReplicas) => void said.push(`${name}: ${minReplicas} for ${holder}`),
    giveBack: async (_, name) => {
      said.push(`${name}: given back`);
      hpas[name] = FREE;
      return "givenBack";
    },
  };
  const claims: Claims = {
    of: () => claimed,
    set: async (_, name) => {
      claimed = name;
      said.push(name === undefined ? "mark off" : `mark ${name}`);
    },
    holds: async (_, name) => others.includes(name),
  };
  const scales = { read: () => expect.fail("not asked"), write: async (_: string, __: unknown, replicas: number) => void said.push(`scale: ${replicas}`) };
  const outputs = createOutputs({ autoscalers, claims, scales });
  const scale = { replicas: 5, readyReplicas: 5, isRollingOut: false, resourceVersion: "7", uid: "d" } as const;
  return {
    said,
    hpas,
    outputs,
    read: (spec: object = { output: OUTPUT }, annotations: Record<string, string> = {}, replicas = 5) =>
      outputs.read({ stored: storedWith(annotations), plan: planOf(spec), scale: { ...scale, replicas }, nowMs: NOW_MS }, signal),
  };
}

function storedWith(annotations: Record<string, string> = {}): StoredScaler {
  return { metadata: { namespace: "shop", name: "checkout", uid: "u1", annotations } };
}

describe("what is decided on", () => {
  test("the floor, between what was found and the HPA's maximum, whatever the target has", async () => {
    const { replicas, autoscaler } = await world({ web: HELD }, "web").read();
    expect({ replicas, autoscaler }).toEqual({ replicas: 9, autoscaler: { name: "HorizontalPodAutoscaler web", minReplicas: 2, maxReplicas: 20 } });
  });

  test("a target that is switched off has no floor; one that runs has one of 1 at least", async () => {
    expect((await world({ web: HELD }, "web").read(undefined, {}, 0)).replicas).toBe(0);
    expect((await world({ web: { ...FREE, minReplicas: 0, original: 0 } }).read()).replicas).toBe(1);
  });
});

describe("the mark", () => {
  test("comes before the first write, and once", async () => {
    const { read, said } = world({ web: FREE });
    const { write } = await read();
    expect(said).toEqual([]);
    await write(6, signal);
    await (await read()).write(7, signal);
    expect(said).toEqual(["mark web", "web: 6 for checkout", "web: 7 for checkout"]);
  });

  test("is set again on a scaler that lost it while the HPA is held", async () => {
    const { read, said } = world({ web: HELD });
    await read();
    expect(said).toEqual(["mark web"]);
  });
});

describe("what was taken is given back", () => {
  const paused = { "predictivescaler.io/paused": "true" };
  test.each([
    ["paused in both directions", { output: OUTPUT }, paused],
    ["in mode Recommend", { output: OUTPUT, mode: "Recommend" }, {}],
    ["with output Scale", {}, {}],
  ])("%s", async (_, spec, annotations) => {
    const { read, said } = world({ web: HELD }, "web");
    await read(spec, annotations);
    expect(said).toEqual(["web: given back", "mark off"]);
  });

  test("with another HPA, before that one is taken", async () => {
    const { read, said } = world({ old: { ...HELD, name: "old" }, web: FREE }, "old");
    await (await read()).write(6, signal);
    expect(said).toEqual(["old: given back", "mark off", "mark web", "web: 6 for checkout"]);
  });

  test("at the end of the scaler, once; a scaler without a mark may go at once", async () => {
    const { outputs, said } = world({ web: HELD }, "web");
    await outputs.letGo(storedWith(), signal);
    await outputs.letGo(storedWith(), signal);
    expect(said).toEqual(["web: given back", "mark off"]);
  });

  test.each([
    ["paused in one direction", { output: OUTPUT }, { "predictivescaler.io/paused": "scale-in" }],
    ["paused until a time that has passed", { output: OUTPUT }, { ...paused, "predictivescaler.io/paused-until": "2026-03-01T23:59:59Z" }],
    ["in mode ScaleOutOnly", { output: OUTPUT, mode: "ScaleOutOnly" }, {}],
  ])("but not %s", async (_, spec, annotations) => {
    const { read, said } = world({ web: HELD }, "web");
    expect((await read(spec, annotations)).replicas).toBe(9);
    expect(said).toEqual([]);
  });
});

describe("others", () => {
  test.each([
    ["there is no such HPA", {}, "OutputNotFound", /"web" does not exist/],
    ["it scales something else", { web: { ...FREE, target: { ...FREE.target, name: "other" } } }, "OutputMismatch", /scales Deployment "other"/],
    ["it scales another group's kind of that name", { web: { ...FREE, target: { ...FREE.target, apiVersion: "example.io/v1" } } }, "OutputMismatch", /Name an HPA/],
    ["another scaler keeps it", { web: { ...HELD, heldBy: "other" } }, "OutputTaken", /PredictiveScaler "other"/],
  ])("%s: nothing is decided, and it is said", async (_, hpas, reason, says) => {
    const { read, said } = world(hpas, undefined, ["other"]);
    const failure = await read().catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason, sentence: expect.stringMatching(says) as string });
    expect(said).toEqual([]);
  });

  test("another version of the same group is the same target", async () => {
    await expect(world({ web: { ...FREE, target: { ...FREE.target, apiVersion: "apps/v1beta2" } } }).read()).resolves.toMatchObject({ replicas: 2 });
  });

  test("what a scaler that is gone left behind may be taken", async () => {
    const { read, said } = world({ web: { ...HELD, heldBy: "gone" } });
    await (await read()).write(6, signal);
    expect(said).toEqual(["mark web", "web: 6 for checkout"]);
  });

  test("a value that somebody else has set is told with who it was", async () => {
    const owners = [{ manager: "kubectl-edit", operation: "Update", time: "2026-03-02T00:00:00Z" }, ...FREE.owners];
    const { changed } = await world({ web: { ...HELD, isAsWritten: false, minReplicas: 4, owners } }, "web").read();
    expect(changed).toEqual({ manager: "kubectl-edit", change: "kubectl-edit set minReplicas of HorizontalPodAutoscaler web to 4 after this scaler had set it" });
  });

  test("so it is of an HPA that was replaced as a whole; one that was made anew is another", async () => {
    const { read, hpas } = world({ web: FREE });
    await (await read()).write(6, signal);
    expect((await read()).changed?.manager).toBe("kubectl");
    hpas["web"] = { ...FREE, uid: "hpa-2" };
    expect((await read()).changed).toBeUndefined();
  });
});
