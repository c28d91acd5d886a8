// Who owns spec.replicas, on the real API server: what docs/gitops.md says of Argo CD and Flux happens here, the conflicts included.
// Applies are those of the tools: server-side under their manager's name, or client-side with the last-applied annotation.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Said } from "../control-plane/kubectl.ts";
import { earlyFall, HOUR_MS, PER_REPLICA } from "./demand.ts";
import { conditionOf, namespaceOf, scaler } from "./manifests.ts";
import type { ShownScaler } from "./manifests.ts";
import { operatorKubeconfig } from "./operator-account.ts";
import { startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { describeCluster, surroundings } from "./surroundings.ts";
import { waitFor } from "./wait-for.ts";

const NS = "gitops-shop";
const OPERATOR = "predictive-scaler";
const ARGO_CD = "argocd-controller";
const FLUX = "kustomize-controller";
const SOON_MS = 60_000;
/** Demand stands still from 02:00 to 07:20: five minutes of the wall clock at this rate. */
const RATE = 60;
const START_HOUR = 2;

interface Owned {
  readonly spec: { readonly replicas: number };
  readonly metadata: {
    readonly managedFields: readonly {
      readonly manager: string;
      readonly operation: string;
      readonly subresource?: string;
      readonly fieldsV1: { readonly "f:spec"?: Readonly<Record<string, unknown>> };
    }[];
  };
}

/** A Deployment as it stands in Git; without `replicas` the field is left out. */
function inGit(name: string, { replicas, image = "example.invalid/app:1" }: { readonly replicas?: number; readonly image?: string } = {}): string {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: "app", image }] } };
  const spec = { ...(replicas === undefined ? {} : { replicas }), selector: { matchLabels: { app: name } }, template };
  return JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: NS }, spec });
}

/** Managers that own spec.replicas, each with how it wrote. */
function ownersOfReplicas({ metadata }: Owned): string[] {
  const owning = metadata.managedFields.filter(({ fieldsV1 }) => "f:replicas" in (fieldsV1["f:spec"] ?? {}));
  return owning.map(({ manager, operation, subresource }) => `${manager} ${operation}${subresource === undefined ? "" : ` ${subresource}`}`);
}

describeCluster("GitOps and the owner of spec.replicas", () => {
  const { folder, prometheusUrl, liveDayMs, kubectl } = surroundings();
  const needed = Math.ceil(earlyFall(liveDayMs + START_HOUR * HOUR_MS) / PER_REPLICA);
  let operator: Operator;

  const serverSide = (manifest: string, manager: string, ...flags: string[]) =>
    kubectl.said(["apply", "--server-side", `--field-manager=${manager}`, ...flags, "--show-managed-fields", "-o", "json", "-f", "-"], manifest);
  const clientSide = (manifest: string) => kubectl.said(["apply", "--show-managed-fields", "-o", "json", "-f", "-"], manifest);
  /** The object as the apply itself left it, before anybody else writes. */
  const applied = async (said: Promise<Said>): Promise<Owned> => {
    const { code, stdout, stderr } = await said;
    expect(stderr.replace(/^Warning:.*\n/gm, "")).toBe("");
    expect(code).toBe(0);
    return JSON.parse(stdout) as Owned;
  };
  const live = async (name: string) => JSON.parse(await kubectl("get", "deployment", name, "--namespace", NS, "--show-managed-fields", "-o", "json")) as Owned;
  const scaled = (name: string) =>
    waitFor(`${name} is scaled by the operator`, SOON_MS, async () => {
      const object = await live(name);
      expect(object.spec.replicas).toBeGreaterThanOrEqual(needed);
      return object;
    });

  beforeAll(async () => {
    await kubectl.apply(namespaceOf(NS));
    const kubeconfig = await operatorKubeconfig(kubectl, folder, "operator-gitops");
    operator = await startOperator({ kubeconfig, prometheusUrl, namespaces: [NS], clockStartMs: liveDayMs + START_HOUR * HOUR_MS, clockRate: RATE });
  });
  afterAll(async () => {
    await operator?.stop();
    await kubectl("delete", "psc", "--all", "--namespace", NS);
    await kubectl("delete", "namespace", NS, "--wait=false");
  });

  test.each([ARGO_CD, FLUX])("without replicas in Git, %s applies again and again and takes nothing back", async (manager) => {
    const name = `left-out-${manager}`;
    const first = await applied(serverSide(inGit(name), manager, "--force-conflicts"));
    expect(first.spec.replicas).toBe(1);
    expect(ownersOfReplicas(first)).toEqual([]);
    await kubectl.apply(scaler(NS, name, { service: "early" }));
    // What nobody owned stays without an owner when it is written through /scale: the API server begins no ownership there.
    expect(ownersOfReplicas(await scaled(name))).toEqual([]);
    const again = await applied(serverSide(inGit(name, { image: "example.invalid/app:2" }), manager, "--force-conflicts"));
    expect(again.spec.replicas).toBeGreaterThanOrEqual(needed);
  });

  test("replicas that come into Git later are taken without even a conflict, for nobody owned them", async () => {
    const object = await applied(serverSide(inGit(`left-out-${ARGO_CD}`, { replicas: 3 }), ARGO_CD));
    expect(object.spec.replicas).toBe(3);
    expect(ownersOfReplicas(object)).toEqual([`${ARGO_CD} Apply`]);
  });

  test("with replicas in Git a polite apply is refused, and the refusal names the operator", async () => {
    const name = "fought-over";
    await applied(serverSide(inGit(name, { replicas: 3 }), ARGO_CD));
    await kubectl.apply(scaler(NS, name, { service: "early" }));
    await scaled(name);
    const { code, stderr } = await serverSide(inGit(name, { replicas: 3 }), ARGO_CD);
    expect(code).not.toBe(0);
    expect(stderr).toContain(`conflict with "${OPERATOR}" with subresource "scale"`);
    expect(stderr).toContain(".spec.replicas");
  });

  test("with replicas in Git a forced apply, which is what both tools do, takes them back; the operator says who it was and raises them again later", async () => {
    const forced = await applied(serverSide(inGit("fought-over", { replicas: 3 }), ARGO_CD, "--force-conflicts"));
    expect(forced.spec.replicas).toBe(3);
    expect(ownersOfReplicas(forced)).toEqual([`${ARGO_CD} Apply`]);
    await waitFor("the scaler names who changed the replicas", SOON_MS, async () => {
      const found = conditionOf(JSON.parse(await kubectl("get", "psc", "fought-over", "--namespace", NS, "-o", "json")) as ShownScaler, "Conflict");
      expect(found).toMatchObject({ status: "True", reason: "ChangedByOther", message: expect.stringContaining(ARGO_CD) as string });
    });
    expect(ownersOfReplicas(await scaled("fought-over"))).toEqual([`${OPERATOR} Update scale`]);
  });

  test("replicas are taken out of Git without a dip once the operator has written them", async () => {
    const object = await applied(serverSide(inGit("fought-over"), ARGO_CD, "--force-conflicts"));
    expect(object.spec.replicas).toBeGreaterThanOrEqual(needed);
  });

  test("taken out before that, they fall to 1", async () => {
    await applied(serverSide(inGit("too-early", { replicas: 5 }), ARGO_CD));
    expect((await applied(serverSide(inGit("too-early"), ARGO_CD))).spec.replicas).toBe(1);
  });

  test("taken out before that, a hand-over keeps them", async () => {
    const name = "handed-over";
    await applied(serverSide(inGit(name, { replicas: 5 }), ARGO_CD));
    const only = JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: NS }, spec: { replicas: 5 } });
    await applied(serverSide(only, "handover", "--validate=false"));
    const object = await applied(serverSide(inGit(name), ARGO_CD, "--force-conflicts"));
    expect(object.spec.replicas).toBe(5);
    expect(ownersOfReplicas(object)).toEqual(["handover Apply"]);
    await kubectl.apply(scaler(NS, name, { service: "early" }));
    expect(ownersOfReplicas(await scaled(name))).toEqual([`${OPERATOR} Update scale`]);
  });

  test("client-side apply: without replicas nothing is taken back; taking them out drops them to 1, whoever wrote last", async () => {
    const name = "client-side";
    await applied(clientSide(inGit(name, { replicas: 3 })));
    await kubectl("scale", "deployment", name, "--namespace", NS, "--replicas=9");
    expect((await applied(clientSide(inGit(name)))).spec.replicas).toBe(1);
    await kubectl("scale", "deployment", name, "--namespace", NS, "--replicas=9");
    expect((await applied(clientSide(inGit(name, { image: "example.invalid/app:2" })))).spec.replicas).toBe(9);
  });

  test("client-side apply: with the annotation edited first, replicas stay", async () => {
    const name = "client-side-edited";
    await applied(clientSide(inGit(name, { replicas: 3 })));
    await kubectl("scale", "deployment", name, "--namespace", NS, "--replicas=9");
    const { code, stderr } = await kubectl.said(["apply", "set-last-applied", "-f", "-"], inGit(name));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect((await applied(clientSide(inGit(name)))).spec.replicas).toBe(9);
  });
});
