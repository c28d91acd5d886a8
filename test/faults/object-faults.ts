// Faults of the objects that a scaler has to do with: its target, its Secret, itself, and the CRD.
import { expect } from "vitest";
import { conditionOf, deployment } from "../cluster/manifests.ts";
import { waitFor } from "../cluster/wait-for.ts";
import { applyCrd } from "../control-plane/global-setup.ts";
import { isObserved } from "./api-faults.ts";
import { isScaleOf, isScalePatch, SOON_MS } from "./case.ts";
import type { FaultCase } from "./case.ts";
import { isOf } from "./prometheus-faults.ts";
import type { Fault } from "./proxy.ts";
import { START_REPLICAS } from "./world.ts";
import type { World } from "./world.ts";

const EDITS = 15;
const SECRET = "rotated";

const aboutTarget = (id: string, what: string, fault: Fault, happens = "the target is left as it is", isBlind = true): FaultCase => ({
  id,
  what,
  happens,
  isBlind,
  isNeighbourServed: true,
  sees: { kind: "condition", type: "AbleToScale", status: "False", reason: "KubernetesUnreachable" },
  async begin({ api, subject }) {
    const { lift } = api.inject({ fault, when: isScaleOf(subject) });
    return { end: lift };
  },
});

const secret = (namespace: string, token: string) => ({ apiVersion: "v1", kind: "Secret", metadata: { name: SECRET, namespace }, stringData: { token } });

export const objectFaults: readonly FaultCase[] = [
  aboutTarget("scale-500", "every call about a scale ends with 500", { kind: "status", status: 500 }),
  aboutTarget("scale-garbage", "every answer about a scale is no JSON", { kind: "garbage" }),
  aboutTarget("scale-cut", "every answer about a scale is cut in the middle", { kind: "cut" }, "the write was made all the same, which the next pass sees", false),
  {
    id: "scale-conflict",
    what: "every change of a scale is answered 409, for a minute",
    happens: "the target is read and decided on anew each time",
    seconds: 60,
    isNeighbourServed: true,
    sees: { kind: "condition", type: "AbleToScale", status: "False", reason: "Conflict" },
    async begin({ api, subject }) {
      const { lift } = api.inject({ fault: { kind: "status", status: 409 }, when: isScalePatch(subject) });
      return { end: lift };
    },
  },
  {
    id: "target-recreated",
    what: "the target is deleted and made anew",
    happens: "the new one is taken up, whatever its uid",
    minutes: 20,
    isNeighbourServed: true,
    sees: { kind: "condition", type: "AbleToScale", status: "False", reason: "TargetNotFound" },
    async begin({ kubectl, namespace, subject }) {
      await kubectl("delete", "deployment", subject, "--namespace", namespace);
      return { end: async () => void (await kubectl.apply(deployment(namespace, subject, START_REPLICAS))) };
    },
  },
  {
    id: "secret-rotated",
    what: "the token for Prometheus is rotated, and the Secret only later",
    happens: "replicas hold; the new token is used as soon as the Secret has it",
    isBlind: true,
    isNeighbourServed: true,
    sees: { kind: "condition", type: "MetricAvailable", status: "False", reason: "PrometheusUnreachable" },
    metric: { prometheus: { auth: { bearer: { secretKeyRef: { name: SECRET, key: "token" } } } } },
    prepare: ({ kubectl, namespace }) => kubectl.apply(secret(namespace, "first")),
    async begin({ kubectl, namespace, subject, prometheus }) {
      prometheus.inject({ fault: { kind: "status", status: 401 }, when: (seen) => isOf(subject)(seen) && seen.authorization !== "Bearer second" });
      return { end: () => kubectl.apply(secret(namespace, "second")) };
    },
  },
  {
    id: "edited",
    what: "a scaler is edited again and again while it is reconciled",
    happens: "the last edit is the one that holds",
    minutes: 10,
    isNeighbourServed: true,
    sees: { kind: "nothing", text: "`status.observedGeneration` is that of the last edit" },
    async begin({ api, kubectl, namespace, subject }) {
      // Each pass takes longer than the time between two edits.
      const { lift } = api.inject({ fault: { kind: "delay", ms: 500 }, when: isScaleOf(subject) });
      const edit = (maxReplicas: number) => kubectl("patch", "psc", subject, "--namespace", namespace, "--type=merge", "-p", JSON.stringify({ spec: { maxReplicas } }));
      for (let i = 0; i < EDITS; i++) await edit(30 + i);
      return { end: lift };
    },
    isWell: isObserved,
  },
  {
    id: "crd-reapplied",
    what: "the CRD is deleted with all scalers, and both are applied again",
    happens: "targets keep their replicas; the scalers are taken up when they are there again",
    minutes: 20,
    isBlind: true,
    sees: { kind: "log", text: /Install the CRD/ },
    alone: { isOwnCluster: true },
    async begin(world) {
      await world.kubectl("delete", "crd", "predictivescalers.predictivescaler.io");
      return { end: () => restored(world) };
    },
  },
];

async function restored(world: World): Promise<void> {
  await applyCrd(world.cluster());
  await waitFor("scalers can be applied again", SOON_MS, async () => world.applyScalers());
  await waitFor("they are seen", SOON_MS, async () => expect(conditionOf(await world.shown(world.subject), "MetricAvailable")).toMatchObject({ status: "True" }));
}
